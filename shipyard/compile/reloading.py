"""How an application is started in development: by its framework's own reloader, else its server's.

What each watches was tried: all but uvicorn with watchfiles look at the files' times again and again, Django
and gunicorn once a second. What has no reloader without a further package is started anew by `shipyard dev`;
so is uwsgi, which reads the times first when the application is there, and then starts an interpreter that
lacks the environment's packages.
"""

from __future__ import annotations

from shipyard.compile.storage import APP
from shipyard.frameworks.application import Application
from shipyard.model.dependencies import Dependencies

GRACEFUL = "1"
"""Seconds for requests in flight at a reload: a browser's open connection would hold it up."""
_RELOADS = {
    "uvicorn": ("--reload", "--reload-dir", APP),
    "gunicorn": ("--reload",),
    "hypercorn": ("--reload",),
    "granian": ("--reload",),
}
_GRACEFUL = ("--timeout-graceful-shutdown", "--graceful-timeout", "--workers-kill-timeout")
_NEW_FLASK = (2, 2)
"""From which on `flask` takes --app and --debug (its changelog)."""


def reloading(
    application: Application, dependencies: Dependencies, server: str, command: tuple[str, ...], port: int
) -> tuple[str, ...] | None:
    """The command in development of an application that `server` serves by `command` in production; None
    where nothing of its dependencies reloads it."""
    if application.framework == "django" and not _needs_server(dependencies, server):
        return ("python", *application.manage, "runserver", f"0.0.0.0:{port}")
    if application.framework == "flask" and _release(dependencies, "flask") >= _NEW_FLASK:
        words = ("flask", "--app", application.app, "--debug", "run")
        return (*words, "--host", "0.0.0.0", "--port", str(port))
    if server not in _RELOADS or (server == "granian" and dependencies.get("watchfiles") is None):
        return None
    return (*_hurried(command), *_RELOADS[server])


def own_reloading(framework: str, command: tuple[str, ...]) -> tuple[str, ...] | None:
    """The same of what starts itself. Streamlit reads its script at each visit."""
    if framework == "sanic":
        return (*(word for word in command if word != "--single-process"), "--auto-reload")
    return command if framework == "streamlit" else None


def _needs_server(dependencies: Dependencies, server: str) -> bool:
    """Django's own serves no websockets, unless daphne takes its place."""
    return dependencies.get("channels") is not None and server in _RELOADS


def _release(dependencies: Dependencies, name: str) -> tuple[int, ...]:
    """The release of a dependency, what is not pinned being new."""
    found = dependencies.get(name)
    if found is None or found.version is None:
        return _NEW_FLASK
    return tuple(int(part) for part in found.version.split(".")[:2] if part.isdecimal())


def _hurried(command: tuple[str, ...]) -> tuple[str, ...]:
    before = ("", *command[:-1])
    return tuple(GRACEFUL if last in _GRACEFUL else word for last, word in zip(before, command, strict=True))
