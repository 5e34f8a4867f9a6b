"""Docker's plugins by themselves: the docker command starts one twice, to ask what it is and to run it.

Source: the Docker CLI reference, "Docker CLI plugins", and cliPluginsExtraDirs of its configuration file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

SYSTEM = tuple(
    Path(f"/usr/{place}/docker/cli-plugins") for place in ("local/lib", "local/libexec", "lib", "libexec")
)
"""Where packages put them, in the order in which docker looks."""


def client_folder(environ: Mapping[str, str]) -> Path:
    """Where docker's client keeps its settings."""
    return Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/root")) / ".docker")


def plugin(name: str, environ: Mapping[str, str]) -> list[str]:
    """The words that run a plugin, such as `compose`: the one that docker would take, or docker itself where
    it is nowhere to be seen."""
    store = client_folder(environ)
    try:
        extra = [Path(one) for one in json.loads((store / "config.json").read_text())["cliPluginsExtraDirs"]]
    except (OSError, ValueError, KeyError, TypeError):
        extra = []
    for folder in (*extra, store / "cli-plugins", *SYSTEM):
        path = folder / f"docker-{name}"
        if os.access(path, os.X_OK):
            return [str(path)]
    return ["docker", name]
