from django.contrib import admin

from documents.models import Document


@admin.register(Document)
class DocumentAdmin(admin.ModelAdmin):
    list_display = ["__str__", "sha256", "created_at"]
    readonly_fields = ["sha256", "created_at"]
