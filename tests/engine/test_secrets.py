"""Secrets reach their service and nothing else."""

from __future__ import annotations

import base64
import json
import subprocess

from apps import write_fastapi
from project import Project, docker, fetch, free_port

VALUE = "p$w'\"d ${X} \\ €-42"


def leaks(project: Project, value: str, *, in_environment_of: tuple[str, ...] = ()) -> list[str]:
    """Where a value can be found, in a few encodings: inspected objects, image layers, files."""
    needles = [value.encode(), base64.b64encode(value.encode()), value.encode().hex().encode()]
    needles.append(json.dumps(value).strip('"').encode())
    found = []
    for container in project.ids():
        inspected = json.loads(docker("inspect", container))[0]
        if inspected["Config"]["Labels"].get("shipyard.service") in in_environment_of:
            inspected["Config"]["Env"] = []
        if any(needle in json.dumps(inspected, ensure_ascii=False).encode() for needle in needles):
            found.append(f"container {inspected['Name']}")
    own = f"label=shipyard.project={project.name}"
    for kind in ("network", "volume"):
        for name in docker(kind, "ls", "-q", "--filter", own).split():
            text = docker(kind, "inspect", name).encode()
            if any(needle in text for needle in needles):
                found.append(f"{kind} {name}")
    for image in docker("image", "ls", "-q", "--filter", f"reference={project.name}/*").split():
        saved = subprocess.run(["docker", "save", image], capture_output=True, check=True).stdout
        if any(needle in saved for needle in needles):
            found.append(f"image {image}")
    for file in project.root.rglob("*"):
        if file.is_file() and not file.name.startswith(".env"):
            found += [str(file)] if any(needle in file.read_bytes() for needle in needles) else []
    return found


def test_a_changed_secret_replaces_who_uses_it_builds_nothing_and_leaks_nowhere(project: Project) -> None:
    write_fastapi(project)
    port = free_port()
    project.manifest(f"""
        [services.web]
        python = "3.13"
        publish = ["{port}:8000"]
        env = {{ URL = "x://u:${{secret:PASSWORD}}@db" }}
        [services.cache]
        image = "redis:7"
    """)
    project.write(".gitignore", ".env*\n")
    project.write(".env", f"PASSWORD='{VALUE.replace(chr(39), chr(92) + chr(39))}'\n")
    plan = project.run("plan").stdout
    assert VALUE not in plan
    said = project.apply()
    assert json.loads(fetch(f"http://127.0.0.1:{port}/env/URL")[1]) == f"x://u:{VALUE}@db"
    project.run("render", "out")
    project.run("render", "--applied", "applied")
    said = said.stdout + said.stderr + project.run("plan", "--format", "json").stdout
    assert VALUE not in said + project.run("config").stdout + project.run("explain").stdout
    assert leaks(project, VALUE, in_environment_of=("web",)) == []

    assert project.changes() == []
    cache = project.container("cache")["Id"]
    other = {"PASSWORD": "another"}
    (operation,) = project.plan(env=other)["operations"]
    assert operation["id"] == "service.web/replace"
    (cause,) = operation["causes"]
    assert (cause["path"], cause["sensitive"]) == ("secrets.PASSWORD", True)
    assert cause.get("before") is None
    assert cause.get("after") is None
    project.apply(env=other)
    assert json.loads(fetch(f"http://127.0.0.1:{port}/env/URL")[1]) == "x://u:another@db"
    assert project.container("cache")["Id"] == cache
    assert project.changes(env=other) == []

    (project.root / ".env").unlink()
    plan = project.plan()
    assert plan["operations"] == []
    assert plan["not_compared"] == ["service.web: secrets.PASSWORD"]


def test_secret_files_are_private_readable_by_the_service_and_survive_a_read_only_root(
    project: Project,
) -> None:
    write_fastapi(project)
    port = free_port()
    project.manifest(f"""
        [services.web]
        python = "3.13"
        read_only = true
        tmpfs = ["/tmp"]
        publish = ["{port}:8000"]
        secrets = {{ API_KEY = {{ as = "file" }} }}
        [services.db]
        image = "postgres:17"
        secrets = {{ POSTGRES_PASSWORD = {{ from = "DB_PASSWORD", as = "file" }} }}
        volumes = ["db-data:/var/lib/postgresql/data"]
    """)
    values = {"API_KEY": VALUE, "DB_PASSWORD": "db-" + VALUE}
    project.apply(env=values)
    base = f"http://127.0.0.1:{port}"
    assert fetch(f"{base}/env/API_KEY_FILE") == (200, '"/run/secrets/API_KEY"')
    assert json.loads(fetch(f"{base}/file?path=/run/secrets/API_KEY")[1]) == VALUE
    web = f"{project.name}-web-1"
    assert docker("exec", web, "stat", "-c", "%a %u", "/run/secrets/API_KEY") == "400 10001"
    assert project.container("db")["State"]["Health"]["Status"] == "healthy"
    assert leaks(project, VALUE) == []
    assert project.changes(env=values) == []

    volumes = docker("volume", "ls", "-q", "--filter", "label=shipyard.role=secrets").split()
    old = [one for one in volumes if one.startswith(f"{project.name}_web-secrets-")]
    values["API_KEY"] = "changed"
    planned = project.changes(env=values)
    assert planned[:2] == ["secret.web/create", "service.web/replace"]
    assert len(planned) == 3
    assert planned[2].startswith("secret.web-secrets-")
    project.apply(env=values)
    assert fetch(f"{base}/file?path=/run/secrets/API_KEY") == (200, '"changed"')
    volumes = docker("volume", "ls", "-q", "--filter", "label=shipyard.role=secrets").split()
    assert old[0] not in volumes
    assert project.changes(env=values) == []


