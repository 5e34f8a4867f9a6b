"""The commands beside plan and apply; what a terminal and what CI sees."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from apps import write_fastapi
from project import Project, docker


def on_a_terminal(project: Project, answer: str, *words: str) -> tuple[int, str]:
    """Run a command on a pseudo-terminal and type an answer; its exit code and what it showed."""
    parent, child = pty.openpty()
    environ = {**os.environ, **project.environ, "TERM": "xterm", "COLUMNS": "100"}
    environ.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, "-m", "shipyard", *words],
        cwd=project.root,
        env=environ,
        stdin=child,
        stdout=child,
        stderr=child,
        close_fds=True,
    ) as process:
        os.close(child)
        os.write(parent, f"{answer}\n".encode())
        shown = b""
        while True:
            try:
                piece = os.read(parent, 4096)
            except OSError:  # the other end has gone
                break
            if not piece:
                break
            shown += piece
    os.close(parent)
    return process.returncode, shown.decode("utf-8", "replace")


def test_apply_asks_on_a_terminal_and_refuses_without_one(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    refused = project.run("apply", code=64)
    assert "add --yes" in refused.stderr
    code, shown = on_a_terminal(project, "n", "apply")
    assert code == 1
    assert "Apply this plan? [y/N]" in shown
    assert "nothing was changed" in shown
    assert "\x1b[" in shown, "colours on a terminal"
    assert project.ids() == []
    code, shown = on_a_terminal(project, "y", "apply")
    assert code == 0, shown
    assert len(project.ids()) == 1
    code, shown = on_a_terminal(project, "no", "down")
    assert code == 1
    assert len(project.ids()) == 1


def test_detailed_exit_codes(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    project.run("plan", "--detailed-exitcode", code=2)
    project.apply()
    project.run("plan", "--detailed-exitcode", code=0)


def test_compose_passes_through_and_refuses_what_would_change_the_model(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\nsecrets = ["TOKEN"]\n')
    project.environ["TOKEN"] = "x"
    project.apply()
    assert "cache" in project.run("compose", "--", "ps", "--services").stdout
    assert project.run("compose", "--", "exec", "-T", "cache", "redis-cli", "ping").stdout.strip() == "PONG"
    project.run("compose", "--", "exec", "-T", "cache", "sh", "-c", "exit 9", code=9)
    for words in (
        ("up",),
        ("down",),
        ("rm", "-f"),
        ("--profile", "x", "up"),
        ("build",),
        ("scale", "cache=2"),
    ):
        project.run("compose", "--", *words, code=64)
    assert project.changes() == []


def test_build_makes_the_images_only_and_the_same_bytes_twice(project: Project) -> None:
    write_fastapi(project)
    project.manifest('[services.web]\npython = "3.13"\n[services.cache]\nimage = "redis:7"\n')
    built = project.run("build").stdout.split()
    first = docker("image", "inspect", "-f", "{{.Id}}", built[0])
    assert project.ids() == []
    assert "unchanged" in project.run("build").stdout
    assert "image.web/build" not in project.changes()
    project.run("build", "--no-cache")
    assert docker("image", "inspect", "-f", "{{.Id}}", built[0]) == first
    failed = project.run("build", "cache", code=64)
    assert "none of these services is built" in failed.stderr


def test_status_tells_what_runs(project: Project) -> None:
    write_fastapi(project)
    project.manifest(
        '[services.web]\npython = "3.13"\npublish = ["0"]\n[services.cache]\nimage = "redis:7"\n'.replace(
            'publish = ["0"]\n', ""
        )
    )
    assert project.status()["cache"]["state"] == "not created"
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    project.apply()
    cache = project.status()["cache"]
    assert (cache["state"], cache["health"], cache["replicas"]) == ("running", "healthy", [1, 1])
    docker("pause", f"{project.name}-cache-1")
    cache = project.status()["cache"]
    assert cache["state"] == "paused"
    assert "unpause" in cache["note"]
