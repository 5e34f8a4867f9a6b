#!/usr/bin/env python3
"""Daily commands as whole processes, next to Docker Compose's: medians of 15 in turn, in milliseconds; to the
engine of this machine, and to the same one by way of a real sshd.

tests/bench/daily.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "engine")]

from ssh_server import ssh_server  # noqa: E402

NAME = f"bench{os.getpid()}"
MANIFEST = f"""
name = "{NAME}"
[services.cache]
image = "redis:7"
[services.other]
image = "redis:7"
"""
SHIPYARD = [str(Path(sys.executable).with_name("shipyard"))]
COMPOSE = ["docker", "compose", "-f", "deploy/compose.yaml"]
ROWS = (
    ("status", ["status"], ["ps"]),
    ("logs --tail 1", ["logs", "--tail", "1", "cache"], ["logs", "--tail", "1", "cache"]),
    ("logs of all", ["logs", "--tail", "1"], ["logs", "--tail", "1"]),
    ("exec true", ["exec", "cache", "true"], ["exec", "-T", "cache", "true"]),
)
TIMES = 15


def took(words: list[str], folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def measure(title: str) -> None:
    """With the engine that DOCKER_HOST names."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shipyard.toml").write_text(MANIFEST)
        subprocess.run([*SHIPYARD, "apply", "--yes"], cwd=folder, check=True, capture_output=True)
        subprocess.run([*SHIPYARD, "render", "deploy"], cwd=folder, check=True, capture_output=True)
        try:
            print(f"{title:<16}{'compose':>10}{'shipyard':>10}{'ratio':>8}")
            for what, own, other in ROWS:
                pairs = [(took(COMPOSE + other, folder), took(SHIPYARD + own, folder)) for _ in range(TIMES)]
                theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
                print(f"{what:<16}{theirs:>10.0f}{ours:>10.0f}{ours / theirs:>8.2f}")
        finally:
            subprocess.run(
                [*SHIPYARD, "down", "--volumes", "--yes"], cwd=folder, check=True, capture_output=True
            )


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    measure("locally")
    with tempfile.TemporaryDirectory() as name, ssh_server(Path(name)) as server:
        os.environ |= {"PATH": server.path, "DOCKER_HOST": f"{server.address}/var/run/docker.sock"}
        measure("over ssh")
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
