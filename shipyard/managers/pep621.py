"""A bare project: pyproject.toml or setup.py, and no lock. What it asks for is resolved when it is built."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from shipyard.managers.indexes import declared_indexes
from shipyard.managers.local import dynamic, group_requirements, local_package, static_requirements
from shipyard.managers.markers import normal
from shipyard.managers.project import PROJECT, read_project, requires_python, table
from shipyard.managers.requirements import RequirementsError
from shipyard.managers.setuptools import SETUP, literal_requirements
from shipyard.managers.uv_current import LOCK
from shipyard.model.build import DependencyInstall, LocalPackage
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import PLAIN, Build
from shipyard.source import SourceTree


class Pep621:
    """Installs what the project asks for, as new as it is allowed to be."""

    name = "pep621"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        if table(read_project(tree, folder), "project"):
            return PROJECT
        return SETUP if tree.is_file(posixpath.join(folder, SETUP)) else None

    def read(self, tree: SourceTree, folder: str, build: Build = PLAIN) -> Dependencies:
        """Raises ProjectError, RequirementsError."""
        project = read_project(tree, folder)
        evidence = self.evidence(tree, folder) or PROJECT
        unknown = dynamic(tree, folder)
        own: LocalPackage | None = None
        if evidence == SETUP or "build-system" in project or unknown:
            own = local_package(tree, folder, ".", evidence, resolve=unknown)
        asked = list(group_requirements(project, build.groups, PROJECT))
        if unknown and own is not None:
            extras = f"[{','.join(build.extras)}]" if build.extras else ""
            asked.append(f"/build/{own.name}{extras}")
        else:
            asked = [*static_requirements(project, build.extras, PROJECT), *asked]
        packages = _packages([(one, PROJECT) for one in asked if not one.startswith("/")])
        if unknown:
            packages |= _packages(literal_requirements(tree, folder))
        _refuse_sources(project, packages)
        unpinned = [one.name for one in packages.values() if one.version is None]
        indexes = declared_indexes(tree, folder)
        dated = ("--exclude-newer", build.exclude_newer) if build.exclude_newer else ()
        return Dependencies(
            manager=self.name,
            evidence=evidence,
            packages=packages,
            install=DependencyInstall(
                facts=(*asked, *((f"local {own.folder}",) if own else ())),
                texts=(("requirements.txt", tuple(asked)),) if asked else (),
                install=("install", *indexes, *dated, "-r", "/lock/requirements.txt") if asked else (),
                indexes=indexes,
                git=any("git+" in one for one in asked),
                local=(own,) if own else (),
                local_options=(*indexes, *dated),
            ),
            requires_python=requires_python(project),
            requires_python_where=PROJECT,
            notes=_notes(evidence, unpinned, build, unknown=unknown),
        )


def _refuse_sources(project: Mapping[str, object], packages: Iterable[str]) -> None:
    """Where uv takes packages from other places than the index, the index may have something else under their
    names. Raises RequirementsError."""
    elsewhere = {normal(name) for name in table(project, "tool", "uv", "sources")}
    found = sorted(elsewhere.intersection(packages))
    if found:
        raise RequirementsError(
            f"[tool.uv.sources] says where {', '.join(found)} comes from, and there is no {LOCK}",
            where=PROJECT,
            hint=f"run `uv lock` and commit {LOCK}",
        )


def _notes(evidence: str, unpinned: list[str], build: Build, *, unknown: bool) -> tuple[str, ...]:
    if build.exclude_newer or not (unpinned or unknown):
        return ()
    shown = ", ".join(unpinned[:3]) + (", ..." if len(unpinned) > 3 else "") or "its dependencies"
    command = "uv lock" if evidence == PROJECT else "uv pip compile setup.py -o requirements.txt"
    return (
        f"{evidence} does not pin {shown}, and there is no lock: two builds may differ; "
        f"`{command}` pins everything",
    )


def _packages(asked: Iterable[tuple[str, str]]) -> dict[str, Dependency]:
    """Of requirements, each with where it stands."""
    from packaging.requirements import InvalidRequirement, Requirement

    found: dict[str, Dependency] = {}
    for text, where in asked:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise RequirementsError(
                f"{text!r} is not a requirement: {str(error).splitlines()[0]}", where=where
            ) from None
        pins = [one.version for one in requirement.specifier if one.operator in ("==", "===")]
        name = normal(requirement.name)
        found[name] = Dependency(
            name=name,
            version=pins[0] if pins and not pins[0].endswith(".*") else None,
            extras=tuple(sorted(requirement.extras)),
            where=where,
        )
    return found
