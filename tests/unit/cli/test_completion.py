"""What a shell completes: commands, and the names of the manifest that is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MANIFEST = """
name = "shop"
[services.web]
image = "a:1"
secrets = ["KEY"]
env = { URL = "postgres://a:${secret:PASSWORD}@db" }
volumes = ["data:/data", "./here:/there", "/srv:/srv"]
[services.worker]
image = "a:1"
secrets = { TOKEN = { from = "KEY_OF_WORKER" } }
[stages.dev]
[stages.prod.services.debug]
image = "a:1"
"""


def completed(folder: Path, line: str) -> list[str]:
    words = line.split()
    position = len(words) if line.endswith(" ") else len(words) - 1
    done = subprocess.run(
        [sys.executable, "-m", "shipyard"],
        cwd=folder,
        env={
            **os.environ,
            "_SHIPYARD_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(position),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("shipyard pl", ["plan"]),
        ("shipyard exec w", ["web", "worker"]),
        ("shipyard exec ", ["web", "worker", "debug"]),
        ("shipyard logs web wo", ["worker"]),
        ("shipyard plan --stage ", ["dev", "prod", "default"]),
        ("shipyard status -s pr", ["prod"]),
        ("shipyard logs web w", ["worker"]),
        ("shipyard scale wo", ["worker="]),
        ("shipyard volumes mend ", ["data"]),
        ("shipyard secret set K", ["KEY", "KEY_OF_WORKER"]),
        ("shipyard secret generate P", ["PASSWORD"]),
    ],
)
def test_names_of_the_manifest(tmp_path: Path, line: str, names: list[str]) -> None:
    (tmp_path / "shipyard.toml").write_text(MANIFEST)
    assert completed(tmp_path, line) == names


@pytest.mark.parametrize("text", [None, "name = ", 'services = "x"\nstages = 1\n'])
def test_without_a_manifest_that_can_be_read_there_are_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "shipyard.toml").write_text(text)
    assert completed(tmp_path, "shipyard exec ") == []
    assert completed(tmp_path, "shipyard plan -s ") == ["default"]
