"""A project that Compose runs becomes Shipyard's: the same services over the same data."""

from __future__ import annotations

import subprocess

from project import Project, docker

FILE = """\
services:
  store:
    image: python:3.13-slim
    command: sh -c 'test -n "$$TOKEN" && exec sleep infinity'
    init: true
    environment:
      TOKEN: ${TOKEN}
      LEVEL: ${LEVEL:-info}
    volumes:
      - kept:/kept
    restart: always
volumes:
  kept:
"""


def compose(project: Project, *words: str) -> str:
    done = subprocess.run(
        ["docker", "compose", *words], cwd=project.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_compose_project_is_taken_over_with_its_data(project: Project) -> None:
    project.write("compose.yaml", f"name: {project.name}\n{FILE}")
    project.write(".env", "TOKEN=hunter2\n")
    volume = f"{project.name}_kept"
    try:
        compose(project, "up", "-d")
        compose(project, "exec", "-T", "store", "sh", "-c", "echo precious > /kept/file")
        compose(project, "down")
        said = project.run("init", "--from", "compose.yaml").stdout
        assert volume in said
        assert "hunter2" not in said + (project.root / "shipyard.toml").read_text()
        assert (project.root / ".env.dev").read_text() == "TOKEN=hunter2\n"
        project.apply()
        assert docker("exec", project.container("store")["Id"], "cat", "/kept/file") == "precious"
        assert project.container("store")["HostConfig"]["RestartPolicy"]["Name"] == "always"
        assert project.changes() == []
        project.run("down", "--yes", "--volumes")
        assert docker("volume", "ls", "-q", "--filter", f"name={volume}") == volume, "it is not Shipyard's"
    finally:
        project.remove()
        docker("volume", "rm", "-f", volume, check=False)


def test_what_compose_does_not_accept_is_said(project: Project) -> None:
    project.write("compose.yaml", "services: {a: {imag: x}}\n")
    refused = project.run("init", "--from", "compose.yaml", code=1)
    assert "Compose does not accept the file" in refused.stderr
    assert "imag" in refused.stderr
    assert not (project.root / "shipyard.toml").exists()
