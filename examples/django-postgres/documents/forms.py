from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from documents.models import Document
from documents.tasks import compute_digest

MOST_BYTES = 10 * 1024 * 1024


class DocumentForm(forms.ModelForm):
    class Meta:
        model = Document
        fields = ["file"]

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {filesizeformat(MOST_BYTES)}.")
        return file

    def save(self, commit: bool = True) -> Document:
        document = super().save(commit)
        if commit:
            # Not before the row can be seen by the worker.
            compute_digest.delay_on_commit(document.pk)
        return document
