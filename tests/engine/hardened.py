"""A project under the hardest settings: its own user, a read-only root, no capabilities."""

from __future__ import annotations

import json
import re
import time
import tomllib

from corpus import DEFAULT
from project import Project, docker

from shipyard.manifest.write import dumps

HARDENED = {"read_only": True, "compose": {"cap_drop": ["ALL"]}}


def start(project: Project, **keys: object) -> None:
    """Apply what is in the project's folder under its name, every built service hardened; `keys` are of the
    service web."""
    manifest = project.root / "shipyard.toml"
    document = tomllib.loads(manifest.read_text() if manifest.exists() else DEFAULT)
    document["name"] = project.name
    for name, service in document["services"].items():
        if "image" not in service:
            service |= HARDENED | (keys if name == "web" else {})
    manifest.write_text(dumps(document))
    project.apply()


def stopped(project: Project, service: str) -> tuple[int, float, str]:
    """(exit code, seconds, log) of a container that is asked to stop as the engine does it."""
    container = project.container(service)["Id"]
    began = time.monotonic()
    docker("stop", container)
    seconds = time.monotonic() - began
    code = json.loads(docker("inspect", container))[0]["State"]["ExitCode"]
    return code, seconds, docker("logs", "--tail", "20", container)


LISTING = """
import os, re
for top, folders, names in os.walk("/"):
    if top == "/":
        folders[:] = [one for one in folders if one not in ("proc", "sys", "dev")]
    for name in folders + names:
        if os.path.exists(os.path.join(top, name)):
            print(os.path.join(top, name))
if os.path.exists("/var/lib/dpkg/status"):
    with open("/var/lib/dpkg/status") as file:
        for name in re.findall("^Package: (.*-dev)$", file.read(), re.M):
            print("Debian package /" + name)
"""
UNWANTED = re.compile(
    r".*/bin/(pip|uv|uvx|npm|node|cc|make|ld|(.*-)?(gcc|g\+\+|cpp))[\d.-]*"
    r"|.*/site-packages/(pip|uv)(-[\d.]+\.dist-info)?|.*/ensurepip|.*/uv_cache\.json|/root/\.cache"
    r"|/app/shipyard\.(toml|lock)|Debian package .*"
)
"""What an image is made with and should not hold."""


def left_over(project: Project, service: str) -> list[str]:
    """What of that a running container has."""
    found = docker("exec", project.container(service)["Id"], "python", "-c", LISTING).splitlines()
    assert "/app" in found
    return [path for path in found if UNWANTED.fullmatch(path)]
