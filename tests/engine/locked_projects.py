"""Projects as each package manager's users have them, with a lock that the manager itself made.

Managers come by `uv tool run`, which keeps an environment for each. All of them lock for the Python that runs
the tests, since Pipenv and pip-tools know no other.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from packaging.requirements import Requirement
from pip._internal.models.index import PyPI

from shipyard.manifest.write import dumps

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ENVIRON = {
    **{name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"},
    # Pipenv's hash is of the machine's own indexes too, and pip-compile writes them down.
    "PIP_CONFIG_FILE": os.devnull,
    "PDM_CHECK_UPDATE": "0",
    "PIPENV_IGNORE_VIRTUALENVS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}
Requirements = list[str]


def uv(folder: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uv", *words],
        cwd=folder,
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"uv {' '.join(words)}: {done.stdout}{done.stderr}"


def tool(folder: Path, package: str, *words: str) -> None:
    """A command of a package, which is pinned."""
    uv(folder, "tool", "run", "--python", sys.executable, "--from", package, *words)


def project(folder: Path, requirements: Requirements, **tools: object) -> None:
    """A pyproject.toml; `tools` are its tool tables."""
    table = {
        "name": "shop",
        "version": "1.0",
        "requires-python": f"=={PYTHON}.*",
        "dependencies": requirements,
    }
    (folder / "pyproject.toml").write_text(dumps({"project": table, "tool": tools}))


def lines(folder: Path, name: str, requirements: Requirements) -> None:
    (folder / name).write_text("".join(f"{one}\n" for one in requirements))


def by_uv(folder: Path, requirements: Requirements) -> None:
    project(folder, requirements)
    uv(folder, "lock", "--python", sys.executable)


def by_poetry(folder: Path, requirements: Requirements) -> None:
    # Of the public index it asks what a mirror may not have; of an index by its address, what pip asks.
    source = {"name": "index", "url": PyPI.simple_url, "priority": "primary"}
    project(folder, requirements, poetry={"package-mode": False, "source": [source]})
    tool(folder, "poetry==2.5.1", "poetry", "lock")


def by_pdm(folder: Path, requirements: Requirements) -> None:
    project(folder, requirements, pdm={"distribution": False})
    tool(folder, "pdm[locked]==2.29.3", "pdm", "lock")


def by_pipenv(folder: Path, requirements: Requirements) -> None:
    parsed = map(Requirement, requirements)
    packages = {one.name: {"version": str(one.specifier), "extras": sorted(one.extras)} for one in parsed}
    (folder / "Pipfile").write_text(dumps({"packages": packages, "requires": {"python_version": PYTHON}}))
    tool(folder, "pipenv==2026.10.3", "pipenv", "lock")


def by_pip_tools(folder: Path, requirements: Requirements) -> None:
    lines(folder, "requirements.in", requirements)
    options = ("--generate-hashes", "--allow-unsafe", "--strip-extras")
    tool(folder, "pip-tools==7.6.2", "pip-compile", *options, "requirements.in")


def by_hand(folder: Path, requirements: Requirements) -> None:
    lines(folder, "requirements.txt", requirements)


def by_pylock(folder: Path, requirements: Requirements) -> None:
    project(folder, requirements)
    words = ("--universal", "--format", "pylock.toml", "-o", "pylock.toml", "--python", sys.executable)
    uv(folder, "pip", "compile", "pyproject.toml", *words)


MAKERS: dict[str, tuple[str, Callable[[Path, Requirements], None]]] = {
    "uv": ("uv", by_uv),
    "poetry": ("poetry", by_poetry),
    "pdm": ("pdm", by_pdm),
    "pipenv": ("pipenv", by_pipenv),
    "pip-tools": ("pip", by_pip_tools),
    "requirements": ("pip", by_hand),
    "pylock": ("pylock", by_pylock),
    "pep621": ("pep621", project),
}
"""The manager that Shipyard is to find, and what makes the files in a folder."""
