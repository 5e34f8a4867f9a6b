"""The Python version of a service.

Order: the manifest, .python-version, the project's requires-python, the default.
"""

from __future__ import annotations

import posixpath
import re

from shipyard.compile.decisions import DetectionError
from shipyard.model.build import Decision
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.source import SourceTree

DEFAULT_PYTHON = "3.13"
KNOWN_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def python_version(service: Service, tree: SourceTree, folder: str, dependencies: Dependencies) -> Decision:
    """The version and what says so. Raises DetectionError where two do not agree."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    allowed = None
    if dependencies.requires_python:
        try:
            allowed = SpecifierSet(dependencies.requires_python)
        except InvalidSpecifier:
            raise DetectionError(
                f"requires-python = {dependencies.requires_python!r} is no version specifier",
                where=dependencies.requires_python_where,
            ) from None

    def fits(version: str) -> bool:
        # Any patch release will do where none is named: 3.12 fits >=3.12.4.
        named = version.count(".") > 1
        releases = (version,) if named else tuple(f"{version}.{patch}" for patch in range(40))
        return allowed is None or any(map(allowed.contains, releases))

    said: str | None = service.python
    evidence, origin = "declared", "manifest"
    if said is None:
        text = tree.text(posixpath.join(folder, ".python-version"))
        match = re.match(r"\s*(?:cpython-)?(3\.\d+)", text or "")
        if match:
            said, evidence, origin = match[1], ".python-version", "detected"
    if said is not None:
        version = said
        if not fits(version):
            raise DetectionError(
                f"Python {version} ({evidence}) does not fit requires-python = "
                f'"{dependencies.requires_python}"',
                where=f"services.{service.name}.python",
                details=(f"{dependencies.requires_python_where} says requires-python",),
                hint="make the two agree",
            )
    elif fits(DEFAULT_PYTHON):
        version = DEFAULT_PYTHON
        evidence, origin = "nothing says otherwise", "default"
        if allowed is not None:
            where = dependencies.requires_python_where
            evidence, origin = f'{where} requires-python "{allowed}" allows it', "default"
    else:
        fitting = [one for one in KNOWN_PYTHONS if fits(one)]
        if not fitting:
            raise DetectionError(
                f'no Python that Shipyard knows fits requires-python = "{dependencies.requires_python}"',
                where=dependencies.requires_python_where,
                hint=f'say which: add python = "..." to [services.{service.name}]',
            )
        version = fitting[-1]
        evidence, origin = f'{dependencies.requires_python_where} requires-python "{allowed}"', "detected"
    return Decision(subject="python", value=version, evidence=evidence, origin=origin)
