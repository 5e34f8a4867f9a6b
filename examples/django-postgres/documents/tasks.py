import hashlib
import logging

from celery import shared_task

from documents.models import Document

logger = logging.getLogger(__name__)


@shared_task
def compute_digest(pk: int) -> None:
    document = Document.objects.get(pk=pk)
    with document.file.open("rb") as file:
        document.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    document.save(update_fields=["sha256"])
    logger.info("document %d has digest %s", pk, document.sha256)
