"""A manifest in the making: a document, comments for its tables, values for its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shipyard.manifest.write import dumps

SCHEMA = "https://raw.githubusercontent.com/shipyard-deploy/shipyard/main/schemas/manifest.schema.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`document` is the manifest; `comments` are lines above the table of a dotted path; `secrets` are
    values by name, None for one that only its owner knows; `notes` are for the user alone."""

    document: Mapping[str, object]
    comments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()


def manifest_text(draft: Draft) -> str:
    """The file, with a line by which editors find the schema."""
    lines = [f"#:schema {SCHEMA}"]
    for line in dumps(draft.document).splitlines():
        path = line.strip("[]") if line.startswith("[") else None
        if path is not None:
            lines += [f"# {comment}" for comment in draft.comments.get(path, ())]
        lines.append(line)
    return "\n".join(lines) + "\n"


def secrets_text(draft: Draft) -> str:
    """The lines for a .env file; a value that is not known is left for its owner to fill in."""
    return "".join(f"{name}={_quoted(value or '')}\n" for name, value in sorted(draft.secrets.items()))


def _quoted(value: str) -> str:
    if value and all(character.isalnum() or character in "-_./:@" for character in value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'" if value else ""
