"""Which Debian packages a build and an image need, beside those that the manifest names."""

from __future__ import annotations

from collections.abc import Iterable

from shipyard.compile.debian import COMPILED, LOADED, SPATIAL
from shipyard.compile.decisions import decided
from shipyard.compile.wheels import built_from_source
from shipyard.frameworks.application import Application
from shipyard.model.build import Decision
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import Build
from shipyard.model.record import Record


class SystemPackages(Record):
    """`run` are the final image's Debian packages, `build` the builder's. `linked`: the image also gets what
    compiled packages link to."""

    run: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    linked: bool = False
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()


def system_packages(
    build: Build, dependencies: Dependencies, python: str, application: Application | None
) -> SystemPackages:
    """Of the manifest first, then of what is known of the Python packages in the lock."""
    run = _declared("packages", build.packages)
    compilers = _declared("build packages", build.build_packages)
    sources = _sources(dependencies, python)
    if build.find_packages:
        run += _loaded(dependencies, application)
        compilers += [
            _found(
                f"build packages for {one.name}",
                COMPILED[one.name].packages,
                f"{one.where}, built from source",
            )
            for one in sources
            if one.name in COMPILED
        ]
    linked = bool(compilers) and build.find_packages
    unknown = [one for one in sources if one.name not in COMPILED or not build.find_packages]
    decisions = [*run, *compilers]
    if linked:
        decisions.append(_found("linked packages", ("found by the build",), "what is compiled links to them"))
    if unknown:
        lines = ", ".join(one.where for one in unknown)
        why = f"for Python {python} on Linux there is the source alone: {lines}"
        decisions.append(_found("from source", (one.name for one in unknown), why))
    return SystemPackages(
        run=_names(run),
        build=_names(compilers),
        linked=linked,
        decisions=tuple(decisions),
        notes=_notes(dependencies),
    )


def _sources(dependencies: Dependencies, python: str) -> list[Dependency]:
    """What is built from source: by the lock; where that names no files, by what is known."""
    return [
        one
        for name, one in sorted(dependencies.packages.items())
        if built_from_source(one, python)
        or (one.source is None and name in COMPILED and COMPILED[name].always)
    ]


def _loaded(dependencies: Dependencies, application: Application | None) -> list[Decision]:
    found = [
        _found(f"packages for {name}", LOADED[name].packages, one.where)
        for name, one in sorted(dependencies.packages.items())
        if name in LOADED
        and not any(other in dependencies.packages or other in one.extras for other in LOADED[name].without)
    ]
    if application is not None and application.spatial:
        found.append(_found("packages for GeoDjango", SPATIAL, application.spatial))
    return found


def _notes(dependencies: Dependencies) -> tuple[str, ...]:
    playwright = dependencies.get("playwright")
    if playwright is None:
        return ()
    return (
        f"playwright ({playwright.where}) drives a browser, and the image has none: connect to one that is "
        "a service of its own",
    )


def _declared(subject: str, names: tuple[str, ...]) -> list[Decision]:
    return [decided(subject, " ".join(names), "", names)] if names else []


def _found(subject: str, names: Iterable[str], evidence: str) -> Decision:
    return Decision(subject=subject, value=" ".join(names), evidence=evidence, origin="detected")


def _names(decisions: list[Decision]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in decisions for name in one.value.split()))
