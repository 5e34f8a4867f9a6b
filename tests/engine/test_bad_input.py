"""Every command with a name that is not there, with nothing deployed, and with an engine that is away or goes
away meanwhile: none says anything but what it is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from forwarded_socket import ForwardedSocket
from project import Project

from shipyard.cli.app import COMMANDS
from shipyard.errors import ExitCode

MANIFEST = """
[services.cache]
image = "redis:7"
volumes = ["data:/data"]
[services.built]
build = { dockerfile = "Dockerfile" }
health = false
[stages.dev]
"""
SERVICE = "{service}"
LINES: dict[str, tuple[str, ...]] = {
    "plan": ("plan", SERVICE),
    "apply": ("apply", "--yes", SERVICE),
    "dev": ("dev", SERVICE),
    "status": ("status",),
    "logs": ("logs", SERVICE),
    "exec": ("exec", SERVICE, "true"),
    "shell": ("shell", SERVICE),
    "run": ("run", SERVICE, "true"),
    "start": ("start", SERVICE),
    "stop": ("stop", SERVICE),
    "restart": ("restart", SERVICE),
    "scale": ("scale", f"{SERVICE}=1"),
    "stats": ("stats", "--no-stream", SERVICE),
    "down": ("down", "--yes"),
    "volumes": ("volumes",),
    "volumes mend": ("volumes", "mend", "data", "--owner", "1:1"),
    "backup": ("backup", SERVICE, "--out", "a.backup"),
    "restore": ("restore", "--yes", SERVICE, "a.backup"),
    "doctor": ("doctor", "--format", "json"),
    "images": ("images",),
    "prune": ("prune",),
    "secret": ("secret", "list"),
    "lease": ("lease",),
    "build": ("build",),
    "lock": ("lock",),
    "config": ("config",),
    "explain": ("explain",),
    "graph": ("graph",),
    "observe": ("observe", "--out", "seen"),
    "render": ("render", "rendered"),
    "compose": ("compose", "ps"),
}
"""By command, words that are right where `cache` is deployed."""
ELSEWHERE = {
    "init": "asks for no stage and no engine",
    "promote": "wants two stages: its own tests",
    "reference": "is about no project",
}
ALONE = {"secret", "config", "explain", "graph", "render"}
"""What asks no engine."""
READS = {"plan", "status", "volumes", "images", "prune", "doctor", "lease", "observe", "build", "compose"}
"""What is right where nothing is deployed."""


def line(command: str, service: str = "cache") -> list[str]:
    return [word.replace(SERVICE, service) for word in LINES[command]]


def in_stage(command: str, stage: str) -> list[str]:
    first, *rest = line(command)
    return [first, "--stage", stage, *rest]


@pytest.fixture
def cache(project: Project) -> Project:
    project.manifest(MANIFEST)
    project.write("Dockerfile", 'FROM redis:7\nCMD ["sleep", "infinity"]\n')
    return project


def test_every_command_is_here() -> None:
    assert {name.split()[0] for name in LINES} | ELSEWHERE.keys() == set(COMMANDS)


def test_what_is_not_declared(cache: Project) -> None:
    for command, words in LINES.items():
        # To a doctor it is one finding of several.
        done = cache.run(*in_stage(command, "dve"), code=1 if command == "doctor" else 64)
        assert "unknown stage 'dve'" in done.stderr + done.stdout, command
        assert "did you mean" in done.stderr + done.stdout, command
        if any(SERVICE in word for word in words):
            told = cache.run(*line(command, "cach"), code=64).stderr
            assert "there is no service 'cach'" in told, command
            assert "did you mean cache?" in told, command


def test_nothing_is_deployed(cache: Project) -> None:
    for command in READS:
        cache.run(*line(command))
    for command in LINES.keys() - ALONE - READS - {"apply", "dev", "down", "lock", "restore", "volumes mend"}:
        told = cache.run(*line(command), code=1).stderr
        assert "shipyard apply" in told, command
    assert "volume data is not there yet" in cache.run(*line("volumes mend"), code=64).stderr
    cache.run("down", "--yes")


def test_the_engine_is_away(cache: Project) -> None:
    for command in LINES.keys() - ALONE - {"restore"}:
        done = cache.run(*line(command), env={"DOCKER_HOST": "unix:///nowhere"}, code=1)
        assert "no Docker engine is running there" in done.stderr + done.stdout, command


def test_the_engine_goes_away_meanwhile(cache: Project) -> None:
    """After the first question, and after some more."""
    cache.apply()
    cache.run("backup", "cache", "--out", "a.backup")
    with tempfile.TemporaryDirectory() as folder:
        for command in sorted(LINES.keys() - ALONE - {"lock"}):
            for lasting in (1, 4):
                through = ForwardedSocket(Path(folder) / "s", lasting=lasting)
                try:
                    done = cache.run(*line(command), env={"DOCKER_HOST": through.url}, code=None)
                finally:
                    through.cut()
                if through.left is None or through.left >= 0:
                    break
                said = (command, lasting, done)
                if done.returncode == 255 and command in ("exec", "shell"):
                    # As `docker exec` ends, without a word, when its connection does.
                    continue
                assert done.returncode in (ExitCode.FAILED, ExitCode.NEEDS_ATTENTION), said
                assert "bug in Shipyard" not in done.stderr, said
                # Docker's own commands have words of their own for it.
                words = ("engine", "error during connect", "EOF")
                assert any(word in done.stderr + done.stdout for word in words), said
