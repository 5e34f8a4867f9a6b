"""Static files that nobody serves."""

from __future__ import annotations

from shipyard.frameworks.application import Application
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service

SERVERS = ("whitenoise", "servestatic", "dj-static", "django-storages")
"""What serves Django's collected files, or hands them to who does."""


def unserved_static_files(
    service: Service, application: Application | None, dependencies: Dependencies
) -> tuple[str, ...]:
    """A note where the settings use static files and nothing that is installed serves them: Django itself
    does so with DEBUG alone (Django's documentation, "How to deploy static files")."""
    if application is None or not application.static_app or application.role != "web":
        return ()
    if any(map(dependencies.get, SERVERS)):
        return ()
    return (
        f"{service.name}: with DEBUG off nothing serves its static files (django.contrib.staticfiles): add "
        "whitenoise to the dependencies and the middleware, or serve them by a proxy",
    )
