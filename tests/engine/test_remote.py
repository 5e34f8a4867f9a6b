"""Engines elsewhere: behind a real sshd, and over TCP with TLS. They have containers and images of their own,
so that nothing that is done here by mistake passes for it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import descendants, wait_for_end
from project import Project, docker
from registry import registry
from second_engine import SecondEngine, hand_over, second_engine
from ssh_server import SshServer, ssh_server

SERVICES = """
[services.cache]
image = "redis:7"
[services.built]
path = "built"
build = { dockerfile = "built/Dockerfile" }
env = { TOKEN = "${secret:TOKEN}" }
health = { command = ["test", "-e", "/word"] }
needs = ["cache"]
"""


@pytest.fixture(scope="module")
def other() -> Iterator[SecondEngine]:
    with second_engine() as engine:
        hand_over("redis:7", engine.url)
        yield engine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("ssh")) as made:
        yield made


def declared(project: Project, engine: str = "") -> None:
    project.manifest(f'{SERVICES}\n[stages.dev]\nengine = "{engine}"' if engine else SERVICES)
    project.write("built/Dockerfile", 'FROM redis:7\nCOPY word /word\nCMD ["sleep", "infinity"]\n')
    project.write("built/word", "from here\n")
    for name in (".env", ".env.dev"):
        project.write(name, "TOKEN=hidden-7c1f\n")


def lived_through(project: Project, other: SecondEngine) -> None:
    """Everything from the first plan to the end, and all of it on the other engine."""
    mine = f"label=shipyard.project={project.name}"
    assert "service.built/create" in project.changes()
    project.apply()
    assert len(other.docker("ps", "-q", "--filter", mine).split()) == 2
    assert project.ids() == []
    assert docker("image", "ls", "-q", f"{project.name}/built") == ""
    assert project.changes() == []
    assert project.run("exec", "built", "cat", "/word").stdout == "from here\n"
    assert "ready to accept connections" in project.run("logs", "cache").stdout.lower()
    assert {one["health"] for one in project.status().values()} == {"healthy"}
    project.write("built/word", "another\n")
    assert project.changes() == ["image.built/build", "service.built/replace"]
    project.apply()
    assert project.run("run", "built", "cat", "/word").stdout == "another\n"
    project.run("down", "--yes", "--volumes")
    assert other.docker("ps", "-aq", "--filter", mine) == ""


def test_an_engine_behind_ssh_over_one_connection_a_command(
    project: Project, other: SecondEngine, server: SshServer
) -> None:
    project.environ["PATH"] = server.path
    declared(project, server.address + other.url.removeprefix("unix://"))
    before = server.logins
    project.run("plan")
    assert server.logins == before + 1
    project.apply()
    assert server.logins == before + 2
    project.run("down", "--yes", "--volumes")
    lived_through(project, other)
    project.write(
        "shipyard.toml",
        (project.root / "shipyard.toml")
        .read_text()
        .replace("[services.cache]", '[services.cache]\nvolumes = ["./built:/here"]'),
    )
    said = " ".join(project.run("plan", code=1).stdout.split())
    assert "volumes: the folder built is of this machine, and the engine runs on another" in said


def test_what_is_wrong_with_ssh_is_said(project: Project, server: SshServer, tmp_path: Path) -> None:
    project.environ["PATH"] = server.path
    declared(project, f"{server.address}/nowhere.sock")
    said = project.run("plan", code=1).stderr
    assert "error" in said
    # Nobody knows this one's key.
    declared(project, server.address)
    project.environ["PATH"] = os.environ["PATH"]
    said = project.run("plan", code=1).stderr
    assert "the ssh connection to the engine failed" in said
    assert "Host key verification failed" in said
    project.environ["PATH"] = str(tmp_path)
    assert "there is no ssh command here" in project.run("plan", code=1).stderr


def test_the_connection_ends_with_the_run_that_is_killed(
    project: Project, other: SecondEngine, server: SshServer
) -> None:
    project.environ["PATH"] = server.path
    declared(project, server.address + other.url.removeprefix("unix://"))
    project.apply()
    with subprocess.Popen(
        [sys.executable, "-m", "shipyard", "logs", "-f", "cache"],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.PIPE,
    ) as following:
        assert following.stdout is not None
        following.stdout.readline()
        begun = descendants(following.pid)
        assert len(begun) >= 2
        following.kill()
    wait_for_end(begun)
    project.run("down", "--yes", "--volumes")


def test_a_context_of_docker(project: Project, other: SecondEngine, tmp_path: Path) -> None:
    """The stage names it; what else the environment says does not count."""
    project.environ |= {"DOCKER_CONFIG": str(tmp_path / "client"), "DOCKER_HOST": "unix:///nowhere"}
    files = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
    endpoint = ",".join(f"{key}={other.certificates / name}" for key, name in files.items())
    words = ["docker", "context", "create", "elsewhere", "--docker", f"host={other.tcp},{endpoint}"]
    made = subprocess.run(words, env=project.environment(), capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    declared(project, "elsewhere")
    assert project.run("plan").stdout.startswith(f"{project.name} / dev on elsewhere")
    lived_through(project, other)
    declared(project, "elswhere")
    said = project.run("plan", code=1).stderr
    assert "there is no docker context 'elswhere'" in said
    assert "`docker context ls` lists them" in said


def test_a_registry_with_a_login_for_an_engine_behind_ssh(
    project: Project, other: SecondEngine, server: SshServer, tmp_path: Path
) -> None:
    """The login is this machine's, the transfer the engine's."""
    client = tmp_path / "client"
    client.mkdir()
    project.environ |= {"PATH": server.path, "DOCKER_CONFIG": str(client)}
    with registry(tmp_path, private=True, host=other.gateway) as address:
        declared(project, server.address + other.url.removeprefix("unix://"))
        text = (project.root / "shipyard.toml").read_text()
        project.write("shipyard.toml", f'registry = "{address}"\n{text}')
        refused = project.run("build", "--push", code=1).stderr
        assert f"docker login {address}" in refused
        login = base64.b64encode(b"shop:let-me-in").decode()
        (client / "config.json").write_text(json.dumps({"auths": {address: {"auth": login}}}))
        project.run("build", "--push", "--out", "images.shipyard.json")
        image = f"{address}/{project.name}/built"
        other.docker("image", "rm", "-f", *other.docker("image", "ls", "-q", image).split())
        assert other.docker("image", "ls", "-q", image) == ""
        said = project.apply("--images", "images.shipyard.json")
        assert "pull" in said.stdout + said.stderr
        assert other.docker("image", "ls", "-q", image)
        assert docker("image", "ls", "-q", image) == ""
        project.run("down", "--yes", "--volumes")


def test_an_engine_over_tcp_with_tls(project: Project, other: SecondEngine, tmp_path: Path) -> None:
    declared(project)
    project.environ |= {
        "DOCKER_HOST": other.tcp,
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(other.certificates),
    }
    lived_through(project, other)

    nobody = tmp_path / "nobody"
    nobody.mkdir()
    shutil.copy(other.certificates / "ca.pem", nobody)
    said = project.run("plan", env={"DOCKER_CERT_PATH": str(nobody)}, code=1).stderr
    assert "certificate required" in said.lower().replace("_", " ")
    strangers = tmp_path / "strangers"
    shutil.copytree(other.certificates, strangers)
    shutil.copy(strangers / "cert.pem", strangers / "ca.pem")
    said = project.run("plan", env={"DOCKER_CERT_PATH": str(strangers)}, code=1).stderr
    assert "the engine's certificate is not to be trusted" in said
