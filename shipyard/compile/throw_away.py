"""Throw-away values with which settings load while static files are collected; none stays in the image.

They keep the shape of the declared values (a number, a URL, a log level) and nothing else, so that stages
make one image where they do not differ in what decides how files are collected.
"""

from __future__ import annotations

import re
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
_DECIDES = re.compile(
    r"(?:.*_)?(?:ENV|ENVIRONMENT|STAGE|MODE|SETTINGS|SETTINGS_MODULE|CONFIG|CONFIGURATION)|(?:.*_)?STATIC.*"
)
BY_DJANGO = ("DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION")
"""What Django and django-configurations read, whatever the settings."""
_DEBUG = re.compile(r"(?:.*_)?DEBUG")
_FALSE = ("false", "0", "no", "off", "f", "n")


def throw_away(service: Service, reads: Iterable[EnvironmentRead]) -> tuple[tuple[str, str], ...]:
    """Variables for the one RUN of collectstatic, by name.

    Declared variables and secrets get one, except those whose every read falls back on a default, which
    is a better value than any made up; so does what the settings cannot load without. Variables that say
    which settings they are and where static files go have their own values, and DEBUG is off.
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
    deciding = {name for name in read if _DECIDES.fullmatch(name)}.union(BY_DJANGO).intersection(service.env)
    given = ((name, service.env[name]) for name in sorted(deciding))
    literal = {name: value for name, value in given if all(isinstance(one, str) for one in value)}
    names |= {name: "".join(map(str, value)) for name, value in literal.items()}
    # Stages differ in it, and their images need not: what is collected without it serves with it too.
    debug = [one for one in reads if _DEBUG.fullmatch(one.name)]
    off = {one.name for one in debug if not one.default or one.fallback.lower() in _FALSE}
    names |= dict.fromkeys(off.union(one.name for one in debug if one.name in service.env), "0")
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
