"""Every Dockerfile that a fixture compiles to, to the byte.

`pytest tests/golden --update-golden` writes the files anew; the difference is read before it is committed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from corpus import DEFAULT, NAMES, copy_fixture, expectation
from dockerfiles import GOLDEN, golden_files, short, whole

from shipyard.compile.builds import compile_builds
from shipyard.manifest import load

COMPILED = [name for name in NAMES if "error" not in expectation(name)]


@pytest.mark.parametrize("name", COMPILED)
def test_a_fixture_compiles_to_its_golden_dockerfiles(
    name: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    update_golden: bool,
) -> None:
    # Where manifests that were found valid are remembered: most are the same.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    root, folder = tmp_path / "fixture", GOLDEN / name
    copy_fixture(name, root)
    if not (root / "shipyard.toml").exists():
        (root / "shipyard.toml").write_text(DEFAULT)
    builds = compile_builds(load(root, stage=None, instance=None, environ={}).manifest)
    made = {f"{service}.Dockerfile": plan.dockerfile for service, (_, plan) in builds.items()}
    if update_golden:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file, text in made.items():
            (folder / file).write_text(short(text))
    for file, text in made.items():
        golden = folder / file
        assert golden.is_file(), f"{golden} is missing: make it with --update-golden"
        assert short(text) == golden.read_text(), f"{golden} differs: --update-golden writes it anew"
        assert whole(golden.read_text()) == text
    assert sorted(path.name for path in folder.iterdir()) == sorted(made)


def test_no_golden_dockerfiles_without_a_fixture() -> None:
    assert sorted({path.parent.name for path in golden_files()}) == COMPILED
    assert sorted(path for path in GOLDEN.glob("**/*") if path.is_file()) == golden_files()
