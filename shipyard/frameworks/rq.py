"""RQ: a worker of the default queue, or of the queues that `app` names."""

from __future__ import annotations

from shipyard.frameworks.application import Application
from shipyard.frameworks.manage import manage_script
from shipyard.frameworks.modules import Module, modules, source_path
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

QUEUE = "default"


class Rq:
    """A project that depends on rq and imports it. The worker finds Redis by RQ_REDIS_URL; one of Django,
    with django-rq, by its settings. One worker does one job at a time: more are replicas."""

    name = "rq"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get("rq")
        if dependency is None:
            return None
        in_django = dependencies.get("django-rq")
        manage = manage_script(tree, folder, service) if in_django is not None else None
        declared = service.framework == self.name or manage is not None
        if not declared and not any(_imports(module) for module in modules(tree, folder, "rq")):
            return None
        queues = service.app or QUEUE
        start = ("python", manage.path, "rqworker") if manage is not None else ("rq", "worker")
        return Application(
            framework=self.name,
            evidence=(in_django if in_django is not None and manage is not None else dependency).where,
            app=queues,
            app_evidence="declared" if service.app else "RQ's usual queue",
            interface="own",
            role="worker",
            import_path="" if manage is not None else source_path(tree, folder),
            command=(*start, *queues.replace(",", " ").split()),
        )


def _imports(module: Module) -> bool:
    return module.names.imported("rq")
