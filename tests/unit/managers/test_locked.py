"""From the packages of a lock to an install: places of their own, indexes, what cannot be installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from shipyard.errors import ShipyardError
from shipyard.managers.locked import Locked, dependencies
from shipyard.managers.markers import known

LIB = '[project]\nname = "lib"\nversion = "1"\n'


def installed(root: Path, *packages: Locked, files: dict[str, str] | None = None, **more: Any) -> Any:
    tree = write_tree(root, files or {"x": ""})
    wanted = {"manager": "m", "lock": "m.lock", "requires_python": None, "requires_where": "m.lock"}
    return dependencies(tree, ".", packages=packages, **wanted, **more).install


def locked(name: str = "six", **more: Any) -> Locked:
    return Locked(**{"name": name, "version": "1", "where": "m.lock:1", **more})


def test_hashes_stand_below_their_package(tmp_path: Path) -> None:
    marker = known("python_version < '3.11'")
    found = installed(
        tmp_path,
        locked(hashes=("sha256:b", "sha256:a", "sha256:a"), marker=marker),
        locked("a", hashes=("sha256:c",)),
    )
    assert found.texts == (
        (
            "requirements.txt",
            (
                "a==1 \\",
                "    --hash=sha256:c",
                "six==1 ; python_version < '3.11' \\",
                "    --hash=sha256:a \\",
                "    --hash=sha256:b",
            ),
        ),
    )
    assert found.facts == (
        "a==1 --hash=sha256:c",
        "six==1 ; python_version < '3.11' --hash=sha256:a --hash=sha256:b",
    )
    assert found.install == ("install", "--no-deps", "--require-hashes", "-r", "/lock/requirements.txt")
    assert found.own_files == ("m.lock",)


def test_what_has_no_hash_is_a_list_of_its_own(tmp_path: Path) -> None:
    url = f"git+https://example.com/six@{'a' * 40}"
    found = installed(tmp_path, locked(reference=url), locked("a"), locked("b", hashes=("sha256:b",)))
    assert dict(found.texts)["direct.txt"] == ("a==1", f"six @ {url}")
    assert found.direct == ("install", "--no-deps", "--no-verify-hashes", "-r", "/lock/direct.txt")
    assert found.git
    assert not installed(tmp_path, locked("a")).git


def test_nothing_to_install(tmp_path: Path) -> None:
    found = installed(tmp_path, locked(marker=False))
    assert (found.texts, found.install, found.direct, found.facts) == ((), (), (), ())


def test_which_index_serves_a_file_is_no_fact(tmp_path: Path) -> None:
    plain = installed(tmp_path, locked(hashes=("sha256:a",)))
    found = installed(
        tmp_path, locked(hashes=("sha256:a",), index="https://b.example"), indexes=("https://a.example",)
    )
    assert found.facts == plain.facts
    ((_, lines),) = found.texts
    assert lines[:2] == ("--index-url https://a.example", "--extra-index-url https://b.example")
    assert "unsafe-best-match" in found.install
    assert "unsafe-best-match" not in plain.install


def test_a_folder_is_a_package_of_the_tree(tmp_path: Path) -> None:
    found = installed(tmp_path, locked("lib", path="./libs/lib"), files={"libs/lib/pyproject.toml": LIB})
    ((package),) = found.local
    assert (package.name, package.folder) == ("lib", "libs/lib")
    assert found.facts == ("local lib libs/lib",)


def test_an_archive_of_the_tree(tmp_path: Path) -> None:
    files = {"wheels/six.whl": "x"}
    found = installed(tmp_path, locked(path="wheels/six.whl", hashes=("sha256:a",)), files=files)
    assert found.files == ("wheels/six.whl",)
    assert dict(found.texts)["direct.txt"] == ("six @ file:///p/wheels/six.whl",)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("libs/gone", "m.lock:1: libs/gone, which six is installed from, is not in the project"),
        ("../six.whl", "m.lock:1: ../six.whl, which six is installed from, is not in the project"),
        ("libs", "m.lock:1: libs is no package: it has neither pyproject.toml nor setup.py"),
    ],
)
def test_what_is_not_there(tmp_path: Path, path: str, told: str) -> None:
    with pytest.raises(ShipyardError) as caught:
        installed(tmp_path, locked(path=path), files={"libs/x": ""})
    assert str(caught.value).startswith(told)
