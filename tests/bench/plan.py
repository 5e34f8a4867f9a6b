#!/usr/bin/env python3
"""A plan with nothing to do, next to Compose's dry run and its own `up`, for growing projects.

    tests/bench/plan.py [SERVICES...]      1 10 50 100 by default, three containers each

Prints medians of whole processes in seconds, the engine calls of the plan, and its peak memory. Makes
what it measures and removes it.
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
sys.path[:0] = [str(ROOT / "tests" / "engine")]

from project import Project, docker  # noqa: E402

RUNS = 9
SERVICE = """
[services.s{number}]
image = "redis:7"
command = ["sleep", "infinity"]
health = {{ command = ["true"], interval = "1h" }}
replicas = 3
env = {{ NUMBER = "{number}" }}
networks = ["default", "n{network}"]
"""
COUNT = """
import sys
from shipyard.engine import http
get = http.EngineReader.get
calls = []
http.EngineReader.get = lambda self, path, **query: (calls.append(path), get(self, path, **query))[1]
from shipyard.__main__ import run
code = run(["plan"])
print(len(calls), file=sys.stderr)
sys.exit(code)
"""

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def median(command: list[str], folder: Path, runs: int = RUNS) -> float:
    """Seconds of a command, after one run to warm up."""
    took = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        took.append(time.perf_counter() - began)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: {done.stderr}")
    return statistics.median(took[1:])


def measure(count: int, folder: Path) -> str:
    project = Project(folder, f"bench{count}x{os.getpid()}")
    networks = max(1, count // 10)

    def declare(services: int) -> None:
        text = "".join(SERVICE.format(number=n, network=n % networks) for n in range(services))
        project.manifest(text)

    try:
        # Networks are Shipyard's to make; the containers all at once are quicker by Compose.
        declare(networks)
        project.apply()
        declare(count)
        project.run("render", "out", "--applied")
        model = ["docker", "compose", "-p", project.name, "-f", "out/compose.applied.json"]
        subprocess.run([*model, "up", "-d", "--no-recreate"], cwd=folder, capture_output=True, check=True)
        shipyard = str(Path(sys.executable).with_name("shipyard"))
        if project.changes():
            sys.exit("there should be nothing to do")
        plan = median([shipyard, "plan"], folder)
        words = [sys.executable, "-c", COUNT]
        counted = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stderr
        words = [sys.executable, "-c", PEAK, shipyard, "plan"]
        peak = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout
        dry = median([*model, "up", "-d", "--dry-run"], folder)
        full = median([*model, "up", "-d", "--build"], folder, 3)
        return (
            f"{count:>8} {count * 3:>10} {plan:>8.3f} {dry:>8.3f} {full:>10.3f} "
            f"{plan / dry:>6.2f} {plan / full:>6.2f} {counted.strip():>6} {int(peak) / 1024:>7.0f} MB"
        )
    finally:
        containers = docker("ps", "-aq", "--filter", f"label=shipyard.project={project.name}").split()
        for start in range(0, len(containers), 50):
            docker("rm", "-fv", *containers[start : start + 50], check=False)
        project.remove()


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or [1, 10, 50, 100]
    print(
        f"{'services':>8} {'containers':>10} {'plan':>8} {'dry-run':>8} {'up --build':>10} "
        f"{'/dry':>6} {'/up':>6} {'calls':>6} {'memory':>10}"
    )
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(count, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
