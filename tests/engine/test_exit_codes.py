"""The table of exit codes, a test a row: what a script may rely on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from project import Project, docker

from shipyard.errors import ExitCode

CACHE = '[services.cache]\nimage = "redis:7"\nenv = {{ LEVEL = "{0}" }}\n'
SLOW = """
    [services.cache]
    image = "redis:7"
    health = { command = ["false"], interval = "1s", retries = 100, start_period = "60s" }
"""


def start(project: Project, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shipyard", *words],
        cwd=project.root,
        env={**os.environ, **project.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_running(project: Project) -> None:
    for _ in range(300):
        if project.ids(everything=False):
            return
        time.sleep(0.1)
    raise AssertionError("nothing was started")


def test_0_done_or_nothing_to_do(project: Project) -> None:
    project.manifest(CACHE.format("info"))
    project.apply(code=ExitCode.DONE)
    project.apply(code=ExitCode.DONE)
    project.run("plan", "--detailed-exitcode", code=ExitCode.DONE)


def test_1_failed_and_nothing_was_touched(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "127.0.0.1:9/nowhere:1"\n')
    with project.events() as events:
        project.apply(code=ExitCode.FAILED)
    assert events == []


def test_2_changes_are_pending(project: Project) -> None:
    project.manifest(CACHE.format("info"))
    project.run("plan", "--detailed-exitcode", code=ExitCode.CHANGES_PENDING)
    project.run("plan", code=ExitCode.DONE)


def test_3_the_saved_plan_is_stale(project: Project) -> None:
    project.manifest(CACHE.format("info"))
    project.run("plan", "--out", "a.plan")
    project.apply()
    project.apply("a.plan", code=ExitCode.STALE_PLAN)


def test_4_the_lease_is_held(project: Project) -> None:
    project.manifest(SLOW)
    first = start(project, "apply", "--yes")
    until_running(project)
    held = project.apply(code=ExitCode.LEASE_HELD)
    assert "the lease is held by" in held.stderr
    assert "apply" in project.run("lease").stdout
    assert project.run("plan", "--format", "json").returncode == 0, "plan never takes it"
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)
    assert "free" in project.run("lease").stdout
    docker("rm", "-f", *project.ids())


def test_6_failed_on_the_way(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\ncommand = ["false"]\n')
    project.apply(code=ExitCode.NEEDS_ATTENTION)


def test_64_wrong_usage(project: Project) -> None:
    project.manifest(CACHE.format("info"))
    project.run("plan", "--nope", code=ExitCode.USAGE)
    project.run("apply", code=ExitCode.USAGE)


def test_130_interrupted(project: Project) -> None:
    project.manifest(SLOW)
    process = start(project, "apply", "--yes")
    until_running(project)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == ExitCode.INTERRUPTED
    assert "interrupted" in said
    assert "Traceback" not in said
    docker("rm", "-f", *project.ids())
