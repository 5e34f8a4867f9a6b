"""pip: requirements files, hand-written or compiled by pip-tools, `uv pip compile` or an export."""

from __future__ import annotations

import hashlib
import posixpath
import re

from shipyard.managers.compiled import check_compiled, header
from shipyard.managers.constraints import python_specifier
from shipyard.managers.indexes import declared_indexes, of_lines
from shipyard.managers.local import dynamic, local_package, static_requirements
from shipyard.managers.markers import normal, requirement_name
from shipyard.managers.project import PROJECT, read_project, requires_python, table
from shipyard.managers.requirements import (
    Line,
    Path,
    Repository,
    RequirementsError,
    direct,
    read_lines,
)
from shipyard.managers.setuptools import literal_python, literal_requirements
from shipyard.model.build import DependencyInstall, LocalPackage
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import PLAIN, Build
from shipyard.model.record import Draft, field, replace
from shipyard.source import SourceTree

REQUIREMENTS = "requirements.txt"
LAYOUT = (
    REQUIREMENTS,
    *(f"requirements/{name}.txt" for name in ("production", "prod", "deploy", "base", "main", "common")),
    "requirements/requirements.txt",
    *(f"requirements{mark}{name}.txt" for name in ("production", "prod") for mark in "-._"),
)
"""Where people keep what runs in production; the first one there is taken."""


class _Read(Draft):
    """What the lines of a project's files come to."""

    files: list[str] = field(default_factory=list)
    packages: dict[str, Dependency] = field(default_factory=dict)
    unpinned: list[str] = field(default_factory=list)
    local: list[LocalPackage] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    git: bool = False


class Pip:
    """Installs what the files name; exact only as far as they pin it."""

    name = "pip"

    def evidence(self, tree: SourceTree, folder: str) -> str | None:
        return next((name for name in LAYOUT if tree.is_file(posixpath.join(folder, name))), None)

    def read(self, tree: SourceTree, folder: str, build: Build = PLAIN) -> Dependencies:
        """Raises RequirementsError, ProjectError."""
        first = self.evidence(tree, folder) or REQUIREMENTS
        names = [first, *(_of_group(tree, folder, group) for group in build.groups)]
        found = _Read()
        lines = [line for name in names for line in read_lines(tree, folder, name, found.files)]
        hashed = any(line.text[0] != "-" for line in lines) and all(
            "--hash" in line.text for line in lines if line.text[0] != "-" and not line.constraint
        )
        # What the project's own packages ask for comes last: a line of the file may pin it.
        for line in sorted(lines, key=lambda line: isinstance(direct(line), Path)):
            _take(found, tree, folder, line, build, hashed=hashed)
        if build.extras and not found.local:
            raise RequirementsError(
                "extras are of the project, and no line installs it",
                where=first,
                hint='add the line "-e .", or name the extra\'s requirements in the file',
            )
        made = header(tree.text(posixpath.join(folder, first)) or "")
        check_compiled(tree, folder, first, found.packages)
        # Of two that the tree has, one that needs the other has it already; the index may have a stranger.
        there = {one.name for one in found.local}
        found.lines = [line for line in found.lines if line[0] in "-/" or requirement_name(line) not in there]
        rewritten = bool(found.local) or found.git or any("/p/" in line for line in found.lines)
        recoded = [name for name in found.files if _is_utf16(tree, posixpath.join(folder, name))]
        return Dependencies(
            manager=self.name,
            evidence=first,
            packages=_from_source(found.packages, lines),
            install=_install(
                names,
                found,
                build,
                lines=lines,
                hashed=hashed,
                rewritten=rewritten,
                recoded=recoded,
                indexes=declared_indexes(tree, folder),
            ),
            requires_python=_requires_python(tree, folder),
            requires_python_where=PROJECT,
            resolved_for=made.python if made is not None else None,
            notes=(*_notes(first, found.unpinned), *_beside(tree, folder, first, found.files)),
        )


def _from_source(packages: dict[str, Dependency], lines: list[Line]) -> dict[str, Dependency]:
    """The packages, with what `--no-binary` says of them: which are there as wheels too, no line says."""
    options = [re.fullmatch(r"--no-binary[ =](\S+)", line.text) for line in lines]
    wanted = {normal(name) for option in options if option for name in option[1].split(",")}
    return {
        name: replace(one, source=True) if {name, ":all:"} & wanted else one for name, one in packages.items()
    }


def _notes(name: str, unpinned: list[str]) -> tuple[str, ...]:
    if not unpinned:
        return ()
    shown = ", ".join(unpinned[:3]) + (", ..." if len(unpinned) > 3 else "")
    source = posixpath.splitext(name)[0] + ".in"
    return (
        f"{name} does not pin {shown}: two builds may differ; rename it to {source}, "
        f"and `uv pip compile {source} -o {name}` pins everything",
    )


def _beside(tree: SourceTree, folder: str, first: str, read: list[str]) -> tuple[str, ...]:
    """A note on a file for production that is there too, and that no line includes."""
    for name in LAYOUT:
        group = re.fullmatch(r"requirements[/._-](production|prod|deploy)\.txt", name)
        if group and name not in read and tree.is_file(posixpath.join(folder, name)):
            return (
                f'{first} is what is installed, and {name} is not: build = {{ groups = ["{group[1]}"] }} '
                "adds it",
            )
    return ()


def _requires_python(tree: SourceTree, folder: str) -> str | None:
    """Of the project beside the file, whatever it is kept with."""
    project = read_project(tree, folder)
    poetry = table(project, "tool", "poetry", "dependencies").get("python")
    return requires_python(project) or python_specifier(poetry) or literal_python(tree, folder)


