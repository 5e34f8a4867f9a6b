"""For which Python versions a lock holds wheels, and what it takes to build without."""

from __future__ import annotations

from shipyard.model.dependencies import Dependencies, Dependency


def wheel_missing(dependencies: Dependencies, version: str) -> str | None:
    """The first package that has wheels for Linux and none of them for a version: it would be compiled.

    What the lock names no wheels of is not judged.
    """
    for name, one in sorted(dependencies.packages.items()):
        tags = [tag for wheel in one.wheels if (tag := _tags(wheel)) is not None]
        if tags and not any(_runs(tag, version) for tag in tags):
            return f"{name} {one.version}"
    return None


def built_from_source(one: Dependency, version: str) -> bool:
    """Whether a lock that names files leaves the source distribution alone for a Python version on Linux."""
    tags = [tag for wheel in one.wheels if (tag := _tags(wheel)) is not None]
    return bool(one.source) and not any(_runs(tag, version) for tag in tags)


def _tags(wheel: str) -> tuple[str, str] | None:
    """(python, abi) of a wheel's file name (PyPA's binary distribution format); None where not for Linux."""
    parts = wheel.removesuffix(".whl").rsplit("-", 3)
    if len(parts) != 4:
        return None
    _, python, abi, platform = parts
    linux = any(one == "any" or "linux" in one for one in platform.split("."))
    return (python, abi) if linux else None


def _runs(tag: tuple[str, str], version: str) -> bool:
    wanted = int(version.split(".")[1])
    abis = tag[1].split(".")
    for python in tag[0].split("."):
        minor = int(python[3:]) if python[3:].isdecimal() else 0
        if python == f"cp3{wanted}" and set(abis) & {python, "abi3", "none"}:
            return True
        # What needs no ABI of one version runs on later ones too.
        lasting = python.startswith("py3") or (python.startswith("cp3") and "abi3" in abis)
        if lasting and minor <= wanted:
            return True
    return False
