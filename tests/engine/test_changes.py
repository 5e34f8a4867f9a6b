"""What changes, what the plan says of it, and that exactly this happens."""

from __future__ import annotations

import json

from apps import write_fastapi
from project import Project, docker, fetch, free_port

from shipyard.compile.labels import INPUTS


def layers(image: str) -> list[str]:
    return list(json.loads(docker("image", "inspect", image))[0]["RootFS"]["Layers"])


def test_a_code_edit_rebuilds_only_the_source_layer_and_names_the_file(project: Project) -> None:
    write_fastapi(project)
    port = free_port()
    project.manifest(f"""
        [services.web]
        python = "3.13"
        publish = ["{port}:8000"]
    """)
    project.apply()
    assert fetch(f"http://127.0.0.1:{port}/") == (200, '{"greeting":"hello"}')
    first = project.container("web")

    project.write("README.md", "No file that reaches the image.\n")
    assert project.changes() == []

    main = project.root / "main.py"
    main.write_text(main.read_text().replace("hello", "good morning"))
    operations = {one["id"]: one for one in project.plan()["operations"]}
    assert list(operations) == ["image.web/build", "service.web/replace"]
    assert operations["image.web/build"]["causes"] == [
        {"kind": "files", "changed": ["main.py"], "added": [], "removed": []}
    ]
    assert [cause["kind"] for cause in operations["service.web/replace"]["causes"]] == ["image"]
    assert f"port {port} is held" in operations["service.web/replace"]["interruption"]["why"]

    project.apply()
    assert fetch(f"http://127.0.0.1:{port}/") == (200, '{"greeting":"good morning"}')
    second = project.container("web")
    assert second["Id"] != first["Id"]
    old, new = layers(first["Image"]), layers(second["Image"])
    assert len(old) == len(new)
    assert [a == b for a, b in zip(old, new, strict=True)].count(False) == 1
    assert project.changes() == []

    main.write_text(main.read_text().replace("good morning", "hello"))
    assert project.changes() == ["service.web/replace"], "the first image is still there"


def test_an_environment_change_builds_nothing(project: Project) -> None:
    write_fastapi(project)
    port = free_port()
    text = f"""
        [services.web]
        python = "3.13"
        publish = ["{port}:8000"]
        env = {{ MODE = "one", KEPT = "a $literal ${{value}}" }}
    """.replace("${value}", "$${value}")
    project.manifest(text)
    project.apply()
    assert fetch(f"http://127.0.0.1:{port}/env/KEPT") == (200, '"a $literal ${value}"')
    project.manifest(text.replace('"one"', '"two"'))
    (operation,) = project.plan()["operations"]
    assert operation["id"] == "service.web/replace"
    assert operation["causes"] == [
        {"kind": "field", "path": "env.MODE", "before": "one", "after": "two", "sensitive": False}
    ]
    project.apply()
    assert fetch(f"http://127.0.0.1:{port}/env/MODE") == (200, '"two"')


def test_scaling_touches_no_container_that_stays(project: Project) -> None:
    text = '[services.cache]\nimage = "redis:7"\nreplicas = {0}\n'
    project.manifest(text.format(1))
    project.apply()
    first = project.ids()
    project.manifest(text.format(3))
    (operation,) = project.plan()["operations"]
    assert operation["id"] == "service.cache/scale"
    assert operation["replicas"] == [1, 3]
    project.apply()
    three = project.ids()
    assert len(three) == 3
    assert set(first) < set(three)
    project.manifest(text.format(2))
    project.apply()
    names = docker("ps", "--format", "{{.Names}}", "--filter", f"label=shipyard.project={project.name}")
    assert sorted(names.split()) == [f"{project.name}-cache-1", f"{project.name}-cache-2"]
    assert set(first) < set(project.ids())
    assert project.changes() == []


def test_a_service_that_is_no_longer_declared_is_planned_and_removed_and_its_volume_stays(
    project: Project,
) -> None:
    project.manifest("""
        [services.cache]
        image = "redis:7"
        [services.store]
        image = "redis:7"
        volumes = ["store:/data"]
        networks = ["back"]
        [networks.back]
    """)
    project.apply()
    kept = project.container("cache")["Id"]
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    plan = project.plan()
    assert [one["id"] for one in plan["operations"]] == ["service.store/remove", "network.back/remove"]
    assert plan["operations"][0]["destructive"] is True
    assert plan["operations"][0]["causes"][0]["reason"] == "removed"
    project.apply()
    assert project.ids() == [kept]
    assert docker("volume", "ls", "-q", "--filter", f"name={project.name}_store") == f"{project.name}_store"
    assert project.changes() == []


def test_replicas_are_replaced_one_at_a_time_and_the_service_never_stops(project: Project) -> None:
    text = '[services.cache]\nimage = "redis:7"\nreplicas = 2\nenv = {{ V = "{0}" }}\n'
    project.manifest(text.format(1))
    project.apply()
    project.manifest(text.format(2))
    operation = project.operation("service.cache/replace")
    assert operation["interruption"] == {"seconds": 0, "why": "one of 2 at a time"}
    with project.events() as events:
        project.apply()
    steps = [
        event["Action"]
        for event in events
        if event["Type"] == "container" and event["Action"] in ("die", "start")
    ]
    assert steps == ["die", "start", "die", "start"]
    assert project.changes() == []


