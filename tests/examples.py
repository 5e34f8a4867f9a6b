"""The examples as test material: copies under names and ports of their own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/shipyard.toml"))
STAGES = ("dev", "prod")
SECRETS = {"SECRET_KEY": "a$b", "DB_PASSWORD": "c$d"}


def copy_example(name: str, target: Path, project: str | None = None) -> None:
    """Copy an example without the secrets of its owner; `project` is its new name."""
    ignored = shutil.ignore_patterns(".env*", "__pycache__")
    shutil.copytree(EXAMPLES / name, target, dirs_exist_ok=True, ignore=ignored)
    if project is not None:
        manifest = target / "shipyard.toml"
        text = re.sub(r'^name = ".*"$', f'name = "{project}"', manifest.read_text(), flags=re.MULTILINE)
        manifest.write_text(text)
