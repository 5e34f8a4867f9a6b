"""The virtual environment of this checkout, made and kept up to date.

Standard library only and Python 3.9 or newer: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)


def environment(root: Path, extra: str = "") -> str:
    """The interpreter of `root`/.venv with Shipyard installed from the checkout, and an extra's packages.

    Exits with a message when no Python is new enough or the installation fails.
    """
    folder = root / ".venv"
    python = folder / "bin" / "python"
    if not python.exists():
        base = interpreter()
        print(f"checkout: making {folder} with {base}", flush=True)
        _run([base, "-m", "venv", str(folder)], "Debian and Ubuntu have venv in the package python3-venv")
    stamp = folder / f"installed-{extra or 'plain'}"
    wanted = hashlib.sha256((root / "pyproject.toml").read_bytes() + str(root).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print("checkout: installing Shipyard and what it needs", flush=True)
        target = f"{root}[{extra}]" if extra else str(root)
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-e", target]
        _run(command, "is a package index reachable?")
        stamp.write_text(wanted)
    return str(python)


def interpreter() -> str:
    """A Python that is new enough: this one, else one on PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    sys.exit(f"error: Shipyard needs Python {OLDEST[0]}.{OLDEST[1]} or newer, and none is on PATH")


def _run(command: list[str], hint: str) -> None:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-1500:]
        sys.exit(f"error: `{' '.join(command)}` failed:\n{said}\n  -> {hint}")
