from uuid import uuid4

from django.db import models


def own_folder(_: "Document", name: str) -> str:
    """A folder for each file, so that it keeps its name."""
    return f"documents/{uuid4()}/{name}"


class Document(models.Model):
    """An uploaded file; a worker fills in its digest."""

    file = models.FileField(upload_to=own_folder, max_length=255)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file.name.rpartition("/")[2]
