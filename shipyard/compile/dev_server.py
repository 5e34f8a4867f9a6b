"""Servers for development in a command: they reload, trace and trust, and are not made to be exposed."""

from __future__ import annotations

from shipyard.compile.programs import programs

_RELOADING = ("uvicorn", "gunicorn", "hypercorn", "granian")
_LITESTAR: tuple[str, ...] = ("--reload", "-r", "--debug", "-d")
_SANIC: tuple[str, ...] = ("--dev", "--debug", "-d", "-r", "--reload", "--auto-reload")


def development_server(command: tuple[str, ...]) -> str | None:
    """The words that make a command a development server's, None when it is none."""
    return next((told for found in programs(command) if (told := _told(*found)) is not None), None)


def _told(program: str, rest: list[str]) -> str | None:
    options = {word.partition("=")[0] for word in rest}
    plain = [word for word in rest if not word.startswith("-")]
    if program in ("manage.py", "django-admin", "django"):
        which = next((word for word in plain[:1] if word in ("runserver", "runserver_plus")), None)
        return f"{program} {which}" if which else None
    if program in ("flask", "quart"):
        return f"{program} run" if "run" in plain else None
    if program == "fastapi":
        return "fastapi dev" if plain[:1] == ["dev"] else None
    if program == "litestar":
        flag = next((one for one in _LITESTAR if one in options), None)
        return f"litestar run {flag}" if "run" in plain and flag else None
    if program == "sanic":
        flag = next((one for one in _SANIC if one in options), None)
        return f"sanic {flag}" if flag else None
    if program in _RELOADING and "--reload" in options:
        return f"{program} --reload"
    if program == "uwsgi" and "--py-autoreload" in options:
        return "uwsgi --py-autoreload"
    if program == "dramatiq" and "--watch" in options:
        return "dramatiq --watch"
    if program == "adev":
        return "adev runserver" if plain[:1] == ["runserver"] else None
    if program in ("watchmedo", "watchfiles", "nodemon", "watchexec"):
        return program
    return None
