"""Package managers of Node: by which lock each is known, and how it installs exactly what that says.

npm comes with the base image; the others are installed from its registry, in the version that the project
names (`packageManager`), else one that reads the lock.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from shipyard.model.record import Record

LOCKS = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
}
"""Managers by their locks."""
CONFIGURATION = (".npmrc", ".pnpmfile.cjs", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml")
"""Files beside a lock that the managers read. Some hold credentials: none reaches the image."""
_PNPM = {"5": "7.33.7", "6": "8.15.9", "9": "10.18.3"}
_YARN_CLASSIC, _YARN = "1.22.22", "4.10.3"


class NodeManager(Record):
    """`package` is what npm installs it by, "" for npm itself, `install` its words with a lock and
    `unlocked` those without. `cache` is a folder that outlives a build, `environment` what it needs to be
    told. `mend` writes a lock."""

    name: str
    package: str = ""
    install: tuple[str, ...]
    unlocked: tuple[str, ...]
    cache: str
    environment: tuple[tuple[str, str], ...] = ()
    mend: str


def node_manager(name: str, lock: str, asked: str) -> NodeManager:
    """`lock` is the lock's text, `asked` the `packageManager` of package.json, such as pnpm@9.1.0+sha512.x,
    "" for none."""
    said, _, version = asked.partition("+")[0].partition("@")
    return _MANAGERS[name](lock, version if said == name else "")


def _npm(lock: str, version: str) -> NodeManager:
    return NodeManager(
        name="npm",
        install=("npm", "ci"),
        unlocked=("npm", "install", "--no-package-lock"),
        cache="/root/.npm",
        environment=(("NPM_CONFIG_AUDIT", "false"), ("NPM_CONFIG_FUND", "false")),
        mend="npm install --package-lock-only",
    )


def _pnpm(lock: str, version: str) -> NodeManager:
    found = re.search(r"^lockfileVersion: *'?(\d+)", lock, re.MULTILINE)
    version = version or _PNPM.get(found[1] if found else "9", _PNPM["9"])
    # What is in a cache cannot be linked to from outside of it.
    words = ("--store-dir", "/root/.pnpm-store", "--package-import-method", "copy")
    return NodeManager(
        name="pnpm",
        package=f"pnpm@{version}",
        install=("pnpm", "install", "--frozen-lockfile", *words),
        unlocked=("pnpm", "install", "--no-lockfile", *words),
        cache="/root/.pnpm-store",
        mend="pnpm install --lockfile-only",
    )


def _yarn(lock: str, version: str) -> NodeManager:
    if version.startswith("1.") or (not version and "# yarn lockfile v1" in lock):
        return NodeManager(
            name="yarn",
            package=f"yarn@{version or _YARN_CLASSIC}",
            install=("yarn", "install", "--frozen-lockfile"),
            unlocked=("yarn", "install", "--no-lockfile"),
            cache="/usr/local/share/.cache/yarn",
            mend="yarn install",
        )
    return NodeManager(
        name="yarn",
        package=f"@yarnpkg/cli-dist@{version or _YARN}",
        install=("yarn", "install", "--immutable"),
        unlocked=("yarn", "install", "--no-immutable"),
        cache="/root/.yarn/berry",
        # Packages that are run out of a cache must be there when it is not.
        environment=(("YARN_ENABLE_GLOBAL_CACHE", "false"), ("YARN_ENABLE_TELEMETRY", "false")),
        mend="yarn install --mode=update-lockfile",
    )


_MANAGERS: dict[str, Callable[[str, str], NodeManager]] = {"npm": _npm, "pnpm": _pnpm, "yarn": _yarn}
