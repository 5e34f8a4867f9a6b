#!/usr/bin/env python3
"""Building an example's image, next to the plain Dockerfile of one stage that pip projects begin with.

    tests/bench/build.py [EXAMPLE...]      all by default

Medians in seconds, the two in turn: cold (no layer and no download kept), and with one small dependency
added. The plain one collects no static files. Images and download caches made here are removed.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "engine")]

from project import docker  # noqa: E402

from examples import NAMES, copy_example  # noqa: E402

ADDED = ("itsdangerous==2.2.0", "blinker==1.9.0", "iniconfig==2.1.0")
"""One for each run: what was installed once is cached."""
PLAIN = """\
FROM {base}
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD {command}
"""
NAME = f"bench{os.getpid()}"
CACHE = "target=/root/.cache/uv"


@dataclass(slots=True, kw_only=True)
class Bench:
    """One example in a folder, with both Dockerfiles. `built` counts the images, each with a tag."""

    folder: Path
    built: int = 0

    def prepare(self, example: str) -> None:
        copy_example(example, self.folder, NAME)
        words = [sys.executable, "-m", "shipyard", "render", "deploy", "--applied"]
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True)
        text = (self.folder / "deploy" / "web.Dockerfile").read_text()
        base = re.findall(r"^FROM (\S+)$", text, re.MULTILINE)[-1]
        command = re.findall(r"^CMD (.*)$", text, re.MULTILINE)[-1]
        (self.folder / "plain.Dockerfile").write_text(PLAIN.format(base=base, command=command))

    def shipyard(self, *flags: str, cache: str) -> float:
        """Seconds of a build by the rendered Dockerfile, its downloads kept under a name of their own."""
        file = self.folder / "deploy" / "web.Dockerfile"
        text = re.sub(rf"type=cache,(id=[^,]+,)?{CACHE}", f"type=cache,id={cache},{CACHE}", file.read_text())
        file.write_text(text)
        return self._build(file, "--build-arg", "SOURCE_DATE_EPOCH=315532800", *flags)

    def plain(self, *flags: str) -> float:
        return self._build(self.folder / "plain.Dockerfile", *flags)

    def _build(self, file: Path, *flags: str) -> float:
        self.built += 1
        words = ["docker", "build", "-q", "--provenance=false", "-t", f"{NAME}/web:{self.built}", *flags]
        began = time.perf_counter()
        done = subprocess.run([*words, "-f", str(file), str(self.folder)], capture_output=True, text=True)
        took = time.perf_counter() - began
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: {done.stderr}")
        return took

    def add(self, requirement: str) -> None:
        with (self.folder / "requirements.txt").open("a") as file:
            file.write(requirement + "\n")


def measure(example: str, folder: Path) -> str:
    bench = Bench(folder=folder)
    bench.prepare(example)
    cold, added = [], []
    for number in range(len(ADDED)):
        plain = bench.plain("--no-cache")
        cold.append((plain, bench.shipyard("--no-cache", cache=f"{NAME}-{example}-{number}")))
    kept = f"{NAME}-{example}-0"
    # Both with what the last release left behind.
    bench.plain()
    bench.shipyard(cache=kept)
    for requirement in ADDED:
        bench.add(requirement)
        added.append((bench.plain(), bench.shipyard(cache=kept)))
    row = f"{example:<20}"
    for times in (cold, added):
        plain, own = (statistics.median(column) for column in zip(*times, strict=True))
        row += f" {plain:>8.2f} {own:>8.2f} {own / plain:>6.2f}"
    return row


def clean() -> None:
    """Remove the images and the download caches of this run."""
    images = docker("image", "ls", "-q", "--filter", f"reference={NAME}/web")
    if images:
        names = docker(
            "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={NAME}/*"
        )
        docker("image", "rm", *names.split(), check=False)
    records = docker("buildx", "du", "--verbose", "--filter", "type=exec.cachemount").split("\n\n")
    for record in records:
        found = re.search(r"^ID:\s+(\S+)", record, re.MULTILINE)
        if found and f"{NAME}-" in record:
            docker("buildx", "prune", "-f", "--filter", f"id={found[1]}", check=False)


def main() -> None:
    print(f"{'':<20} {'cold':^24} {'one dependency added':^24}")
    print(f"{'example':<20}" + f" {'plain':>8} {'shipyard':>8} {'ratio':>6}" * 2)
    try:
        for example in sys.argv[1:] or NAMES:
            with tempfile.TemporaryDirectory() as folder:
                print(measure(example, Path(folder)), flush=True)
    finally:
        clean()
    version = docker("version", "--format", "{{.Server.Version}}")
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; docker {version}")


if __name__ == "__main__":
    main()
