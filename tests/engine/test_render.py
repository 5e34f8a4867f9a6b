"""Rendered files are accepted by Compose and Buildx as they are, and over what already runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import Project, docker

from examples import EXAMPLES, NAMES, SECRETS, copy_example


def call(*words: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


@pytest.fixture(params=NAMES)
def example(request: pytest.FixtureRequest, project: Project) -> Project:
    copy_example(request.param, project.root, project.name)
    project.environ |= SECRETS
    return project


def test_compose_and_buildx_accept_the_rendered_files_without_a_warning(example: Project) -> None:
    for stage in ("dev", "prod"):
        example.run("render", f"deploy-{stage}", "--stage", stage)
        example.run("render", f"applied-{stage}", "--stage", stage, "--applied")
        folder = example.root / f"deploy-{stage}"
        done = call("docker", "compose", "config", "-q", cwd=folder, env=SECRETS)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        applied = example.root / f"applied-{stage}" / "compose.applied.json"
        values = {f"SHIPYARD_SECRET_{name}": value for name, value in SECRETS.items()}
        done = call("docker", "compose", "-f", str(applied), "config", "-q", cwd=folder, env=values)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        dockerfile = str(folder / "web.Dockerfile")
        done = call("docker", "build", "--check", "-f", dockerfile, ".", cwd=example.root, env={})
        assert done.returncode == 0, done.stdout + done.stderr
        assert "no warnings found" in (done.stdout + done.stderr).lower()
        done = call("hadolint", dockerfile, cwd=folder, env={"PATH": venv_path()})
        assert (done.returncode, done.stdout) == (0, ""), done.stdout


def venv_path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def test_rendering_into_the_project_changes_no_image(example: Project) -> None:
    first = example.run("render", "deploy").stdout
    before = (example.root / "deploy" / "compose.yaml").read_text()
    assert example.run("render", "deploy").stdout == first
    assert (example.root / "deploy" / "compose.yaml").read_text() == before


@pytest.mark.parametrize("applied", [False, True], ids=["portable", "applied"])
def test_composes_own_up_over_a_running_apply_changes_nothing(project: Project, applied: bool) -> None:
    project.environ |= SECRETS
    project.write("requirements.txt", (EXAMPLES / "fastapi-postgres" / "requirements.txt").read_text())
    project.write("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
    project.manifest(
        """
        [services.web]
        python = "3.13"
        publish = []
        env = { TEXT = "a 'b' \\"c\\" $d $${e}", URL = "x://u:${secret:DB_PASSWORD}@cache" }
        needs = ["cache"]
        volumes = ["media:/app/media"]
        resources = { cpus = 0.5, memory = "128M" }
        networks = ["front", "back"]
        [services.cache]
        image = "redis:7"
        networks = ["back"]
        secrets = { TOKEN = { from = "SECRET_KEY", as = "file" } }
        stop_timeout = "1500ms"
        [networks.back]
        internal = true
        subnet = "10.213.{0}.0/24"
        [volumes.media]
    """.replace("{0}", "17" if applied else "18")
    )
    project.apply()
    before = sorted(project.ids())
    words = ("render", "deploy", "--applied") if applied else ("render", "deploy")
    project.run(*words)
    file = project.root / "deploy" / ("compose.applied.json" if applied else "compose.yaml")
    values = {f"SHIPYARD_SECRET_{name}": value for name, value in SECRETS.items()} if applied else SECRETS
    with project.events() as events:
        done = call(
            "docker", "compose", "-f", str(file), "up", "-d", "--no-build", cwd=project.root, env=values
        )
    assert done.returncode == 0, done.stderr
    assert [event["Action"] for event in events if event["Type"] == "container"] == []
    assert sorted(project.ids()) == before
    assert project.changes() == []
    if not applied:
        done = call("docker", "compose", "-f", str(file), "build", cwd=project.root, env=values)
        assert done.returncode == 0, done.stderr


def test_building_what_is_rendered_again_replaces_nothing(project: Project) -> None:
    project.write("requirements.txt", (EXAMPLES / "fastapi-postgres" / "requirements.txt").read_text())
    project.write("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
    project.manifest("""
        [services.web]
        python = "3.13"
        publish = []
        [services.worker]
        like = "web"
        command = ["sleep", "infinity"]
        health = false
    """)
    project.run("render", "deploy")
    up = ("docker", "compose", "-f", str(project.root / "deploy" / "compose.yaml"), "up", "-d", "--build")
    runs = []
    for _ in range(3):
        done = call(*up, cwd=project.root, env={"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"})
        assert done.returncode == 0, done.stderr
        runs.append(sorted(project.ids()))
    assert len(runs[0]) == 2
    assert runs[1] == runs[2] == runs[0]


def test_render_overwrites_nothing_that_it_did_not_make(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    project.write("deploy/compose.yaml", "services: {}\n")
    refused = project.run("render", "deploy", code=1)
    assert "was not made by `shipyard render`" in refused.stderr
    assert (project.root / "deploy" / "compose.yaml").read_text() == "services: {}\n"


def test_a_rendered_project_starts_where_shipyard_never_was(project: Project) -> None:
    project.manifest("""
        [services.cache]
        image = "redis:7"
        secrets = { TOKEN = { from = "SECRET_KEY", as = "file" } }
    """)
    project.run("render", "deploy")
    file = project.root / "deploy" / "compose.yaml"
    commands = [
        line.removeprefix("#   ") for line in file.read_text().splitlines() if "volume create" in line
    ]
    assert len(commands) == 1
    environ = {"SECRET_KEY": 'it\'s $a "text"'}
    done = call("sh", "-c", commands[0], cwd=project.root, env=environ)
    assert done.returncode == 0, done.stderr
    compose = ("docker", "compose", "-f", str(file))
    done = call(*compose, "up", "-d", "--wait", cwd=project.root, env=environ)
    assert done.returncode == 0, done.stderr
    done = call(*compose, "exec", "-T", "cache", "cat", "/run/secrets/TOKEN", cwd=project.root, env=environ)
    assert done.stdout == environ["SECRET_KEY"]
    stat = ("stat", "-c", "%a %u:%g", "/run/secrets/TOKEN")
    done = call(*compose, "exec", "-T", "cache", *stat, cwd=project.root, env=environ)
    assert done.stdout.strip() == "400 0:0"
    # What Compose made is Shipyard's as well: an apply goes on from there, and leaves nothing in the end.
    project.environ |= environ
    assert project.plan()["problems"] == []
    project.apply()
    assert project.changes() == []
    project.run("down", "--volumes", "--yes")
    assert docker("volume", "ls", "-q", "--filter", f"name={project.name}") == ""
    assert docker("network", "ls", "-q", "--filter", f"name={project.name}") == ""
