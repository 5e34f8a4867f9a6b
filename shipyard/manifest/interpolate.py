"""`${env:NAME}` and `${secret:NAME}` in texts. `$${` is a literal `${`; nothing else is special.

One pass over each text: what an environment variable holds is never looked into again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shipyard.manifest.errors import Invalid, Problems
from shipyard.model.manifest import SecretRef, Template
from shipyard.model.origin import Path

_SPECIAL = r"\$\$\{|\$\{(env|secret):([^}]*)(\}?)"
_UNKNOWN = r"\$\{(?!(?:env|secret):)([A-Za-z_]+:)?([A-Za-z_][A-Za-z0-9_]*)\}"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"


def interpolate(document: dict[str, Any], environ: Mapping[str, str], problems: Problems) -> dict[str, Any]:
    """A copy of a merged document with every text resolved; texts in a service's env become Templates.

    A text that is wrong is told and becomes None.
    """
    return {key: _value(value, (key,), environ, problems) for key, value in document.items()}


def template(text: str, environ: Mapping[str, str]) -> Template:
    """The parts of `text`: at least one. Raises Invalid."""
    parts: list[str | SecretRef] = []
    literal = ""
    end = 0
    for match in re.finditer(_SPECIAL, text):
        literal += text[end : match.start()]
        end = match.end()
        kind, name, closed = match.groups()
        if kind is None:
            literal += "${"
            continue
        if not closed or not re.fullmatch(_NAME, name):
            raise Invalid(
                f"${{{kind}:...}} wants a name of letters, digits and _",
                f"write ${{{kind}:NAME}}, or $${{ for a literal ${{",
            )
        if kind == "env":
            if name not in environ:
                raise Invalid(f"the environment variable {name} is not set", f"export {name}=...")
            literal += environ[name]
        else:
            parts += [literal, SecretRef(name=name)] if literal else [SecretRef(name=name)]
            literal = ""
    literal += text[end:]
    return (*parts, literal) if literal or not parts else tuple(parts)


def written(parts: Template) -> str:
    """A template as a text that means it."""
    return "".join(
        f"${{secret:{part.name}}}" if isinstance(part, SecretRef) else part.replace("${", "$${")
        for part in parts
    )


def _value(value: Any, path: Path, environ: Mapping[str, str], problems: Problems) -> Any:
    if isinstance(value, dict):
        return {key: _value(item, (*path, key), environ, problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item, (*path, index), environ, problems) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    try:
        parts = template(value, environ)
        if "\0" in "".join(part for part in parts if isinstance(part, str)):
            raise Invalid("a NUL character cannot be part of a text", "remove it")
        if len(path) == 4 and path[0] == "services" and path[2] == "env":
            _check_meant(value)
            return parts
        return _plain(parts)
    except Invalid as error:
        problems.add_invalid(path, error)
        return None


def _check_meant(text: str) -> None:
    """A reference of another kind in env is somebody's mistake: an application would be given the words."""
    match = re.search(_UNKNOWN, text.replace("$${", ""))
    if match is not None:
        name = match[2]
        raise Invalid(
            f"{match[0]} means nothing here",
            f"write ${{env:{name}}} or ${{secret:{name}}}; $${{ is a literal ${{",
        )


def _plain(parts: Template) -> str:
    text = ""
    for part in parts:
        if isinstance(part, SecretRef):
            raise Invalid(
                "a secret can only be part of a value in env",
                "put it there, or declare it in secrets; $${ is a literal ${",
            )
        text += part
    return text
