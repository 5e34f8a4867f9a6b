"""Differences of recorded documents, by field path. Declared is compared with declared, never with what
an engine fills in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from shipyard.compile.inputs import shortened
from shipyard.compile.spec import Document
from shipyard.model.plan import Cause, FieldCause, FilesCause

_IGNORED = ("format", "image")
_WHOLE = ("health",)


def document_causes(recorded: Mapping[str, object], declared: Document) -> tuple[FieldCause, ...]:
    """Causes for every declared value that is not the recorded one, in order of path.

    A secret whose digest is None could not be computed, here or where it was recorded, and is not compared;
    a secret's digests are never shown. The image is compared by its caller, who knows what makes it.
    """
    causes: list[FieldCause] = []
    for key in sorted((recorded.keys() | declared.keys()) - set(_IGNORED)):
        before, after = recorded.get(key), declared.get(key)
        if key == "secrets":
            causes += _secret_causes(before, after)
        elif isinstance(before, Mapping | None) and isinstance(after, Mapping | None) and key not in _WHOLE:
            causes += _table_causes(key, before or {}, after or {})
        elif before != after:
            causes.append(FieldCause(path=key, before=ordered(before), after=ordered(after)))
    return tuple(causes)


def ordered(value: object) -> object:
    """The same JSON value, its tables in the order of their keys: an engine may list labels in another."""
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value)}
    return tuple(ordered(item) for item in value) if isinstance(value, list | tuple) else value


def _table_causes(key: str, before: Mapping[str, object], after: Mapping[str, object]) -> list[FieldCause]:
    return [
        FieldCause(path=f"{key}.{name}", before=ordered(before.get(name)), after=ordered(after.get(name)))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _secret_causes(before: object, after: object) -> list[FieldCause]:
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    causes = []
    for name in sorted(old.keys() | new.keys()):
        if (name in old) != (name in new):
            before, after = ("declared" if name in one else None for one in (old, new))
            causes.append(FieldCause(path=f"secrets.{name}", before=before, after=after))
        elif None not in (old[name], new[name]) and old[name] != new[name]:
            causes.append(FieldCause(path=f"secrets.{name}", sensitive=True))
    return causes


def told_once(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Causes that several containers have, each once. Their values may be tables, which have no hash."""
    told: list[Cause] = []
    for cause in causes:
        if cause not in told:
            told.append(cause)
    return tuple(told)


def same_document(recorded: Mapping[str, object] | None, declared: Mapping[str, object]) -> bool:
    """Whether nothing that is compared differs, the image included."""
    if recorded is None or recorded.get("image") != declared.get("image"):
        return False
    return not document_causes(recorded, dict(declared))


def inputs_causes(
    label: str | None, facts: Mapping[str, object], files: Mapping[str, str]
) -> tuple[FieldCause | FilesCause, ...]:
    """Why an image is made anew, from the inputs recorded on the image that runs."""
    try:
        recorded = json.loads(label or "")
        old_facts, old_files = dict(recorded["facts"]), dict(recorded["files"])
    except (ValueError, KeyError, TypeError):
        return ()
    if not old_facts and not old_files:
        # There was no room for them in the label.
        return ()
    causes: list[FieldCause | FilesCause] = []
    for key in sorted(old_facts.keys() | facts.keys()):
        before, after = old_facts.get(key), facts.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            causes += _table_causes(f"build.{key}", before, after)
        elif before != after:
            causes.append(FieldCause(path=f"build.{key}", before=before, after=after))
    if any(isinstance(one, FieldCause) and one.path.startswith("build.dependencies.") for one in causes):
        # The digest of the whole install says nothing more than the versions do.
        causes = [one for one in causes if not isinstance(one, FieldCause) or one.path != "build.install"]
    new_files = shortened(files, int(recorded.get("depth") or 0))
    changed = tuple(sorted(p for p in old_files.keys() & new_files.keys() if old_files[p] != new_files[p]))
    added = tuple(sorted(new_files.keys() - old_files.keys()))
    removed = tuple(sorted(old_files.keys() - new_files.keys()))
    if changed or added or removed:
        causes.insert(0, FilesCause(changed=changed, added=added, removed=removed))
    return tuple(causes)
