"""Compose's command line, and exit codes in words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from shipyard.engine import plugins
from shipyard.engine.connect import Connection
from shipyard.engine.plugins import plugin
from shipyard.targets.compose.command import Compose, ComposeError, DockerMissing, check_compose, compose
from shipyard.targets.compose.health import explain_exit

CONNECTION = Connection(url="unix:///x", address="x", local=True)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "it ended by itself without an error"),
        (1, "the application failed"),
        (3, "the application failed"),
        (125, "docker itself could not run it"),
        (126, "the command was found and cannot be executed (permission, or not a program)"),
        (127, "the command was not found in the image"),
        (132, "illegal instruction: was the image built for another processor?"),
        (137, "killed (SIGKILL): by hand, or because memory ran out"),
        (139, "segmentation fault (SIGSEGV), usually in a compiled extension"),
        (143, "told to stop (SIGTERM)"),
    ],
)
def test_exit_codes(code: int, text: str) -> None:
    assert explain_exit(code) == f"exit code {code}: {text}"
    assert explain_exit(code, out_of_memory=True) == (
        f"exit code {code}: killed because it used more memory than its limit"
    )


def test_everything_is_named() -> None:
    bound = Compose(deployment="shop-prod", file=Path("/tmp/c.json"), environment={})
    assert bound.arguments("up", "-d", "web") == [
        *(*plugin("compose", {}), "-p", "shop-prod", "-f", "/tmp/c.json"),
        *("--env-file", os.devnull, "--progress", "plain", "up", "-d", "web"),
    ]


def test_the_model_is_a_file_and_secrets_are_not_in_it() -> None:
    environ = {"PATH": "/bin", "COMPOSE_FILE": "other.yaml"}
    values = {"SHIPYARD_SECRET_A": "hunter2"}
    with compose(CONNECTION, "shop", {"name": "shop", "é": 1}, values, environ) as bound:
        assert json.loads(bound.file.read_text("utf-8")) == {"name": "shop", "é": 1}
        assert "hunter2" not in bound.file.read_text("utf-8")
        own = {"DOCKER_HOST": "unix:///x", "COMPOSE_IGNORE_ORPHANS": "1"}
        assert bound.environment == {"PATH": "/bin", **own, **values}
        assert "hunter2" not in " ".join(bound.arguments("up"))
        assert bound.file.parent.stat().st_mode & 0o077 == 0
    assert not bound.file.exists()


def test_values_of_secrets_are_in_no_repr() -> None:
    bound = Compose(deployment="shop", file=Path("/tmp/c"), environment={"SHIPYARD_SECRET_A": "hunter2"})
    assert "hunter2" not in repr(bound)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Compose that a test writes."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "cli-plugins").mkdir()
    return tmp_path / "cli-plugins" / "docker-compose"


def program(path: Path, *lines: str) -> None:
    path.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    path.chmod(0o755)


def test_what_a_command_says_is_told_as_it_comes(docker: Path) -> None:
    program(docker, 'echo "$@"; echo "to stderr" >&2; echo "$SHIPYARD_SECRET_A"')
    bound = Compose(deployment="shop", file=Path("/m"), environment={**os.environ, "SHIPYARD_SECRET_A": "s"})
    lines: list[str] = []
    said = bound.run("run", "web", "a b", on_line=lines.append)
    assert lines == [
        f"-p shop -f /m --env-file {os.devnull} --progress plain run web a b",
        "to stderr",
        "s",
    ]
    assert said == "\n".join(lines)


def test_a_failure_has_its_code_and_the_last_lines(docker: Path) -> None:
    program(docker, "for i in 1 2 3 4 5 6 7 8; do echo line $i; echo; done", "exit 17")
    bound = Compose(deployment="shop", file=Path("/m"), environment=os.environ)
    with pytest.raises(ComposeError) as caught:
        bound.run("up", "web")
    assert (caught.value.title, caught.value.code) == ("docker compose up failed", 17)
    assert caught.value.details == tuple(f"line {number}" for number in range(3, 9))


def test_what_must_not_write_does_not_run(docker: Path, tmp_path: Path) -> None:
    program(docker, f"touch {tmp_path}/ran")
    calls: list[int] = []

    def refuse() -> None:
        calls.append(1)
        raise PermissionError

    with compose(CONNECTION, "shop", {"name": "shop"}, {}, os.environ, refuse) as bound:
        for write in (lambda: bound.run("run", "web"), lambda: bound.up({"web": 1})):
            with pytest.raises(PermissionError):
                write()
    assert len(calls) == 2
    assert not (tmp_path / "ran").exists()


def test_up_touches_what_is_named_and_brings_nothing(docker: Path) -> None:
    program(docker, 'echo "$@"')
    bound = Compose(deployment="shop", file=Path("/m"), environment=os.environ)
    assert bound.up({"web": 3, "cache": 1}, "--no-recreate").partition("plain ")[2] == (
        "up -d --no-deps --no-build --pull never --remove-orphans=false --no-recreate "
        "--scale web=3 --scale cache=1 web cache"
    )


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("echo 2.26.0", None),
        ("echo v5.0.1", None),
        ("echo 2.40.3-desktop.1", None),
        ("echo 2.25.1", "Docker Compose 2.25.1 is too old: Shipyard needs 2.26 or newer"),
        ("echo 1.29.2", "Docker Compose 1.29.2 is too old: Shipyard needs 2.26 or newer"),
        ("exit 1", "Docker Compose is not installed"),
        ("echo", "Docker Compose is not installed"),
    ],
)
def test_which_compose_will_do(docker: Path, said: str, title: str | None) -> None:
    program(docker, said)
    if title is None:
        check_compose(os.environ)
        return
    with pytest.raises(DockerMissing) as caught:
        check_compose(os.environ)
    assert caught.value.title == title


def test_no_docker_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(plugins, "SYSTEM", ())
    with pytest.raises(DockerMissing, match="the docker command is not installed"):
        check_compose({"PATH": str(tmp_path)})
    with pytest.raises(DockerMissing):
        Compose(deployment="shop", file=Path("/m"), environment={}).run("ps")
