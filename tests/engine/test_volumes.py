"""A stage's volumes: how much is in them, whose it is, and an owner mended."""

from __future__ import annotations

import json
from typing import Any

from project import Project, docker

MANIFEST = """
[services.web]
image = "redis:7"
user = "10001:10001"
health = false
command = ["sleep", "infinity"]
volumes = ["data:/data", "media:/media"]
[services.idle]
image = "redis:7"
health = false
command = ["sleep", "infinity"]
volumes = ["data:/other"]
[stages.dev]
"""


def listed(project: Project) -> dict[str, dict[str, Any]]:
    document = json.loads(project.run("volumes", "--format", "json").stdout)
    return {row["volume"]: row for row in document["volumes"]}


def test_volumes_with_size_owner_and_users_and_an_owner_mended(project: Project) -> None:
    project.manifest(MANIFEST)
    before = listed(project)
    assert before["data"]["services"] == ["web", "idle"]
    assert (before["data"]["there"], before["data"]["owner"]) == (False, None)
    assert "not there" in project.run("volumes").stdout
    said = project.run("volumes", "mend", "media", code=64).stderr
    assert "volume media is not there yet" in said

    project.apply()
    web = project.container("web")["Id"]
    docker(
        "exec", "-u", "0", web, "sh", "-c", "head -c 3000000 /dev/urandom > /media/file; chown -R 7:8 /media"
    )
    row = listed(project)["media"]
    assert 3_000_000 <= row["size"] < 4_000_000
    assert row["owner"] == "7:8"
    assert row["containers"] == [f"{project.name}-dev-web-1"]
    assert len(listed(project)["data"]["containers"]) == 2

    project.run("volumes", "mend", "media")
    assert listed(project)["media"]["owner"] == "10001:10001"
    assert docker("exec", web, "stat", "-c", "%u:%g", "/media/file") == "10001:10001"
    project.run("volumes", "mend", "media", "--owner", "5:6")
    assert docker("exec", web, "stat", "-c", "%u:%g", "/media/file") == "5:6"
    assert project.changes() == []
    said = project.run("volumes", "mend", "nedia", code=64).stderr
    assert "did you mean media?" in said
    said = project.run("volumes", "mend", "media", "--owner", "root", code=64).stderr
    assert "--owner UID:GID" in said

    foreign = f"{project.name}-foreign"
    docker("volume", "create", foreign)
    try:
        project.manifest(f'{MANIFEST}[volumes.media]\nname = "{foreign}"\nexternal = true\n')
        said = project.run("volumes", "mend", "media", code=64).stderr
        assert f"volume {foreign} is not Shipyard's" in said
    finally:
        docker("volume", "rm", foreign)
