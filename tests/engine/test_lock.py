"""Digests of base and service images: asked from a registry, used by builds and plans, kept until told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import Project, docker
from registry import registry


@pytest.fixture
def images(tmp_path: Path, project: Project) -> Iterator[str]:
    """A registry with a base and a cache, as `ADDRESS/NAME/...`."""
    with registry(tmp_path) as address:
        prefix = f"{address}/{project.name}"
        push("python:3.13-slim", f"{prefix}/base:1")
        push("redis:7", f"{prefix}/cache:7")
        yield prefix


def push(source: str, name: str, *changes: str) -> None:
    """A tag of an image, with changes to it (lines of a Dockerfile) as another one."""
    if changes:
        words = [word for change in changes for word in ("--change", change)]
        container = docker("create", source)
        docker("commit", *words, container, name)
        docker("rm", container)
    else:
        docker("tag", source, name)
    docker("push", "-q", name)


def manifest(project: Project, images: str) -> None:
    project.write("Dockerfile.own", f"FROM {images}/base:1\n")
    project.write("requirements.txt", "")
    project.write("main.py", "import time\n\nwhile True:\n    time.sleep(1)\n")
    project.manifest(f"""
        [services.job]
        python = "3.13"
        build = {{ base = "{images}/base:1" }}
        command = ["python", "main.py"]
        [services.cache]
        image = "{images}/cache:7"
    """)


def locked(project: Project) -> str:
    return (project.root / "shipyard.lock").read_text()


def test_a_lock_from_its_making_to_its_upgrade(project: Project, images: str) -> None:
    manifest(project, images)
    refused = project.run("lock", "--check", code=1).stderr
    assert f"missing: {images}/base:1" in refused
    assert f"missing: {images}/cache:7" in refused

    said = project.run("lock").stdout.splitlines()
    assert [line.split()[0] for line in said] == [f"{images}/base:1", f"{images}/cache:7"]
    assert all(line.endswith("new") for line in said)
    first = locked(project)
    digests = dict(line.replace('"', "").split(" = ") for line in first.splitlines() if "sha256" in line)
    assert "2 images" in project.run("lock", "--check").stdout

    # Everything is taken by digest, the base of the build as well.
    project.apply()
    cache, base = digests[f"{images}/cache:7"], digests[f"{images}/base:1"]
    assert project.container("cache")["Config"]["Image"] == f"{images}/cache:7@{cache}"
    project.run("render", "deploy")
    assert f"FROM {images}/base:1@{base}" in (project.root / "deploy" / "job.Dockerfile").read_text()
    assert project.changes() == []

    # The tags mean others now: that is nothing to this project until it is asked for.
    push("redis:7", f"{images}/cache:7", "LABEL moved=1")
    push("python:3.13-slim", f"{images}/base:1", "LABEL moved=1")
    assert project.changes() == []
    assert project.run("lock").stdout.count("unchanged") == 2
    assert locked(project) == first
    notes = [note for note in project.plan("--updates")["notes"] if "means another image now" in note]
    assert len(notes) == 2

    assert project.run("lock", "--upgrade").stdout.count("was sha256:") == 2
    assert [note for note in project.plan("--updates")["notes"] if "means another" in note] == []
    replaced = project.operation("service.cache/replace")
    assert replaced["causes"][0]["before"] == f"{images}/cache:7@{cache}"
    assert project.operation("image.job/build")["causes"][0]["path"] == "build.base"
    project.apply()
    assert json.loads(docker("inspect", project.ids("label=shipyard.service=job")[0]))[0]["Config"]["Labels"][
        "moved"
    ]
    assert project.changes() == []


def test_what_is_missing_is_said_and_what_is_unused_goes(project: Project, images: str) -> None:
    manifest(project, images)
    project.run("lock")
    project.manifest(f"""
        [services.cache]
        image = "{images}/cache:7"
        [services.other]
        image = "{images}/base:1@sha256:{"0" * 64}"
        [services.more]
        image = "{images}/nothing:1"
    """)
    assert f"not used: {images}/base:1" in project.run("lock", "--check", code=1).stderr
    notes = project.plan()["notes"]
    assert f"{images}/nothing:1 is not in shipyard.lock: `shipyard lock` adds it" in notes
    refused = project.run("lock", code=1)
    assert f"the registry has no {images}/nothing:1" in refused.stderr
    project.manifest(f'[services.cache]\nimage = "{images}/cache:7"\n')
    assert "no longer used, removed" in project.run("lock").stdout
    assert "base:1" not in locked(project)


def test_a_registry_that_does_not_answer(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "127.0.0.1:1/cache:7"\n')
    refused = project.run("lock", code=1)
    assert "asking for 127.0.0.1:1/cache:7 failed" in refused.stderr
    assert not (project.root / "shipyard.lock").exists()
