"""What a framework's module finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shipyard.errors import ShipyardError


class ApplicationError(ShipyardError):
    """The entry point cannot be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """`app` is the entry point, `module:attribute`; `factory` when the attribute is a function that
    returns it. `import_path` is the folder that must be importable, relative to the project's.

    `static` says why static files are to be collected, "" when they are not. `hosts` and `hosts_env`
    as in `Detected`. `environment` names variables that decide which settings a build command loads.
    """

    framework: str
    evidence: str
    app: str
    app_evidence: str
    interface: Literal["wsgi", "asgi"]
    factory: bool = False
    import_path: str = ""
    static: str = ""
    hosts: tuple[str, ...] = ()
    hosts_env: str | None = None
    hosts_evidence: str = ""
