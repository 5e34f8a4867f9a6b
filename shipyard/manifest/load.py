"""From shipyard.toml to the manifest of one stage: read, check, merge, resolve, parse, validate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from shipyard import __version__
from shipyard.errors import ExitCode
from shipyard.manifest import like, references, schema, validated
from shipyard.manifest.errors import MANIFEST, Invalid, ManifestError, Problem, Problems, place, whereabouts
from shipyard.manifest.interpolate import interpolate, written
from shipyard.manifest.locked import read_lock
from shipyard.manifest.merge import choose_stage, merge_stage
from shipyard.manifest.parse import parse
from shipyard.manifest.read import Source, read
from shipyard.manifest.validate import validate
from shipyard.manifest.validate_paths import validate_paths
from shipyard.model.manifest import Manifest
from shipyard.model.origin import Origin
from shipyard.model.origin import Path as Place
from shipyard.model.record import Record, replace


class Loaded(Record):
    """A manifest and where it comes from.

    `merged` is the document of the stage with everything resolved, in the manifest's own words;
    `origins` says of each of its places where in the file it was set; `text` is the file's.
    """

    manifest: Manifest
    merged: Mapping[str, object]
    origins: Mapping[Place, Origin]
    text: str

    def where(self, path: Place) -> str:
        """`shipyard.toml:12: services.web.port` for a place in the merged manifest."""
        from shipyard.manifest.locate import locator

        there = place(path, self.origins)
        return whereabouts(there, locator(self.text).line(there))


def load(root: Path, *, stage: str | None, instance: str | None, environ: Mapping[str, str]) -> Loaded:
    """Load `root`/shipyard.toml for one stage.

    Without `stage`: SHIPYARD_STAGE, else `dev` if it is declared, else `default` if no stage is.
    Raises ManifestError, or ErrorGroup of all that is wrong.
    """
    root = root.absolute()
    source = read(root)
    try:
        return _load(root, source, stage, instance, environ)
    except RecursionError:
        raise ManifestError("tables are nested too deeply", where=MANIFEST, hint="flatten them") from None


def stage_names(root: Path) -> tuple[str, ...]:
    """The declared stages, in their order; `default` alone where there are none. Raises ManifestError."""
    stages = read(root).document.get("stages")
    return tuple(stages) if isinstance(stages, dict) and stages else ("default",)


def _load(
    root: Path, source: Source, stage: str | None, instance: str | None, environ: Mapping[str, str]
) -> Loaded:
    problems = Problems()
    document = source.document
    _check_version(document, problems)
    problems.raise_found(source.text, {})
    schema_text = schema.schema_path().read_bytes()
    digest = validated.digest(source.data, schema_text)
    known = validated.is_known(root, digest, environ)
    problems.found += [] if known else schema.check(document, schema_text)
    if not all(_within_service(problem.path) for problem in problems.found):
        problems.raise_found(source.text, {})
    for problem in problems.found:
        _take_out(document, problem.path)
    try:
        chosen = choose_stage(document, stage, environ)
    except Invalid as error:
        problems.add_invalid(("stages",), error)
        try:
            problems.raise_found(source.text, {})
        except ManifestError as alone:
            # It is what was asked for that is wrong, and not what is declared.
            alone.exit_code = ExitCode.USAGE
            raise
        raise
    _check_instance(document, chosen, instance, problems)
    merged, origins = merge_stage(document, chosen, problems)
    resolved = interpolate(merged, environ, problems)
    like.resolve(resolved, origins, problems)
    manifest = replace(parse(root, resolved, chosen, instance, problems), locked=read_lock(root))
    validate(manifest, problems)
    manifest = validate_paths(manifest, problems)
    if not known:
        told = {(_in_file(problem, origins), problem.title) for problem in problems.found}
        problems.found += _of_other_stages(root, document, chosen, environ, told)
    problems.raise_found(source.text, origins)
    if not known:
        validated.remember(root, digest, environ)
    return Loaded(manifest=manifest, merged=_shown(resolved), origins=origins, text=source.text)


def _check_version(document: Mapping[str, Any], problems: Problems) -> None:
    """Before all else: what another version knows would only be called unknown here."""
    number = document.get("format", 1)
    if type(number) is not int or number != 1:
        problems.add(
            ("format",),
            f"format {number!r} is not known to Shipyard {__version__}",
            "write format = 1, or install a Shipyard that knows it",
        )
    wanted = document.get("required-version")
    if not isinstance(wanted, str):
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        fits = SpecifierSet(wanted).contains(__version__, prereleases=True)
    except InvalidSpecifier:
        problems.add(("required-version",), f"{wanted!r} is no version specifier", 'write it as in ">=0.3"')
        return
    if not fits:
        problems.add(
            ("required-version",),
            f"this manifest wants Shipyard {wanted}; this is {__version__}",
            "install a Shipyard that fits",
        )


def _of_other_stages(
    root: Path,
    document: dict[str, Any],
    chosen: str,
    environ: Mapping[str, str],
    told: AbstractSet[tuple[Place, str]],
) -> Iterator[Problem]:
    """What is wrong with stages that are not asked for, and not `told` of the one that is: their CI would be
    the first to tell. What they take from an environment that is not here is not judged."""
    for stage in document.get("stages") or {}:
        if stage == chosen:
            continue
        unset, problems = Problems(), Problems()
        merged, origins = merge_stage(document, stage, problems)
        resolved = interpolate(merged, environ, unset)
        if unset.found:
            continue
        like.resolve(resolved, origins, problems)
        validate(parse(root, resolved, stage, None, problems), problems)
        for problem in problems.found:
            path = _in_file(problem, origins)
            if (path, problem.title) not in told:
                title = f"in stage {stage}: {problem.title}"
                yield replace(problem, path=path, title=title, in_file=True)


def _in_file(problem: Problem, origins: Mapping[Place, Origin]) -> Place:
    return problem.path if problem.in_file else place(problem.path, origins)


def _within_service(path: Place) -> bool:
    """Whether what is wrong concerns one key of one service, so that all the rest can still be judged."""
    inner = path[2:] if path[:1] == ("stages",) else path
    return inner[:1] == ("services",) and len(inner) > 2 and inner[2] != "networks"


def _take_out(document: dict[str, Any], path: Place) -> None:
    """Put None in the place of a value that is wrong and told."""
    container: Any = document
    for key in path[:-1]:
        if container[key] is None:
            return
        container = container[key]
    container[path[-1]] = None


def _check_instance(
    document: Mapping[str, Any], stage: str, instance: str | None, problems: Problems
) -> None:
    if instance is None:
        return
    path = ("stages", stage)
    if not document.get("stages", {}).get(stage, {}).get("instances"):
        hint = f"write instances = true in [stages.{stage}]"
        problems.add(path, f"the stage {stage} has no instances", hint, in_file=True)
    try:
        references.name(instance)
    except Invalid as error:
        problems.add((), f"--instance: {error.title}", error.hint)


def _shown(value: Any) -> Any:
    """The document as data again: templates become texts."""
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return written(value) if isinstance(value, tuple) else value
