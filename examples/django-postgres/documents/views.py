from django.db import OperationalError, connection
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from documents.forms import DocumentForm
from documents.models import Document


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The page for people: a form and the latest documents."""
    form = DocumentForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        form.save()
        return redirect("home")
    return render(request, "home.html", {"form": form, "documents": Document.objects.all()[:20]})


@csrf_exempt  # for programs, which send no cookie that could be abused
@require_POST
def create(request: HttpRequest) -> JsonResponse:
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=422)
    return JsonResponse(_described(form.save()), status=201)


@require_safe
def detail(request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse(_described(get_object_or_404(Document, pk=pk)))


@require_safe
def download(request: HttpRequest, pk: int) -> FileResponse:
    # As an attachment: an uploaded page must not run as one of this site's.
    return FileResponse(get_object_or_404(Document, pk=pk).file.open("rb"), as_attachment=True)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return JsonResponse({"database": "unavailable"}, status=503)
    return JsonResponse({"database": "ok"})


def _described(document: Document) -> dict[str, object]:
    """`sha256` is null until the worker has been there."""
    return {"id": document.pk, "name": str(document), "sha256": document.sha256 or None}
