"""What a framework's module finds."""

from __future__ import annotations

from typing import Literal

from shipyard.errors import ShipyardError
from shipyard.model.record import Record


class ApplicationError(ShipyardError):
    """The entry point cannot be decided."""


class UnreadableSettings(ShipyardError):
    """What the image is made by cannot be parsed: it would be another image, and work otherwise."""


class EnvironmentRead(Record):
    """A variable that settings read. `default`: the read names a value of its own to fall back on;
    `fallback` is that value where it is a literal text; `required`: without the variable the settings do not
    load. `cast` such as "int" or "db", else "". `bare` is its name without what all of its settings begin
    with, "" where they begin with nothing."""

    name: str
    default: bool
    required: bool
    cast: str = ""
    fallback: str = ""
    bare: str = ""


Role = Literal["web", "worker", "scheduler", "program"]
Interface = Literal["wsgi", "asgi", "aiohttp", "own"]
Rank = tuple[int, ...]
FIRST: Rank = (0,)
ELSEWHERE: Rank = (9,)
"""Of an entry point that the manifest names and the source does not show."""


class Application(Record):
    """`app` is the entry point, `module:attribute`; `factory` when the attribute is a function that
    returns it. `import_path` is the folder that must be importable, relative to the project's.

    `interface` says what a server must speak ("aiohttp" is a worker class of gunicorn's); "own" brings its
    own server, or is none: then `command` starts it in exec form, and it listens on `port`, None for
    nothing. `rank` is how plain the evidence is, lower being plainer. `environment` are variables that the
    image sets, `stop_signal` what asks the program to finish where that is not SIGTERM. `workers` is the
    variable by which it takes its number of processes, "" for none.

    `media` is the folder that it writes uploads to, relative to the project's unless absolute, and where it
    says so. `spatial` says what uses GeoDjango, "" for nothing; `static` why static files are to be
    collected, "" when they are not, by Python with the words `manage`; `static_app`: it has
    static files at all. `hosts` and `hosts_env` as in
    `Detected`. `reads` are the variables that its settings read.
    """

    framework: str
    evidence: str
    app: str
    app_evidence: str
    interface: Interface
    role: Role = "web"
    rank: Rank = FIRST
    factory: bool = False
    import_path: str = ""
    command: tuple[str, ...] | None = None
    port: int | None = None
    health: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    stop_signal: str | None = None
    workers: str = ""
    static: str = ""
    static_app: bool = False
    spatial: str = ""
    media: tuple[str, str] | None = None
    manage: tuple[str, ...] = ("manage.py",)
    hosts: tuple[str, ...] = ()
    hosts_env: str | None = None
    hosts_evidence: str = ""
    reads: tuple[EnvironmentRead, ...] = ()
    notes: tuple[str, ...] = ()
