"""Services by the names that people type."""

from __future__ import annotations

from collections.abc import Sequence

from shipyard.errors import UsageError
from shipyard.model.manifest import Manifest


def known_services(manifest: Manifest, names: Sequence[str] | None) -> tuple[str, ...]:
    """The named services, or all. Raises UsageError for one that is not declared."""
    declared = [service.name for service in manifest.services]
    for name in names or ():
        if name not in declared:
            import difflib

            near = difflib.get_close_matches(name, declared, 1)
            hint = f"did you mean {near[0]}?" if near else f"declared: {', '.join(declared)}"
            raise UsageError(f"there is no service {name!r} in this stage", hint=hint)
    return tuple(names or declared)