def test_a_plan_without_the_key_says_what_apply_does(project: Project) -> None:
    """Every digest is another one with a new key."""
    project.manifest('[services.cache]\nimage = "redis:7"\nsecrets = { TOKEN = { as = "file" } }\n')
    project.environ["TOKEN"] = "same"
    project.apply()
    docker("volume", "rm", f"{project.name}_shipyard-key")
    planned = project.run("plan", "--format", "json").stdout
    assert [one["action"] for one in json.loads(planned)["operations"]] == [
        *("create", "create", "replace", "remove")
    ]
    assert project.run("plan", "--format", "json").stdout == planned
    project.apply()
    assert project.changes() == []


def test_compose_prints_its_model_without_values(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\nsecrets = ["TOKEN"]\n')
    project.write(".env", "TOKEN=never-to-be-shown\n")
    project.apply()
    for words in (["config", "--environment"], ["config", "--format", "json", "--environment=true"]):
        refused = project.run("compose", "--", *words, code=64).stderr
        assert "would print the values of secrets" in refused
    told = project.run("compose", "--", "config", "--no-interpolate=false").stdout
    said = project.run("compose", "--", "config").stdout
    assert told == said
    assert "redis:7" in said
    assert "never-to-be-shown" not in said
    assert "TOKEN" in said


def test_stages_digest_the_same_value_differently(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\nsecrets = ["TOKEN"]\n[stages.one]\n[stages.two]\n')
    project.environ["TOKEN"] = "same"
    specs = []
    for stage in ("one", "two"):
        project.apply("--stage", stage)
        labels = project.container("cache", stage)["Config"]["Labels"]
        specs.append(json.loads(labels["shipyard.spec"])["secrets"]["TOKEN"])
    assert len(set(specs)) == 2
    assert "same" not in specs


def test_values_of_a_provider_reach_their_containers_alone(project: Project) -> None:
    """By a command: never shown, and another value replaces who uses it and builds nothing."""
    store = project.root / "store"
    store.write_text("#!/bin/sh\ncat vault/$1\n")
    store.chmod(0o755)
    (project.root / "vault").mkdir()
    (project.root / "vault" / "TOKEN").write_text("first-5e7a\n")
    project.manifest(
        """
        provider = ["./store", "{name}"]
        [services.web]
        image = "redis:7"
        secrets = ["TOKEN"]
        [services.other]
        image = "redis:7"
        """
    )
    project.apply()
    told = docker("exec", project.container("web")["Id"], "printenv", "TOKEN")
    assert told.strip() == "first-5e7a"
    (project.root / "vault" / "TOKEN").write_text("second-91bc\n")
    plan = project.run("plan").stdout
    assert "5e7a" not in plan
    assert "91bc" not in plan
    assert project.changes() == ["service.web/replace"]
    # A store that is locked keeps nobody from looking and from stopping.
    (project.root / "vault" / "TOKEN").unlink()
    refused = project.run("plan", code=1).stderr
    assert "the provider gave no value for secret TOKEN: exit code 1" in refused
    assert project.status()["web"]["state"] == "running"
    project.run("stop", "web")
    assert project.status()["web"]["state"] == "exited"


def test_what_fails_may_say_its_secrets_and_nobody_hears_them(project: Project) -> None:
    """A command that prints what it was given, as it is and in base64; a container that does when it dies."""
    project.write(".env", "TOKEN=so-much-of-a-secret\n")
    says = 'echo "with $TOKEN"; echo "user:$TOKEN" | base64 >&2'
    text = """
        [services.cache]
        image = "redis:7"
        secrets = ["TOKEN"]
        command = ["sh", "-c", {0}]
        before_deploy = ["sh", "-c", {1}]
        health = false
        restart = "on-failure:5"
    """
    encoded = base64.b64encode(b"user:so-much-of-a-secret\n").decode()
    for command, job in ((f"{says}; exit 3", says), ("sleep 99", f"{says}; exit 4")):
        project.manifest(text.format(json.dumps(command), json.dumps(job)))
        for words in ((), ("--format", "json")):
            failed = project.apply(*words, code=None)
            assert failed.returncode in (1, 6)
            told = failed.stdout + failed.stderr
            assert "with ***" in told
            assert "so-much-of" not in told
            assert encoded[8:30] not in told
