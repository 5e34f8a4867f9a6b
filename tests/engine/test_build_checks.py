"""BuildKit's own checks find nothing in what any fixture compiles to. Nothing is built."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from dockerfiles import golden_files, whole

CLEAN = "Check complete, no warnings found."
THERE = "python:3.13-slim"
"""A base that every engine of the tests has."""


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
