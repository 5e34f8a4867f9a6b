"""Celery: a worker of the project's Celery application, and beat, which sends what is scheduled."""

from __future__ import annotations

from shipyard.frameworks.application import Application
from shipyard.frameworks.objects import ObjectFramework
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import replace
from shipyard.source import SourceTree

_SCHEDULE = "/dev/shm/celerybeat-schedule"
"""In memory: writable in a container with a read-only root too."""


class Celery(ObjectFramework):
    """A worker. It takes its number of processes from CELERY_WORKER_CONCURRENCY, else one for each core."""

    name = "celery"
    package = "celery"
    title = "Celery"
    classes = ("Celery",)
    interface = "own"
    usual_modules = ("celery", "celery_app", "celeryapp", "worker", "tasks", "app", "main")
    names = ("app", "celery", "celery_app")
    factories = ("create_celery", "make_celery")

    def complete(self, application: Application, service: Service, dependencies: Dependencies) -> Application:
        return replace(
            application,
            role="worker",
            command=("celery", "-A", target(application.app), "worker", "--loglevel", "INFO"),
            workers="CELERY_WORKER_CONCURRENCY",
        )


class CeleryBeat(Celery):
    """The scheduler: one replica, since two would send everything twice. Never found by itself."""

    name = "celery-beat"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        if service.framework != self.name:
            return None
        return super().find(tree, folder, dependencies, service)

    def complete(self, application: Application, service: Service, dependencies: Dependencies) -> Application:
        store: tuple[str, ...] = ("--schedule", _SCHEDULE)
        if dependencies.get("django-celery-beat") is not None:
            store = ("--scheduler", "django_celery_beat.schedulers:DatabaseScheduler")
        return replace(
            application,
            role="scheduler",
            # No pid file: a container that was killed would leave it behind and not start again.
            command=(
                *("celery", "-A", target(application.app), "beat", "--loglevel", "INFO", "--pidfile="),
                *store,
            ),
        )


def target(app: str) -> str:
    """What `-A` wants: Celery looks into PACKAGE.celery and for `app` or `celery` by itself."""
    module, _, name = app.partition(":")
    package, _, last = module.rpartition(".")
    if package and last == "celery" and name in ("app", "celery", ""):
        return package
    return app.removesuffix("()")