def _of_group(tree: SourceTree, folder: str, group: str) -> str:
    names = [f"requirements/{group}.txt", *(f"requirements{mark}{group}.txt" for mark in "-._")]
    for name in names:
        if tree.is_file(posixpath.join(folder, name)):
            return name
    raise RequirementsError(
        f"there are no requirements of a group {group!r}", details=(f"looked for {', '.join(names)}",)
    )


def _take(found: _Read, tree: SourceTree, folder: str, line: Line, build: Build, *, hashed: bool) -> None:
    place = direct(line)
    if isinstance(place, Path):
        _take_path(found, tree, folder, line, place, build, hashed=hashed)
        return
    found.facts.append(line.fact)
    if isinstance(place, Repository):
        found.git = True
        found.lines.append(place.text)
        name = normal(place.name.partition("[")[0]) if place.name else place.url
        if place.commit is None:
            found.unpinned.append(place.name or place.url)
        found.packages[name] = Dependency(name=name, version=place.commit, where=line.where)
        return
    if not line.constraint:
        found.lines.append(line.text)
    if not line.text.startswith("-") and not line.constraint:
        _take_requirement(found, line.word, line.where)


def _take_requirement(found: _Read, text: str, where: str) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise RequirementsError(
            f"{text!r} is not a requirement: {str(error).splitlines()[0]}", where=where
        ) from None
    pins = [one.version for one in requirement.specifier if one.operator in ("==", "===")]
    pinned = pins[0] if pins and not pins[0].endswith(".*") else None
    name = normal(requirement.name)
    if pinned is None and requirement.url is None and (name not in found.packages):
        found.unpinned.append(requirement.name)
    extras = tuple(sorted(requirement.extras))
    if name not in found.packages or pinned is not None:
        found.packages[name] = Dependency(name=name, version=pinned, extras=extras, where=where)


def _take_path(
    found: _Read, tree: SourceTree, folder: str, line: Line, place: Path, build: Build, *, hashed: bool
) -> None:
    path = posixpath.normpath(place.path)
    within = posixpath.normpath(posixpath.join(folder, path))
    if tree.is_file(within):
        # An archive of the project: mounted with the files that are read.
        data = (tree.path(within) or tree.root).read_bytes()
        found.files.append(path)
        found.facts.append(f"{path} {hashlib.sha256(data).hexdigest()}")
        found.lines.append(f"/p/{path}")
        return
    resolve = dynamic(tree, within)
    package = local_package(tree, folder, path, line.where, resolve=resolve and not hashed)
    extras = place.extras + (build.extras if path == "." else ())
    if package.folder not in [one.folder for one in found.local]:
        found.local.append(package)
    # Which line names it decides nothing; which of its extras are wanted does.
    found.facts.append(f"local {path} [{','.join(extras)}]")
    if hashed:
        return
    if resolve:
        found.lines.append(f"/build/{package.name}" + (f"[{','.join(extras)}]" if extras else ""))
        for text, where in literal_requirements(tree, within):
            _take_requirement(found, text, posixpath.normpath(posixpath.join(path, where)))
        return
    for text in static_requirements(read_project(tree, within), extras, line.where):
        found.facts.append(text)
        found.lines.append(text)
        _take_requirement(found, text, line.where)


def _is_utf16(tree: SourceTree, name: str) -> bool:
    real = tree.path(posixpath.normpath(name))
    if real is None:
        return False
    with real.open("rb") as file:
        return file.read(2) in (b"\xff\xfe", b"\xfe\xff")


def _install(
    names: list[str],
    found: _Read,
    build: Build,
    *,
    lines: list[Line],
    hashed: bool,
    rewritten: bool,
    recoded: list[str],
    indexes: tuple[str, ...],
) -> DependencyInstall:
    options = (
        *indexes,
        *(("--require-hashes",) if hashed else ()),
        *(("--exclude-newer", build.exclude_newer) if build.exclude_newer else ()),
    )
    facts = tuple(found.facts)
    # A folder of that name holds nothing else.
    own_files = ("requirements",) if any(name.startswith("requirements/") for name in names) else ()
    local_options = (*indexes, *(("--exclude-newer", build.exclude_newer) if build.exclude_newer else ()))
    indexes += of_lines(line.text for line in lines)
    if rewritten:
        constraints = tuple(line.text for line in lines if line.constraint)
        texts = [(REQUIREMENTS, tuple(dict.fromkeys(found.lines)))]
        words = ["install", *options, "-r", f"/lock/{REQUIREMENTS}"]
        if constraints:
            texts.append(("constraints.txt", constraints))
            words += ["-c", "/lock/constraints.txt"]
        return DependencyInstall(
            files=tuple(name for name in found.files if not re.search(r"\.(txt|in)$", name)),
            own_files=own_files,
            indexes=indexes,
            facts=facts,
            texts=tuple(texts),
            install=tuple(words),
            git=found.git,
            local=tuple(found.local),
            local_options=local_options,
        )
    root = "/lock" if recoded else "/p"
    words = ["install", *options]
    for name in names:
        words += ["-r", f"{root}/{name}"]
    folders = sorted({posixpath.dirname(name) for name in found.files} - {""})
    reduce = [f"mkdir -p /lock/{folder}" for folder in folders]
    reduce += [
        f"iconv -f UTF-16 -t UTF-8 /p/{name} > /lock/{name}"
        if name in recoded
        else f"cp /p/{name} /lock/{name}"
        for name in found.files
    ]
    return DependencyInstall(
        files=tuple(found.files),
        own_files=own_files,
        indexes=indexes,
        facts=facts,
        reduce=tuple(reduce) if recoded else (),
        install=tuple(words),
    )
