"""The fixtures: small projects, each with what is expected of it."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parent / "fixtures"
NAMES = sorted(path.parent.name for path in FIXTURES.glob("*/expect.toml"))
DEFAULT = 'name = "fixture"\n[services.web]\n'


def expectation(name: str) -> dict[str, Any]:
    return tomllib.loads((FIXTURES / name / "expect.toml").read_text())


def copy_fixture(name: str, target: Path) -> None:
    """The project as its owner has it: a manifest where it has one, nothing of what is expected."""
    ignored = shutil.ignore_patterns("expect.toml", "__pycache__")
    shutil.copytree(FIXTURES / name, target, ignore=ignored, dirs_exist_ok=True)
    # Under their own names, tools would take these for this repository's.
    for file in target.rglob("*.fixture"):
        file.rename(file.with_suffix(""))
