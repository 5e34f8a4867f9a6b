"""Registries that want a login, and those that are away for a moment."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path

from project import Project, docker, free_port
from registry import registry

MANIFEST = """
registry = "{address}"
[services.web]
path = "web"
build = {{ dockerfile = "web/Dockerfile" }}
health = {{ command = ["test", "-e", "/word"] }}
publish = []
"""


def declared(project: Project, address: str) -> str:
    """The name of its image in the registry, without a tag."""
    project.manifest(MANIFEST.format(address=address))
    project.write("web/Dockerfile", "FROM redis:7\nCOPY word /word\n")
    project.write("web/word", f"{project.name}\n")
    return f"{address}/{project.name}/web"


def test_one_that_wants_a_login(project: Project, tmp_path: Path) -> None:
    """The login is docker's own, from its client's settings; it stands in no file of Shipyard's."""
    with registry(tmp_path, private=True) as address:
        image = declared(project, address)
        client = tmp_path / "client"
        client.mkdir()
        project.environ["DOCKER_CONFIG"] = str(client)
        refused = project.run("build", "--push", code=1).stderr
        assert f"docker login {address}" in refused
        assert "again in" not in refused, "a refused login does not pass by itself"
        login = base64.b64encode(b"shop:let-me-in").decode()
        (client / "config.json").write_text(json.dumps({"auths": {address: {"auth": login}}}))
        project.run("build", "--push", "--out", "images.shipyard.json")
        docker("image", "rm", "-f", *docker("image", "ls", "-q", image).split())
        # Pulled with the login, and by digest.
        project.apply("--images", "images.shipyard.json")
        assert project.container("web")["Config"]["Image"].startswith(f"{image}:in-")
        for path in project.root.rglob("*"):
            assert not path.is_file() or login not in path.read_text(errors="replace")
        docker("image", "rm", "-f", project.container("web")["Image"], check=False)
        (client / "config.json").write_text("{}")
        project.run("down", "--yes")
        docker("image", "rm", "-f", *docker("image", "ls", "-q", image).split(), check=False)
        said = project.apply("--images", "images.shipyard.json", code=1)
        assert "docker login" in said.stdout + said.stderr


def test_one_that_is_away_for_a_moment_is_tried_again(project: Project, tmp_path: Path) -> None:
    port = free_port()
    declared(project, f"127.0.0.1:{port}")
    project.run("build")
    begin, end = threading.Event(), threading.Event()

    def serve() -> None:
        begin.wait()
        with registry(tmp_path, port=port):
            end.wait()

    server = threading.Thread(target=serve)
    server.start()
    threading.Timer(3, begin.set).start()
    try:
        said = project.run("build", "--push").stderr
        assert "again in 1 s" in said
        assert project.run("build", "--push").stdout.endswith("(unchanged)\n")
    finally:
        begin.set()
        end.set()
        server.join()
