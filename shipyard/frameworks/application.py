"""What a framework's module finds."""

from __future__ import annotations

from typing import Literal

from shipyard.errors import ShipyardError
from shipyard.model.record import Record


class ApplicationError(ShipyardError):
    """The entry point cannot be decided."""


class EnvironmentRead(Record):
    """A variable that settings read. `default`: the read names a value of its own to fall back on;
    `required`: without the variable the settings do not load. `cast` such as "int" or "db", else ""."""

    name: str
    default: bool
    required: bool
    cast: str = ""


class Application(Record):
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
