"""The reference: every command with its options, every key of shipyard.toml. Markdown, made of the commands'
own declarations and of the schema that checks a manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from shipyard.model.record import Record

_TOP = "the top of the file"
_TITLES = {
    "service": "services.NAME",
    "build": "services.NAME.build",
    "frontend": "services.NAME.build.frontend",
    "health": "services.NAME.health",
    "secret": "services.NAME.secrets.NAME",
    "resources": "services.NAME.resources",
    "networks": "networks.NAME",
    "volumes": "volumes.NAME",
    "stage": "stages.NAME",
}
"""Definitions of the schema that are tables, in the order of the reference, with where they stand."""
_WORDS = {
    "object": "a table",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
Schema = Mapping[str, object]


class Parameter(Record):
    """An argument or option of a command: `names` as they are typed."""

    names: str
    meaning: str


class Command(Record):
    """`usage` is its line, `text` its docstring."""

    name: str
    usage: str
    text: str
    parameters: tuple[Parameter, ...]


def reference_text(commands: Iterable[Command], schema: Schema) -> str:
    """The whole."""
    lines = ["# Reference", "", "## Commands"]
    for command in commands:
        lines += ["", f"### shipyard {command.name}", "", f"    {command.usage}", ""]
        lines += [_example(line) for line in command.text.splitlines()]
        lines += ["", "| option | meaning |", "| --- | --- |"]
        lines += [f"| {_cell(f'`{one.names}`')} | {_cell(one.meaning)} |" for one in command.parameters]
    lines += ["", "## Keys of shipyard.toml"]
    definitions = _table(schema.get("$defs"))
    for title, table in (
        (_TOP, schema),
        *((where, _table(definitions[key])) for key, where in _TITLES.items()),
    ):
        lines += ["", f"### {title}", "", *_keys(table, definitions)]
    return "\n".join(lines) + "\n"


def _example(line: str) -> str:
    words = line.removeprefix("Example: ")
    return f"Example: `{words}`" if words != line else line


def _keys(table: Schema, definitions: Schema) -> Iterator[str]:
    yield from ("| key | value | meaning |", "| --- | --- | --- |")
    for name, told in sorted(_properties(table).items()):
        meaning = str(told.get("description", ""))
        if "default" in told:
            meaning += f" Default: `{json.dumps(told['default'])}`."
        examples = told.get("examples")
        if isinstance(examples, list) and examples:
            meaning += f" Example: `{json.dumps(examples[0])}`."
        yield f"| `{name}` | {_cell(_kind(told, definitions))} | {_cell(meaning)} |"


def _properties(table: Schema) -> dict[str, Schema]:
    """A table's own, or those of the form of it that is a table."""
    forms = table.get("anyOf")
    for one in (table, *(forms if isinstance(forms, list) else ())):
        found = _table(one).get("properties")
        if isinstance(found, dict):
            return found
    return {}


def _kind(told: Schema, definitions: Schema) -> str:
    """What a value may be, in a few words."""
    if "enum" in told or "const" in told:
        values = told.get("enum", [told.get("const")])
        return " or ".join(f"`{json.dumps(one)}`" for one in values) if isinstance(values, list) else ""
    forms = told.get("anyOf") or told.get("oneOf")
    if isinstance(forms, list):
        return " or ".join(dict.fromkeys(_kind(_table(one), definitions) for one in forms))
    reference = told.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        if name in _TITLES:
            return f"a table ({_TITLES[name]})"
        return _kind(_table(definitions.get(name)), definitions)
    if told.get("type") == "array":
        return f"a list: {_kind(_table(told.get('items')), definitions)}"
    types = told.get("type")
    return " or ".join(_WORDS.get(str(one), "") for one in (types if isinstance(types, list) else [types]))


def _table(value: object) -> Schema:
    return value if isinstance(value, dict) else {}


def _cell(text: str) -> str:
    """As it stands in a row of a table."""
    return " ".join(text.replace("|", "\\|").split())
