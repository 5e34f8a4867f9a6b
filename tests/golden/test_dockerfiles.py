"""Every Dockerfile that a fixture compiles to, to the byte, and without a finding.

`pytest tests/golden --update-golden` writes the files anew; the difference is read before it is committed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from corpus import DEFAULT, NAMES, copy_fixture, expectation
from dockerfiles import GOLDEN, golden_files, short, whole

from shipyard.compile.builds import compile_builds
from shipyard.manifest import load

RUN = re.compile(r"^RUN (?:.*\\\n)*.*", re.MULTILINE)
IGNORED = {
    "DL3003": "a front end is built in its own folder, in a stage of which the result alone is taken",
    "DL3008": "Debian's archive keeps one version of a package: with a pin, a security fix breaks the build",
    "SC2046": "names of Debian packages out of a file, one word each: to be split",
}
"""Rules that are not followed, and why."""
COMPILED = [name for name in NAMES if "error" not in expectation(name)]


@pytest.mark.parametrize("name", COMPILED)
def test_a_fixture_compiles_to_its_golden_dockerfiles(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
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


def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    seen: set[str] = set()
    for file in golden_files():
        text = RUN.sub(partial(once, seen), whole(file.read_text()))
        (tmp_path / f"{file.parent.name}.{file.name}").write_text(text)
    ignored = [word for rule in IGNORED for word in ("--ignore", rule)]
    command = [Path(sys.executable).with_name("hadolint"), *ignored, *sorted(tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def once(seen: set[str], run: re.Match[str]) -> str:
    """Most RUN instructions stand in many files, and it is they that take the time."""
    if run[0] in seen:
        return ""
    seen.add(run[0])
    return run[0]
