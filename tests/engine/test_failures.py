"""What goes wrong is said with its cause, what was done, and how to go on."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest
from apps import write_fastapi
from project import Project, docker, fetch, free_port


def test_a_failing_before_deploy_leaves_the_service_alone(project: Project) -> None:
    text = """
        [services.cache]
        image = "redis:7"
        env = {{ V = "{0}" }}
        before_deploy = ["sh", "-c", "echo about to fail; echo no such table >&2; exit {1}"]
    """
    project.manifest(text.format(1, 0))
    project.apply()
    before = project.container("cache")["Id"]
    project.manifest(text.format(2, 3))
    failed = project.apply(code=6)
    assert "before_deploy of cache failed" in failed.stderr
    assert "no such table" in failed.stderr
    assert "exit code 3" in failed.stderr
    assert "not done: service.cache/replace" in failed.stderr
    assert project.container("cache")["Id"] == before
    assert project.container("cache")["State"]["Running"] is True
    assert project.changes() == ["job.cache/run", "service.cache/replace"]
    project.manifest(text.format(2, 0))
    project.apply()
    assert project.changes() == []


def test_an_unhealthy_service_is_explained_with_its_check_and_its_log(project: Project) -> None:
    project.manifest("""
        [services.first]
        image = "redis:7"
        [services.cache]
        image = "redis:7"
        needs = ["first"]
        command = ["sh", "-c", "echo the log of it; exec redis-server"]
        [services.cache.health]
        command = ["sh", "-c", "echo not well today; exit 1"]
        interval = "1s"
        retries = 2
        start_period = "1s"
    """)
    failed = project.apply(code=6)
    assert f"{project.name}-cache-1 is unhealthy" in failed.stderr
    assert "not well today" in failed.stderr
    assert "the log of it" in failed.stderr
    assert "service.first/create" in failed.stderr.partition("done:")[2].partition("failed:")[0]
    assert project.status()["cache"]["health"] == "unhealthy"
    assert "unhealthy" in project.run("plan").stdout
    assert project.apply(code=1).stderr.count("is unhealthy") == 1


def test_a_crashing_service_is_explained_with_its_exit_code(project: Project) -> None:
    project.manifest("""
        [services.cache]
        image = "redis:7"
        command = ["sh", "-c", "echo cannot find my configuration; exit 7"]
    """)
    failed = project.apply(code=6)
    assert "keeps crashing" in failed.stderr
    assert "exit code 7" in failed.stderr
    assert "cannot find my configuration" in failed.stderr


def test_what_was_made_beside_one_that_fails_is_told_and_kept(project: Project) -> None:
    broken = '[services.bad]\nimage = "redis:7"\ncommand = ["sh", "-c", "exit {0}"]\nhealth = false\n'
    good = '[services.good]\nimage = "redis:7"\nhealth = false\n'
    good += '[services.last]\nlike = "good"\nneeds = ["good"]\n'
    project.manifest(broken.format(7) + good)
    failed = project.apply(code=6)
    assert "failed:   service.bad/create" in failed.stderr
    assert "begun:    service.good/create (not known to be healthy yet)" in failed.stderr
    assert "not done: service.last/create" in failed.stderr
    good_one = project.container("good")["Id"]
    project.manifest(good)
    project.apply()
    assert project.container("good")["Id"] == good_one
    assert sorted(project.status()) == ["good", "last"]


def test_a_command_that_is_not_there_is_explained(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\ncommand = ["no-such-program"]\n')
    failed = project.apply(code=None)
    assert failed.returncode in (1, 6)
    assert "no-such-program" in failed.stderr
    assert "not found" in failed.stderr


def test_of_several_that_are_made_at_once_the_one_that_fails_is_told(project: Project) -> None:
    services = "".join(f'[services.{name}]\nimage = "redis:7"\n' for name in "acb")
    project.manifest(services + 'compose = { devices = ["/dev/not-there:/dev/null"] }\n')
    failed = project.apply(code=6)
    assert "failed:   service.b/create" in failed.stderr
    assert "begun:    service.a/create, service.c/create" in failed.stderr
    assert "/dev/not-there" in failed.stderr
    assert project.changes() == ["service.b/start"]
    before = [project.container(name)["Id"] for name in "ac"]
    project.manifest(services)
    project.apply()
    assert [project.container(name)["Id"] for name in "ac"] == before
    assert [one["health"] for one in project.status().values()] == ["healthy"] * 3


def test_a_port_held_by_a_container_is_seen_by_the_plan(make_project: Callable[[], Project]) -> None:
    port = free_port()
    text = f'[services.cache]\nimage = "redis:7"\npublish = ["{port}:6379"]\n'
    one, other = make_project(), make_project()
    one.manifest(text)
    one.apply()
    other.manifest(text)
    plan = other.plan(code=1)
    assert plan["problems"][0]["address"] == "service.cache"
    assert f"{one.name}-cache-1" in plan["problems"][0]["title"]
    assert str(port) in plan["problems"][0]["title"]
    failed = other.apply(code=1)
    assert "nothing was touched" in failed.stderr
    assert other.ids() == []


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_held_by_a_process_is_seen_by_the_plan(project: Project, kind: socket.SocketKind) -> None:
    with socket.socket(type=kind) as server:
        server.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            server.listen()
        port = server.getsockname()[1]
        inside = "6379" if kind is socket.SOCK_STREAM else "6379/udp"
        project.manifest(f'[services.cache]\nimage = "redis:7"\npublish = ["{port}:{inside}"]\n')
        plan = project.plan(code=1)
        assert str(port) in plan["problems"][0]["title"]
        assert "process" in plan["problems"][0]["title"]
    project.apply()
    assert project.plan()["problems"] == []


def test_what_is_stopped_is_not_scaled(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    project.apply()
    project.run("stop", "cache")
    refused = project.run("scale", "cache=2", code=1)
    assert "`shipyard start cache` starts it" in refused.stderr
    assert len(project.ids()) == 1
    project.run("start", "cache")
    project.run("scale", "cache=2")
    assert len(project.ids()) == 2


def test_what_waits_for_an_unhealthy_service_is_not_called_tried(project: Project) -> None:
    text = """
        [services.web]
        image = "redis:7"
        health = {{ command = ["test", "!", "-e", "/tmp/ill"], interval = "1s", retries = 1 }}
        [services.worker]
        image = "redis:7"
        needs = ["web"]
        env = {{ V = "{0}" }}
    """
    project.manifest(text.format(1))
    project.apply()
    web, before = f"{project.name}-web-1", project.container("worker")["Id"]
    docker("exec", web, "touch", "/tmp/ill")
    project.manifest(text.format(2))
    while project.container("web")["State"]["Health"]["Status"] != "unhealthy":
        time.sleep(0.2)
    held = f"worker: apply waits for web first, and ends while {web} is unhealthy"
    assert held in project.plan()["notes"]
    failed = project.apply(code=1)
    assert "failed:   service.web/health" in failed.stderr
    assert "not done: service.worker/replace" in failed.stderr
    assert project.container("worker")["Id"] == before
    docker("exec", web, "rm", "/tmp/ill")
    project.apply()
    assert project.container("worker")["Id"] != before


def test_a_missing_secret_is_said_before_anything_is_built(project: Project) -> None:
    write_fastapi(project)
    project.manifest("""
        [services.web]
        python = "3.13"
        publish = []
        env = { URL = "x://u:${secret:DB_PASSWORD}@db" }
        secrets = ["SECRET_KEY"]
    """)
    with project.events() as events:
        failed = project.apply(code=1)
    assert "secret SECRET_KEY of service web has no value" in failed.stderr
    assert "secret DB_PASSWORD of service web has no value" in failed.stderr
    assert "looked in the environment and .env" in failed.stderr
    assert events == []
    assert docker("image", "ls", "-q", f"{project.name}/web") == ""


def test_a_failing_build_touches_nothing_that_runs(project: Project) -> None:
    write_fastapi(project)
    port = free_port()
    project.manifest(f'[services.web]\npython = "3.13"\npublish = ["{port}:8000"]\n')
    project.apply()
    requirements = project.root / "requirements.txt"
    requirements.write_text(requirements.read_text() + "a-package-that-is-nowhere==9.9\n")
    failed = project.apply(code=1)
    assert "error: building web failed at deps" in failed.stderr
    # The steps before it are a line each, its own output stands with the error.
    assert len(failed.stderr.partition("error: ")[0].splitlines()) < 12
    assert "a-package-that-is-nowhere" in failed.stderr
    assert fetch(f"http://127.0.0.1:{port}/")[0] == 200


def test_without_an_engine_the_error_is_clear_and_the_offline_plan_works(project: Project) -> None:
    write_fastapi(project)
    project.manifest('[services.web]\npython = "3.13"\n[services.cache]\nimage = "redis:7"\n')
    project.environ["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    for words in (("plan",), ("apply", "--yes"), ("status",), ("down", "--yes"), ("build",)):
        failed = project.run(*words, code=1)
        assert "no Docker engine is running there" in failed.stderr, words
        assert "plan --offline" in failed.stderr
    plan = project.plan("--offline")
    assert plan["engine"] is None
    planned = [one["id"] for one in plan["operations"]]
    assert planned[0] == "image.web/build"
    assert "service.cache/create" in planned
    project.run("render", "out")
    assert (project.root / "out" / "compose.yaml").is_file()


def test_an_image_that_is_nowhere_is_said_by_name(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "127.0.0.1:1/no/such:image"\n')
    assert project.changes()[0] == "image.cache/pull"
    failed = project.apply(code=None)
    assert "127.0.0.1:1/no/such:image" in failed.stderr
    assert failed.returncode in (1, 6)


def test_what_compose_does_not_take_is_said_before_anything_is_touched(project: Project) -> None:
    manifest = (
        '[services.cache]\nimage = "redis:7"\nenv = {{ A = "{0}" }}\n[services.b]\nimage = "redis:7"\n{1}'
    )
    project.manifest(manifest.format("1", ""))
    project.apply()
    before = sorted(project.ids())
    project.manifest(manifest.format("2", "compose = { shm_size = { a = [1] } }\n"))
    for refused in (project.run("plan", code=1), project.apply(code=1)):
        told = " ".join(refused.stdout.split())
        assert "problem: service.b: Compose does not accept" in told
        assert "shm_size" in told
        assert "/tmp" not in told.replace(str(project.root), "")
    assert sorted(project.ids()) == before


def test_a_folder_that_is_not_there_is_said_by_the_plan(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\nvolumes = ["./conf:/conf:ro"]\n')
    refused = project.apply(code=1)
    assert "problem: service.cache: volumes: there is no conf in the project" in refused.stdout
    assert project.ids() == []
    project.write("conf/a", "")
    project.apply()


def test_an_image_that_no_registry_has_is_told_with_what_to_look_at(project: Project) -> None:
    nowhere = f"127.0.0.1:{free_port()}/nothing:1"
    project.manifest(f'[services.web]\nimage = "{nowhere}"\n')
    failed = project.apply(code=1)
    assert nowhere in failed.stderr
    told = f"-> is {nowhere.partition('/')[0]} the registry's name, and does it run?"
    assert told in failed.stderr
    project.write("Dockerfile", f"FROM {nowhere}\n")
    project.manifest('[services.web]\nbuild = { dockerfile = "Dockerfile" }\n')
    failed = project.apply(code=1)
    assert told in failed.stderr
