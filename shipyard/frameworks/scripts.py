"""Programs that are run as files: `python main.py`, `python -m package`."""

from __future__ import annotations

from shipyard.frameworks.application import Application, ApplicationError, Rank, Role
from shipyard.frameworks.modules import Module
from shipyard.model.manifest import Service
from shipyard.model.record import Record

USUAL = ("main", "app", "run", "server", "__main__")


class Script(Record):
    """A file that is a program, and what shows that at `line`."""

    module: Module
    line: int
    port: int | None = None
    environment: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.module.path}:{self.line}"

    @property
    def command(self) -> tuple[str, ...]:
        """A file of a package is run as a module: its relative imports work only so."""
        if self.module.last == "__main__":
            return ("python", "-m", self.module.name.removesuffix(".__main__"))
        if self.module.depth > 1:
            return ("python", "-m", self.module.name)
        return ("python", self.module.path)


def declared_script(framework: str, evidence: str, app: str, import_path: str) -> Application:
    """The script that the manifest names by `app`."""
    return Application(
        framework=framework,
        evidence=evidence,
        app=app,
        app_evidence="declared",
        interface="own",
        import_path=import_path,
    )


def script_application(
    framework: str,
    title: str,
    evidence: str,
    scripts: list[Script],
    service: Service,
    *,
    usual: tuple[str, ...] = USUAL,
    by_app: bool = False,
    role: Role = "web",
) -> Application | None:
    """The application of the plainest script: at the top, of a usual name. None of none. `by_app`: the
    manifest's app may name it.

    Raises ApplicationError where several are as plain.
    """

    def rank(script: Script) -> Rank:
        by_name = usual.index(script.module.last) if script.module.last in usual else len(usual)
        return (script.module.depth, by_name)

    best = [one for one in scripts if rank(one) == min(map(rank, scripts))]
    if len(best) > 1:
        path = best[0].module.path
        line = f'app = "{path}"' if by_app else f'command = ["python", "{path}"]'
        raise ApplicationError(
            f"found several {title} programs",
            where=f"services.{service.name}",
            details=tuple(f"{one.module.path} ({one.where})" for one in best),
            hint=f"say which: add {line} to [services.{service.name}]",
        )
    if not best:
        return None
    script = best[0]
    return Application(
        framework=framework,
        evidence=evidence,
        app=script.module.path,
        app_evidence=script.where,
        interface="own",
        role=role,
        rank=rank(script),
        import_path=script.module.import_path,
        command=script.command,
        port=script.port,
        environment=script.environment,
        notes=script.notes,
    )
