#!/usr/bin/env python3
"""A plan with nothing to do, next to Compose's dry run and its `up --build`, for the examples.

    tests/bench/noop.py [EXAMPLE...]       all by default

Each example is copied, applied on the engine that `docker` talks to, and measured where it runs: medians
of whole processes in seconds, Compose on what `shipyard render` writes. Everything made is removed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "engine")]

from project import Project, docker, free_port  # noqa: E402

from examples import NAMES, SECRETS, copy_example  # noqa: E402
from shipyard.manifest.write import dumps  # noqa: E402

RUNS = 10
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("SHIPYARD_", "COMPOSE_"))},
    **SECRETS,
    # With attestations each build is a new image, and Compose replaces its containers for nothing.
    "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
}


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of a process that must succeed."""
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRON,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return took


def with_free_ports(manifest: Path) -> None:
    """Give what the first stage publishes ports that nobody holds."""
    document = tomllib.loads(manifest.read_text())
    for name, service in document["services"].items():
        if "image" not in service and "like" not in service:
            own = document["stages"]["dev"].setdefault("services", {}).setdefault(name, {})
            own["publish"] = [f"{free_port()}:{service.get('port', 8000)}"]
    manifest.write_text(dumps(document))


def alternating(commands: list[list[str]], folder: Path) -> list[float]:
    """Medians of commands run in turn, after one run of each to warm up: what else the machine does falls
    on all alike."""
    took: list[list[float]] = [[] for _ in commands]
    for _ in range(RUNS + 1):
        for times, command in zip(took, commands, strict=True):
            times.append(seconds(command, folder))
    return [statistics.median(times[1:]) for times in took]


def measure(example: str, folder: Path) -> str:
    name = f"bench{os.getpid()}{NAMES.index(example)}"
    project = Project(folder, name)
    project.environ |= SECRETS
    try:
        copy_example(example, folder, name)
        with_free_ports(folder / "shipyard.toml")
        project.apply()
        project.run("render", "deploy")
        shipyard = [str(Path(sys.executable).with_name("shipyard")), "plan", "--detailed-exitcode"]
        compose = ["docker", "compose", "-f", "deploy/compose.yaml", "up", "-d"]
        plan, dry = alternating([shipyard, [*compose, "--dry-run"]], folder)
        # Its first run takes the images for its own, since it labels them: what follows has nothing to do.
        seconds([*compose, "--build"], folder)
        before = sorted(project.ids())
        [up] = alternating([[*compose, "--build"]], folder)
        if sorted(project.ids()) != before:
            sys.exit("docker compose up --build had something to do")
        return (
            f"{example:<20} {len(before):>10} {plan:>8.3f} {dry:>8.3f} {up:>10.3f} "
            f"{plan / dry:>6.2f} {plan / up:>6.2f}"
        )
    finally:
        project.remove()


def main() -> None:
    print(
        f"{'example':<20} {'containers':>10} {'plan':>8} {'dry-run':>8} {'up --build':>10} "
        f"{'/dry':>6} {'/up':>6}"
    )
    for example in sys.argv[1:] or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(example, Path(folder)), flush=True)
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; docker {version()}")


def version() -> str:
    return docker("version", "--format", "{{.Server.Version}}")


if __name__ == "__main__":
    main()