def test_start_first_starts_the_new_one_before_the_old_one_stops(project: Project) -> None:
    text = '[services.cache]\nimage = "redis:7"\nrollout = "start-first"\nenv = {{ V = "{0}" }}\n'
    project.manifest(text.format(1))
    project.apply()
    project.manifest(text.format(2))
    operation = project.operation("service.cache/replace")
    assert (operation["strategy"], operation["interruption"]["seconds"]) == ("start-first", 0)
    with project.events() as events:
        project.apply()
    steps = [
        event["Action"]
        for event in events
        if event["Type"] == "container" and event["Action"] in ("die", "start")
    ]
    assert steps == ["start", "die"]
    assert project.changes() == []


def test_before_deploy_runs_when_its_inputs_change_and_only_then(project: Project) -> None:
    text = """
        [services.cache]
        image = "redis:7"
        volumes = ["log:/log"]
        env = {{ V = "{env}" }}
        before_deploy = "sh -c 'echo run $V >> /log/runs'"
        replicas = {replicas}

        [services.second]
        like = "cache"
        command = ["redis-server"]
    """

    def runs() -> str:
        return docker("exec", f"{project.name}-cache-1", "cat", "/log/runs")

    project.manifest(text.format(env=1, replicas=1))
    planned = project.changes()
    assert planned.index("job.cache/run") < planned.index("service.cache/create")
    assert planned.index("job.cache/run") < planned.index("service.second/create")
    project.apply()
    assert runs() == "run 1"
    project.manifest(text.format(env=1, replicas=2))
    assert project.changes() == ["service.cache/scale"]
    project.apply()
    docker("kill", f"{project.name}-cache-2")
    assert project.changes() == ["service.cache/start"]
    project.apply()
    assert runs() == "run 1"
    project.manifest(text.format(env=2, replicas=1))
    planned = project.changes()
    assert planned[0] == "job.cache/run"
    assert {"service.cache/replace", "service.second/replace", "service.cache/scale"} == set(planned[1:])
    project.apply()
    assert runs() == "run 1\nrun 2"
    assert project.changes() == []


def test_before_deploy_runs_again_on_data_that_is_new(project: Project) -> None:
    """A database whose volume was removed has none of what was migrated."""
    text = """
        [services.db]
        image = "redis:7"
        volumes = ["data:/data"]
        env = {{ V = "{0}" }}

        [services.web]
        image = "redis:7"
        needs = ["db"]
        before_deploy = ["sh", "-c", "redis-cli -h db set schema 1"]
    """
    project.manifest(text.format(1))
    project.apply()
    project.manifest(text.format(2))
    assert project.changes() == ["service.db/replace"]
    project.apply()
    for made_by_hand in (False, True):
        docker("rm", "-f", f"{project.name}-db-1")
        docker("volume", "rm", f"{project.name}_data")
        if made_by_hand:
            project.apply("db")
        planned = project.plan()["operations"]
        (run,) = [one for one in planned if one["id"] == "job.web/run"]
        told = "was made anew since it ran" if made_by_hand else "starts empty"
        assert run["causes"][0]["text"] == f"data of db {told}"
        assert "service.web/replace" not in [one["id"] for one in planned]
        project.apply()
        assert docker("exec", f"{project.name}-db-1", "redis-cli", "get", "schema").strip() == "1"
        assert project.changes() == []


def test_a_tag_that_was_moved_by_hand_is_given_back(project: Project) -> None:
    project.write("Dockerfile", "FROM redis:7\nCOPY word /word\n")
    project.manifest("""
        [services.web]
        build.dockerfile = "Dockerfile"
        health.command = ["redis-cli", "ping"]
    """)
    references = []
    for word in ("one", "two"):
        project.write("word", word)
        project.apply()
        references.append(project.container("web")["Config"]["Image"])
    before = project.container("web")["Id"]

    docker("tag", *references)
    operation = project.operation("image.web/build")
    assert [one["path"] for one in operation["causes"]] == ["image.tag"]
    assert project.changes() == ["image.web/build"], "what runs is right"
    project.apply()
    assert project.container("web")["Id"] == before
    assert project.changes() == []

    docker("tag", *references)
    docker("rm", "-f", before)
    project.apply()
    assert docker("exec", project.container("web")["Id"], "cat", "/word") == "two"
    assert project.changes() == []

    # A container that somebody made of the wrong image under the right name.
    wrong, name = project.container("web"), f"{project.name}-web-1"
    docker("tag", *references)
    docker("rm", "-f", wrong["Id"])
    marks = [f"--label={key}={value}" for key, value in wrong["Config"]["Labels"].items() if key != INPUTS]
    docker("run", "-d", "--name", name, *marks, "--network", f"{project.name}_default", references[1])
    assert project.changes() == ["image.web/build", "service.web/replace"]
    project.apply()
    assert docker("exec", project.container("web")["Id"], "cat", "/word") == "two"
    assert project.changes() == []


def test_replicas_that_go_stop_side_by_side(project: Project) -> None:
    """Each may need all of its grace."""
    project.manifest("""
        [services.slow]
        image = "redis:7"
        command = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
        health = false
        replicas = 8
        stop_timeout = "2s"
    """)
    project.apply()
    with project.events() as events:
        project.run("down", "--yes")
    ends = [event["Action"] for event in events if event["Action"] in ("kill", "die")]
    assert (ends[:8], ends.count("die")) == (["kill"] * 8, 8), ends
    assert project.ids() == []
