"""Plans that are saved, approved, stale, damaged, and applied where there is no source."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from apps import write_fastapi
from project import Project, docker, fetch, free_port
from registry import registry

from shipyard.compile.spec import canonical

MANIFEST = """
    [services.cache]
    image = "redis:7"
    env = {{ LEVEL = "{level}" }}

    [services.queue]
    image = "redis:7"
    {more}
"""


def declare(project: Project, level: str = "info", more: str = "") -> None:
    project.manifest(MANIFEST.format(level=level, more=more))


def test_a_saved_plan_is_applied_once_and_exactly(project: Project) -> None:
    declare(project)
    project.apply()
    declare(project, level="debug")
    project.run("plan", "--out", "release.plan")
    saved = json.loads((project.root / "release.plan").read_text())
    assert [one["id"] for one in saved["operations"]] == ["service.cache/replace"]
    # What is declared since is no part of it.
    declare(project, level="debug", more='command = ["redis-server", "--save", ""]')
    project.apply("release.plan")
    assert project.changes() == ["service.queue/replace"]
    again = project.apply("release.plan", code=3)
    assert "applied already" in again.stderr


def test_a_plan_is_stale_where_its_own_ground_has_moved(project: Project) -> None:
    declare(project)
    project.apply()
    declare(project, level="debug")
    project.run("plan", "--out", "release.plan")
    docker("restart", "-t", "1", project.container("queue")["Id"])
    docker("stop", "-t", "1", project.container("queue")["Id"])
    # The queue is none of its business.
    copy = project.root / "copy.plan"
    shutil.copy(project.root / "release.plan", copy)
    docker("rm", "-f", project.container("cache")["Id"])
    stale = project.apply("copy.plan", code=3)
    assert "service.cache" in stale.stderr
    assert "service.queue" not in stale.stderr


@pytest.mark.parametrize("kind", ["network", "volume"])
def test_what_containers_are_given_was_removed_since(project: Project, kind: str) -> None:
    """A replacement that cannot be made would have begun with the removal of the old ones."""
    without = '[services.cache]\nimage = "redis:7"\nreplicas = 2\n'
    renamed = '[services.store]\nimage = "redis:7"\nreplicas = 2\nwas = "cache"\n'
    project.manifest(without + 'volumes = ["data:/x"]\n')
    project.apply()
    if kind == "volume":
        project.manifest(without)
        project.apply()
    else:
        docker("stop", "-t", "1", *project.ids())
    project.manifest(renamed + 'volumes = ["data:/x"]\n')
    project.run("plan", "--out", "release.plan")
    before = project.ids()
    name = "data" if kind == "volume" else "default"
    docker(kind, "rm", f"{project.name}_{name}")
    stale = project.apply("release.plan", code=3)
    assert f"{kind}.{name} is not as it was" in stale.stderr
    assert project.ids() == before
    project.apply()
    assert project.changes() == []


@pytest.mark.parametrize("changed", [False, True])
def test_what_was_removed_by_hand_is_not_called_applied(project: Project, changed: bool) -> None:
    declare(project)
    project.apply()
    declare(project, level="debug" if changed else "info")
    held = project.container("cache")["Id"]
    if not changed:
        docker("kill", held)
    project.run("plan", "--out", "release.plan")
    docker("rm", "-f", held)
    stale = project.apply("release.plan", code=3)
    assert "service.cache is not as it was" in stale.stderr
    assert "service.cache/create is needed now" in stale.stderr


def test_a_stale_plan_says_what_was_done_by_hand(project: Project) -> None:
    declare(project)
    project.apply()
    declare(project, level="debug")
    project.run("plan", "--out", "release.plan")
    docker("kill", project.container("cache")["Id"])
    stale = project.apply("release.plan", code=3)
    told = 'service.cache is not as it was (drift: state is "exited with code 137", declared "running")'
    assert told in stale.stderr


def test_an_unrelated_change_does_not_make_it_stale(project: Project) -> None:
    declare(project)
    project.apply()
    declare(project, level="debug")
    project.run("plan", "--out", "release.plan")
    docker("stop", "-t", "1", project.container("queue")["Id"])
    project.apply("release.plan")
    assert project.changes() == ["service.queue/start"]


def forged(text: str, part: str, value: object) -> str:
    """A plan with another part, and a checksum that fits."""
    body = json.loads(text)
    body[part] = value
    del body["checksum"]
    digest = hashlib.sha256(canonical(body).encode()).hexdigest()
    return json.dumps({**body, "checksum": f"sha256:{digest}"})


FORGED = ("model", "operations", "preconditions", "engine")


@pytest.mark.parametrize("how", ["cut", "edited", "other", "missing", "unguarded", *FORGED])
def test_a_damaged_plan_is_refused(project: Project, how: str) -> None:
    declare(project)
    file = project.root / "release.plan"
    project.run("plan", "--out", "release.plan")
    text = file.read_text()
    file.write_text({"cut": text[:-200], "edited": text.replace("redis:7", "redis:8")}.get(how, "{}"))
    if how == "missing":
        file.unlink()
    elif how in FORGED:
        file.write_text(forged(text, how, 3))
    elif how == "unguarded":
        file.write_text(forged(text, "preconditions", {}))
    refused = project.apply("release.plan", code=1)
    assert "release.plan" in refused.stderr
    assert project.ids() == []


def test_a_plan_of_another_stage_or_project_is_refused(project: Project) -> None:
    declare(project)
    project.run("plan", "--out", "release.plan")
    assert "is for stage default" in project.apply("release.plan", "--stage", "prod", code=1).stderr
    manifest = project.root / "shipyard.toml"
    manifest.write_text(manifest.read_text().replace(project.name, project.name + "x"))
    assert "is of project" in project.apply("release.plan", code=1).stderr


def test_a_changed_source_makes_a_plan_that_builds_stale(project: Project) -> None:
    write_fastapi(project)
    project.manifest('[services.web]\npython = "3.13"\n')
    project.run("plan", "--out", "release.plan")
    project.write("notes.py", "HELLO = 1\n")
    stale = project.apply("release.plan", code=3)
    assert "notes.py" in stale.stderr
    assert project.ids() == []


def test_apply_goes_on_only_with_the_approved_plan(project: Project) -> None:
    declare(project)
    project.run("plan", "--out", "approved.plan")
    declare(project, level="debug")
    refused = project.apply("--approved", "approved.plan", code=3)
    assert "services.cache" in refused.stderr
    assert project.ids() == []
    declare(project)
    project.apply("--approved", "approved.plan")
    assert project.changes() == []


def test_an_approved_plan_of_changed_code_is_applied(project: Project) -> None:
    write_fastapi(project)
    project.manifest('[services.web]\npython = "3.13"\ntmpfs = ["/scratch"]\n')
    project.apply()
    project.write("notes.py", "HELLO = 1\n")
    project.manifest('[services.web]\npython = "3.13"\ntmpfs = ["/scratch:size=1m"]\n')
    project.run("plan", "--out", "approved.plan")
    project.write("notes.py", "HELLO = 2\n")
    refused = project.apply("--approved", "approved.plan", code=3)
    assert "image.web is built from other inputs" in refused.stderr
    project.write("notes.py", "HELLO = 1\n")
    project.apply("--approved", "approved.plan")
    assert project.changes() == []


def test_targets_take_what_they_need_and_nothing_else(project: Project) -> None:
    project.manifest(
        """
        [services.web]
        image = "redis:7"
        needs = ["db"]
        [services.db]
        image = "redis:7"
        volumes = ["data:/data"]
        [services.other]
        image = "redis:7"
        volumes = ["more:/data"]
        networks = ["back"]
        """
    )
    ids = project.changes("web")
    assert "service.web/create" in ids
    assert "service.db/create" in ids
    assert "volume.data/create" in ids
    assert not [one for one in ids if "other" in one or "more" in one or "back" in one]
    project.apply("web")
    assert set(project.changes()) >= {"service.other/create", "network.back/create"}
    assert project.changes("web") == []
    assert "did you mean web?" in project.run("plan", "wbe", code=64).stderr


def test_drift_alone(project: Project) -> None:
    declare(project)
    project.apply()
    assert project.changes("--drift") == []
    declare(project, level="debug")
    docker("stop", "-t", "1", project.container("queue")["Id"])
    assert project.changes("--drift") == ["service.queue/start"]
    assert project.changes("--drift", "queue") == ["service.queue/start"]
    project.run("plan", "--drift", "--detailed-exitcode", code=2)


def test_an_observation_gives_the_same_plan(project: Project) -> None:
    project.environ["TOKEN"] = "one"
    declare(project, more='secrets = ["TOKEN"]')
    project.apply()
    declare(project, level="debug", more='secrets = ["TOKEN"]')
    project.environ["TOKEN"] = "two"
    project.run("observe", "--out", "seen.shipyard.json")
    here = project.plan()
    there = project.plan("--observed", "seen.shipyard.json", env={"DOCKER_HOST": "unix:///nonexistent.sock"})
    assert there == here
    assert {one["id"] for one in here["operations"]} == {"service.cache/replace", "service.queue/replace"}
    text = (project.root / "seen.shipyard.json").read_text()
    volumes = json.loads(docker("volume", "inspect", f"{project.name}_shipyard-key"))
    assert volumes[0]["Labels"]["shipyard.key"] not in text


def test_build_once_push_and_apply_by_digest_without_source(
    make_project: Callable[[], Project], tmp_path: Path
) -> None:
    with registry(tmp_path) as address:
        project = make_project()
        port = free_port()
        write_fastapi(project)
        project.manifest(f"""
            registry = "{address}"
            [services.web]
            python = "3.13"
            publish = ["{port}:8000"]
        """)
        pushed = project.run("build", "--push", "--out", "images.shipyard.json")
        assert "@sha256:" in pushed.stdout
        again = project.run("build", "--push", "--out", "again.shipyard.json")
        assert "unchanged" in again.stdout
        assert json.loads((project.root / "again.shipyard.json").read_text()) == json.loads(
            (project.root / "images.shipyard.json").read_text()
        )
        # As on an engine that built nothing.
        names = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"{address}/*/*").split()
        docker("image", "rm", *names)
        project.run("plan", "--images", "images.shipyard.json", "--out", "release.plan")
        saved = json.loads((project.root / "release.plan").read_text())
        assert saved["needs_source"] is False
        assert "image.web/pull" in {one["id"] for one in saved["operations"]}
        elsewhere = make_project()
        shutil.copy(project.root / "release.plan", elsewhere.root)
        elsewhere.apply("release.plan")
        assert fetch(f"http://127.0.0.1:{port}/")[0] == 200
        assert project.changes("--images", "images.shipyard.json") == []
        # The same inputs are the same image, however it came here.
        assert "service.web/replace" not in project.changes()
        project.write("notes.py", "HELLO = 1\n")
        assert "build --push" in project.run("plan", "--images", "images.shipyard.json", code=1).stderr


def test_a_plan_that_would_fail_is_not_saved(project: Project) -> None:
    project.manifest(
        '[services.cache]\nimage = "redis:7"\n[networks.default]\nexternal = true\nname = "nope"\n'
    )
    project.run("plan", "--out", "release.plan", code=1)
    assert not (project.root / "release.plan").exists()
    lines = project.run("apply", "--yes", "--format", "json", code=1).stdout.splitlines()
    assert "network.default" in lines[-1]
