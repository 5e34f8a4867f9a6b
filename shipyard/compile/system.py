"""Which Debian packages a build and an image need, beside those that the manifest names."""

from __future__ import annotations

from shipyard.compile.debian import COMPILED, LOADED, SPATIAL
from shipyard.compile.wheels import built_from_source
from shipyard.frameworks.application import Application
from shipyard.model.build import Decision
from shipyard.model.dependencies import Dependencies, Dependency
from shipyard.model.manifest import Build
from shipyard.model.record import Record


class SystemPackages(Record):
    """`run` are the final image's Debian packages, `build` the builder's. `linked`: the image also gets what
    compiled packages link to. `unknown` are Python packages that are built from source, as far as the lock
    says it, of which nothing is known; `advice` is what to say where the dependencies cannot be installed."""

    run: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    linked: bool = False
    unknown: tuple[str, ...] = ()
    advice: str = ""
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()


def system_packages(
    build: Build, dependencies: Dependencies, python: str, application: Application | None
) -> SystemPackages:
    """Of the manifest first, then of what is known of the Python packages in the lock."""
    run = [(build.packages, "declared")] if build.packages else []
    compile_with = [(build.build_packages, "declared")] if build.build_packages else []
    sources = _sources(dependencies, python)
    if build.find_packages:
        run += _loaded(dependencies, application)
        compile_with += [
            (COMPILED[one.name].packages, f"{one.name} ({one.where}) is built from source")
            for one in sources
            if one.name in COMPILED
        ]
    decisions = [
        *(_decision("packages", *one) for one in run),
        *(_decision("build packages", *one) for one in compile_with),
    ]
    linked = bool(compile_with) and build.find_packages
    if linked:
        why = "the build installs the libraries that compiled packages link to"
        decisions.append(_decision("packages", ("as linked",), why))
    unknown = [one for one in sources if one.name not in COMPILED]
    decisions += [
        _decision("from source", (one.name,), f"{one.where} holds no wheel for Python {python} on Linux")
        for one in unknown
    ]
    return SystemPackages(
        run=_together(run),
        build=_together(compile_with),
        linked=linked,
        unknown=tuple(one.name for one in unknown),
        advice=_advice(dependencies, unknown),
        decisions=tuple(decisions),
        notes=_notes(dependencies),
    )


def _sources(dependencies: Dependencies, python: str) -> list[Dependency]:
    """By the lock; where it names no files, by what is known."""
    return [
        one
        for name, one in sorted(dependencies.packages.items())
        if built_from_source(one, python)
        or (one.source is None and name in COMPILED and COMPILED[name].always)
    ]


def _loaded(dependencies: Dependencies, application: Application | None) -> list[tuple[tuple[str, ...], str]]:
    found = [
        (LOADED[name].packages, f"{name} ({one.where}) loads it")
        for name, one in sorted(dependencies.packages.items())
        if name in LOADED
        and not any(other in dependencies.packages or other in one.extras for other in LOADED[name].without)
    ]
    if application is not None and application.spatial:
        found.append((SPATIAL, application.spatial))
    return found


def _notes(dependencies: Dependencies) -> tuple[str, ...]:
    playwright = dependencies.get("playwright")
    if playwright is None:
        return ()
    return (
        f"playwright ({playwright.where}) starts a browser, and the image has none: connect to one in a "
        "service of its own",
    )


def _advice(dependencies: Dependencies, unknown: list[Dependency]) -> str:
    """Where something may have to be compiled that nothing is known of."""
    told = [one.name for one in unknown]
    # What comes by git or from the tree is no wheel either.
    install = dependencies.install
    if not (told or install.git or any(one.source is None for one in dependencies.packages.values())):
        return ""
    what = f"{', '.join(told)} had" if told else "a package had"
    return (
        f"If {what} to be compiled, say in shipyard.toml what that takes: "
        'build = { build_packages = ["build-essential"] }, and -dev packages of the libraries it links to'
    )


def _together(groups: list[tuple[tuple[str, ...], str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names, _ in groups for name in names))


def _decision(subject: str, names: tuple[str, ...], evidence: str) -> Decision:
    origin = "manifest" if evidence == "declared" else "detected"
    return Decision(subject=subject, value=" ".join(names), evidence=evidence, origin=origin)
