"""BuildKit and hadolint find nothing in what any fixture compiles to. Nothing is built."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

from dockerfiles import golden_files, whole

CLEAN = "Check complete, no warnings found."
THERE = "python:3.13-slim"
"""A base that every engine of the tests has."""

RUN = re.compile(r"^RUN (?:.*\\\n)*.*", re.MULTILINE)
IGNORED = {
    "DL3003": "a front end is built in its own folder, in a stage of which the result alone is taken",
    "DL3008": "Debian's archive keeps one version of a package: with a pin, a security fix breaks the build",
    "SC2046": "names of Debian packages out of a file, one word each: to be split",
}
"""Rules that are not followed, and why."""


def test_no_fixture_compiles_to_a_warning(tmp_path: Path) -> None:
    targets = {}
    for file in golden_files():
        text = whole(file.read_text())
        name = f"{file.parent.name}-{file.stem}"
        (tmp_path / name).write_text(text)
        bases = set(re.findall(r"^FROM (?:--\S+ )?(\S+:\S+)", text, re.MULTILINE)) - {THERE}
        targets[name] = {
            "context": ".",
            "dockerfile": name,
            "contexts": dict.fromkeys(bases, f"docker-image://{THERE}"),
        }
    command = ["docker", "buildx", "bake", "--check", "--progress", "quiet", "-f", "-", *targets]
    document = json.dumps({"target": targets})
    done = subprocess.run(command, cwd=tmp_path, input=document, capture_output=True, text=True, check=False)
    # A target's name, and what was found.
    found = re.split(rf"^({'|'.join(targets)})$", done.stdout, flags=re.MULTILINE)[1:]
    told = dict(zip(found[::2], map(str.strip, found[1::2]), strict=True))
    assert {name: told.get(name, done.stderr) for name in targets if told.get(name) != CLEAN} == {}
    assert done.returncode == 0, done.stderr


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
