"""The Python version of a service.

Order: the manifest; .python-version, .tool-versions, mise.toml, .mise.toml; the lock (Pipfile.lock, the
first lines of compiled requirements); what requires-python allows; Pipfile; runtime.txt; the default, or an
older one where the lock holds no wheels for that. A file of a folder above counts where the service's own has
none. What says otherwise and comes later is told; what requires-python excludes is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from shipyard.compile.decisions import DetectionError
from shipyard.compile.python_pins import Pin, Pins, pins_after, pins_before
from shipyard.compile.wheels import wheel_missing
from shipyard.model.build import Decision
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import Record
from shipyard.source import SourceTree

DEFAULT_PYTHON = "3.13"
KNOWN_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
ENDED = {
    "3.6": "December 2021",
    "3.7": "June 2023",
    "3.8": "October 2024",
    "3.9": "October 2025",
    "3.10": "October 2026",
}
"""Versions past their end of life when this version of Shipyard was made: no clock decides."""

Fits = Callable[[str], bool]


class PythonChoice(Record):
    """The version and what says so, with what is to be told about it."""

    decision: Decision
    notes: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        return self.decision.value


def python_version(
    service: Service, tree: SourceTree, folder: str, dependencies: Dependencies
) -> PythonChoice:
    """Raises DetectionError where two do not agree."""
    fits = _fits(dependencies)
    before, after = pins_before(tree, folder), pins_after(tree, folder)
    if dependencies.resolved_for is not None:
        lock = Pin(version=dependencies.resolved_for, evidence=f"{dependencies.evidence}, made for it")
        before = Pins(pins=(*before.pins, lock), notes=before.notes)
    pins, notes = [*before.pins, *after.pins], [*before.notes, *after.notes]
    if service.python is not None:
        decision = Decision(subject="python", value=service.python, evidence="declared", origin="manifest")
        pins = []
    elif before.pins or (after.pins and not dependencies.requires_python):
        decision = _pinned(pins[0])
    elif after.pins and fits(after.pins[0].version):
        # Within a range, the one version that is named somewhere is better than any of it.
        decision = _pinned(after.pins[0])
    else:
        decision = _free(service, dependencies, fits)
    version = decision.value
    if decision.evidence == "declared" or any(pin.evidence == decision.evidence for pin in pins):
        _check(service, decision, dependencies, fits)
    notes += [
        f"Python {version} by {decision.evidence}; {pin.evidence} says {pin.version}, which is not used"
        for pin in pins
        if pin.version != version
    ]
    if decision.origin == "default":
        notes.append(f"Python {version} by default: {decision.evidence}")
    minor = ".".join(version.split(".")[:2])
    if minor in ENDED:
        notes.append(f"Python {minor} got its last security fixes in {ENDED[minor]}: take a newer one")
    elif minor not in KNOWN_PYTHONS:
        known = f"{KNOWN_PYTHONS[0]} to {KNOWN_PYTHONS[-1]}"
        notes.append(f"Python {minor} is none that Shipyard knows ({known}): there may be no image of it")
    return PythonChoice(decision=decision, notes=tuple(notes))


def _pinned(pin: Pin) -> Decision:
    return Decision(subject="python", value=pin.version, evidence=pin.evidence, origin="detected")


def _check(service: Service, decision: Decision, dependencies: Dependencies, fits: Fits) -> None:
    if not fits(decision.value):
        raise DetectionError(
            f"Python {decision.value} ({decision.evidence}) does not fit requires-python = "
            f'"{dependencies.requires_python}"',
            where=f"services.{service.name}.python",
            details=(f"{dependencies.requires_python_where} says requires-python",),
            hint="make the two agree",
        )


def _fits(dependencies: Dependencies) -> Fits:
    if not dependencies.requires_python:
        return lambda version: True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(dependencies.requires_python)
    except InvalidSpecifier:
        raise DetectionError(
            f"requires-python = {dependencies.requires_python!r} is no version specifier",
            where=dependencies.requires_python_where,
            hint='write it as in ">=3.12"',
        ) from None

    def fits(version: str) -> bool:
        # Any patch release will do where none is named: 3.12 fits >=3.12.4.
        named = version.count(".") > 1
        releases = (version,) if named else tuple(f"{version}.{patch}" for patch in range(40))
        return any(map(allowed.contains, releases))

    return fits


def _free(service: Service, dependencies: Dependencies, fits: Fits) -> Decision:
    """The default where it is allowed, else the newest that is, else an older one with wheels."""
    fitting = [one for one in reversed(KNOWN_PYTHONS) if fits(one)]
    if not fitting:
        raise DetectionError(
            f'no Python that Shipyard knows fits requires-python = "{dependencies.requires_python}"',
            where=dependencies.requires_python_where,
            hint=f'say which: add python = "..." to [services.{service.name}]',
        )
    first = DEFAULT_PYTHON if DEFAULT_PYTHON in fitting else fitting[0]
    missing = wheel_missing(dependencies, first)
    if missing is not None:
        older = fitting[fitting.index(first) + 1 :]
        bounded = next((one for one in older if wheel_missing(dependencies, one) is None), None)
        if bounded is not None:
            evidence = f"the newest that every package has a wheel for: {missing} has none for {first}"
            return Decision(subject="python", value=bounded, evidence=evidence, origin="default")
    if not dependencies.requires_python:
        return Decision(subject="python", value=first, evidence="nothing says otherwise", origin="default")
    from packaging.specifiers import SpecifierSet

    said = (
        f'{dependencies.requires_python_where} requires-python "{SpecifierSet(dependencies.requires_python)}"'
    )
    if first == DEFAULT_PYTHON:
        return Decision(subject="python", value=first, evidence=f"{said} allows it", origin="default")
    return Decision(subject="python", value=first, evidence=said, origin="detected")
