"""What a framework's module finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shipyard.errors import ShipyardError


class ApplicationError(ShipyardError):
    """The entry point cannot be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRead:
    """A variable that settings read. `default`: the read names a value of its own to fall back on;
    `required`: without the variable the settings do not load. `cast` such as "int" or "db", else ""."""

    name: str
    default: bool
    required: bool
    cast: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """`app` is the entry point, `module:attribute`; `factory` when the attribute is a function that
    returns it. `import_path` is the folder that must be importable, relative to the project's.

    `static` says why static files are to be collected, "" when they are not. `hosts` and `hosts_env`
    as in `Detected`. `reads` are the environment variables that its settings read.
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
    reads: tuple[EnvironmentRead, ...] = ()
