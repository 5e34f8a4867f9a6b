"""Hold a document against schemas/manifest.schema.json, in plain words."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from shipyard.manifest.errors import Problem, did_you_mean
from shipyard.manifest.passthrough import MANIFEST_KEYS
from shipyard.model.origin import Path

Error = Any
"""jsonschema's ValidationError, whose attributes are typed as perhaps unset."""

_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}
_ORDERS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
}


def schema_path(name: str = "manifest") -> FilePath:
    """The file of a public schema: in the installed package, or in a checkout beside it."""
    package = FilePath(__file__).parent.parent
    file = f"{name}.schema.json"
    installed = package / "schemas" / file
    return installed if installed.exists() else package.parent / "schemas" / file


def check(document: Mapping[str, object], schema: bytes) -> list[Problem]:
    """Everything in `document` that the schema does not allow; paths are the file's."""
    problems: list[Problem] = []
    for error in _validator(schema).iter_errors(document):
        problems += _problems(error)
    return problems


@functools.cache
def _validator(schema: bytes) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            # 8000.0 is no port, and nan and inf are no numbers: in TOML the difference is visible.
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: type(value) is int or (type(value) is float and math.isfinite(value)),
        }
    )
    validator = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, validators={"pattern": _whole_pattern}, type_checker=types
    )
    return validator(json.loads(schema))


def _whole_pattern(_: object, pattern: str, value: object, __: object) -> Iterator[Error]:
    """`pattern` for anchored patterns: Python's $ alone would let a final line break pass."""
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError("does not match")


def _problems(error: Error) -> list[Problem]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        return [_unknown_key(path, key, error) for key in error.instance if key not in _known(error)]
    if error.validator == "anyOf":
        return _of_branches(path, error)
    if "propertyNames" in error.absolute_schema_path:
        return [
            _problem((*path, error.instance), f"{_found(error.instance)} is no name", _description(error))
        ]
    return [_problem(path, *_words(error))]


def _words(error: Error) -> tuple[str, str | None]:
    found = _found(error.instance)
    rule = str(error.validator)
    if rule == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"{missing} is missing", f'add {missing} = "..." at the top of the file'
    if rule == "enum":
        allowed = [str(word) for word in error.validator_value]
        hint = did_you_mean(error.instance, allowed) if isinstance(error.instance, str) else None
        return f"expected {' or '.join(map(json.dumps, allowed))}, found {found}", hint
    if rule == "pattern":
        return f"{found} is not allowed here", _description(error)
    if rule in _ORDERS:
        return f"expected {_ORDERS[rule]} {error.validator_value}, found {found}", None
    if rule == "minItems":
        return "it is empty", _description(error)
    if rule == "uniqueItems":
        return "the same thing stands in it twice", None
    return f"expected {_expected(error)}, found {found}", None


def _of_branches(path: Path, error: Error) -> list[Problem]:
    """The problems of the alternative that was meant: the one whose type fits the value."""
    branches: dict[object, list[Error]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    for errors in branches.values():
        if not any(inner.validator in ("type", "const") and not inner.relative_path for inner in errors):
            return [problem for inner in errors for problem in _problems(inner)]
    expected = [_expected(inner) for errors in branches.values() for inner in errors[:1]]
    return [_problem(path, f"expected {' or '.join(expected)}, found {_found(error.instance)}")]


def _unknown_key(path: Path, key: str, error: Error) -> Problem:
    known = _known(error)
    hint = did_you_mean(key, known)
    if "image" in known and key in MANIFEST_KEYS:
        hint = MANIFEST_KEYS[key]
    elif not path and key in _schema(error).get("$defs", {}).get("service", {}).get("properties", {}):
        hint = f"{key} is a key of a service: write it under [services.NAME]"
    elif not path and isinstance(error.instance[key], dict) and hint and hint.startswith("known"):
        hint = f"a service is written [services.{key}]; {hint}"
    return _problem((*path, key), f"unknown key {json.dumps(key, ensure_ascii=False)}", hint)


def _known(error: Error) -> set[str]:
    return set(_schema(error).get("properties", ()))


def _description(error: Error) -> str | None:
    text = _schema(error).get("description")
    return str(text) if text else None


def _schema(error: Error) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _expected(error: Error) -> str:
    if error.validator == "const":
        return json.dumps(error.validator_value)
    types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if "number" in types and "integer" in types:
        types = [kind for kind in types if kind != "integer"]
    return " or ".join(_WORDS[kind] for kind in types)


def _found(value: object) -> str:
    """The value in TOML's words, cut to what helps."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {json.dumps(value if len(value) <= 40 else value[:37] + '...', ensure_ascii=False)}"
    if isinstance(value, int | float):
        return str(value)[:40]
    return f"the date or time {value}"


def _problem(path: Path, title: str, hint: str | None = None) -> Problem:
    return Problem(path=path, title=title, hint=hint, in_file=True)
