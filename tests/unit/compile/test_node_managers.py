"""How each package manager of Node installs what its lock says."""

from __future__ import annotations

import pytest

from shipyard.compile.node_managers import node_manager


@pytest.mark.parametrize(
    ("name", "lock", "asked", "package", "words"),
    [
        ("npm", "{}", "", "", "npm ci"),
        ("npm", "{}", "npm@11.0.0", "", "npm ci"),
        ("pnpm", "lockfileVersion: '9.0'\n", "", "pnpm@10.18.3", "pnpm install --frozen-lockfile"),
        ("pnpm", "lockfileVersion: '6.0'\n", "", "pnpm@8.15.9", "pnpm install --frozen-lockfile"),
        ("pnpm", "lockfileVersion: 5.4\n", "", "pnpm@7.33.7", "pnpm install --frozen-lockfile"),
        ("pnpm", "", "pnpm@9.1.0+sha512.abc", "pnpm@9.1.0", "pnpm install --frozen-lockfile"),
        ("yarn", "# yarn lockfile v1\n", "", "yarn@1.22.22", "yarn install --frozen-lockfile"),
        ("yarn", "__metadata:\n", "", "@yarnpkg/cli-dist@4.10.3", "yarn install --immutable"),
        ("yarn", "__metadata:\n", "yarn@3.8.0", "@yarnpkg/cli-dist@3.8.0", "yarn install --immutable"),
        ("yarn", "", "yarn@1.22.19", "yarn@1.22.19", "yarn install --frozen-lockfile"),
        ("yarn", "__metadata:\n", "pnpm@9.1.0", "@yarnpkg/cli-dist@4.10.3", "yarn install --immutable"),
    ],
)
def test_the_version_that_reads_the_lock(name: str, lock: str, asked: str, package: str, words: str) -> None:
    manager = node_manager(name, lock, asked)
    assert manager.package == package
    assert " ".join(manager.install).startswith(words)
