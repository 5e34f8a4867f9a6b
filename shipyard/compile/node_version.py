"""The Node version that a front end is built with.

Order: .nvmrc, .node-version, .tool-versions, mise.toml, .mise.toml, here or in a folder above; what engines
in package.json allows; the default. Minor and patch releases come with the base image.
"""

from __future__ import annotations

import posixpath

from shipyard.compile.decisions import DetectionError
from shipyard.compile.node_range import NotARange, allows
from shipyard.compile.version_files import Said, mise, table, tool_versions, version_file
from shipyard.model.build import Decision
from shipyard.source import SourceTree

DEFAULT_NODE = 22
KNOWN_NODES = (24, 22, 20, 18)
ENDED = {"16": "September 2023", "18": "April 2025", "20": "April 2026"}
"""Versions past their end of life when this version of Shipyard was made: no clock decides."""
_LTS = {"hydrogen": 18, "iron": 20, "jod": 22, "krypton": 24}


def node_version(tree: SourceTree, folder: str, package: dict[str, object]) -> Decision:
    """The major. `package` is the front end's package.json. Raises DetectionError where two do not agree."""
    where = posixpath.normpath(posixpath.join(folder, "package.json"))
    engines = table(package, "engines").get("node")
    pin = _pin(tree, folder)
    if pin is not None:
        version, evidence = pin
        if isinstance(engines, str) and not _fits(engines, version, where):
            raise DetectionError(
                f'Node {version} ({evidence}) does not fit engines.node = "{engines}"',
                where=where,
                hint="make the two agree",
            )
        return Decision(subject="node", value=str(version), evidence=evidence, origin="detected")
    if not isinstance(engines, str):
        return Decision(
            subject="node", value=str(DEFAULT_NODE), evidence="nothing says otherwise", origin="default"
        )
    fitting = [one for one in KNOWN_NODES if _fits(engines, one, where)]
    if not fitting:
        raise DetectionError(
            f'no Node that Shipyard knows fits engines.node = "{engines}"',
            where=where,
            hint="say which in .nvmrc",
        )
    version = DEFAULT_NODE if DEFAULT_NODE in fitting else fitting[0]
    origin = "default" if version == DEFAULT_NODE else "detected"
    return Decision(
        subject="node", value=str(version), evidence=f'package.json engines.node "{engines}"', origin=origin
    )


def _fits(engines: str, version: int, where: str) -> bool:
    try:
        return allows(engines, version)
    except NotARange as error:
        raise DetectionError(
            f"engines.node = {engines!r} is no range of versions",
            where=where,
            details=(str(error),),
        ) from None


def _pin(tree: SourceTree, folder: str) -> tuple[int, str] | None:
    said: list[Said] = [version_file(tree, folder, name) for name in (".nvmrc", ".node-version")]
    said.append(tool_versions(tree, folder, "nodejs", "node"))
    said += [mise(tree, folder, file, "node", "nodejs") for file in ("mise.toml", ".mise.toml")]
    for text, evidence in filter(None, said):
        version = major_version(text)
        if version is not None:
            return version, evidence
    return None


def major_version(text: str) -> int | None:
    """22 of "22", "v22.11.0", "lts/jod" or "lts-jod"; the default for what only says "some LTS release"."""
    text = text.strip().lower()
    if text.startswith("lts"):
        return _LTS.get(text.removeprefix("lts").strip("/-"), DEFAULT_NODE)
    first = text.removeprefix("node").lstrip("-@v").split(".")[0]
    return int(first) if first.isdecimal() else None
