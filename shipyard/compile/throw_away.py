"""Throw-away values with which settings load while static files are collected; none stays in the image.

They keep the shape of the declared values (a number, a URL, a log level) and nothing else, so that all
stages make one image.
"""

from __future__ import annotations

from collections.abc import Iterable

from shipyard.frameworks.application import EnvironmentRead
from shipyard.model.manifest import SecretRef, Service, Template

_LEVELS = ("debug", "info", "warning", "warn", "error", "critical", "fatal", "notset")
_BY_CAST = {
    "int": "1",
    "float": "1",
    "bool": "0",
    "json": "{}",
    "db": "sqlite:////tmp/build.db",
    "db_url": "sqlite:////tmp/build.db",
    "cache": "locmemcache://",
    "cache_url": "locmemcache://",
    "email": "consolemail://",
    "email_url": "consolemail://",
}
SETTINGS = "DJANGO_SETTINGS_MODULE"


def throw_away(service: Service, reads: Iterable[EnvironmentRead]) -> tuple[tuple[str, str], ...]:
    """Variables for the one RUN of collectstatic, by name.

    Declared variables and secrets get one, except those whose every read falls back on a default, which
    is a better value than any made up; so does what the settings cannot load without. The settings module
    is the one variable whose value matters.
    """
    reads = tuple(reads)
    read = {one.name for one in reads}
    needed = {one.name for one in reads if not one.default}
    # A value made up for a variable with a default could be one that the settings refuse.
    relaxed = read - needed
    names = {one.name: _BY_CAST.get(one.cast, "build") for one in reads if one.required}
    secrets = {"SECRET_KEY", *(secret.name for secret in service.secrets)}
    names |= {name: names.get(name, "build") for name in secrets - relaxed}
    names |= {name: _shape(value) for name, value in service.env.items() if name not in relaxed}
    if SETTINGS in service.env:
        names[SETTINGS] = "".join(part for part in service.env[SETTINGS] if isinstance(part, str))
    # `env` sets them, and takes a leading dash for an option.
    return tuple(sorted((name, value) for name, value in names.items() if not name.startswith("-")))


def _shape(value: Template) -> str:
    text = "".join("build" if isinstance(part, SecretRef) else part for part in value)
    if text.lower() in ("true", "false", "yes", "no", "on", "off", ""):
        return "0"
    if text.lower() in _LEVELS:
        return "INFO" if text.isupper() else "info"
    if text.replace(".", "", 1).replace("-", "", 1).isdigit():
        return "1"
    scheme, separator, _ = text.partition("://")
    if not separator or not scheme.replace("+", "").isalnum():
        return "build"
    return "sqlite:////tmp/build.db" if scheme.startswith("sqlite") else f"{scheme}://build:build@localhost/0"
