"""Causes made real, each told by the apply that fails and by the doctor, with what mends it."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from apps import write_fastapi
from forwarded_socket import ForwardedSocket
from older_engine import older_engine
from project import Project, docker, free_port, until
from registry import registry
from second_engine import second_engine

PYTHON = "python:3.13-slim"


def python(code: str) -> str:
    return json.dumps(["python", "-uc", code])


CAUSES = {
    "module": (f"command = {python('import requests')}", "imports requests, which is not installed"),
    "program": ('command = ["gunicornn"]', "no program gunicornn"),
    "script": ('command = ["sh", "-c", "curl x"]', "no command curl"),
    "ends": (f"command = {python('print(1)')}", "did what it had to and ended"),
    "memory": (
        f"command = {python('import time; time.sleep(1); x = bytearray(10**9)')}\n"
        'resources = { memory = "32M" }',
        "more memory than its limit of 32M",
    ),
    "segfault": (f"command = {python('import os; os.kill(os.getpid(), 11)')}", "crashed in compiled code"),
    "variable": (
        f"command = {python('import os; os.environ[chr(75) * 3]')}",
        "reads the variable KKK, which it is not given",
    ),
    "name": (
        f"command = {python('import socket; raise SystemExit(str(socket.getaddrinfo(chr(120) * 9, 1)))')}",
        "asks for a host that no network that it is on knows",
    ),
    "volume": (
        f"command = {python('open(chr(47) + chr(100) + chr(47) + chr(120), chr(119))')}\n"
        'user = "10001"\nvolumes = ["data:/d"]',
        "may not write /d/x",
    ),
    "readonly": (
        f"command = {python('open(chr(47) + chr(120), chr(119))')}\nread_only = true",
        "its file system is read-only",
    ),
}


FOREIGN = """\
FROM redis:7
RUN printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\363\\0' >/program && chmod +x /program
ENTRYPOINT []
CMD ["/program"]
"""
"""A program for RISC-V, as far as its header goes."""
DJANGO = """
import os, sys
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["shop.example.com"] if os.environ["WHAT"] == "host" else ["*"],
    SECURE_SSL_REDIRECT=os.environ["WHAT"] == "redirect",
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="made up",
)
urlpatterns = [path("", lambda request: HttpResponse("hello"))]
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
RARER = """
[services.site]
python = "3.13"
command = ["gunicorn", "site_of_mine:application", "--bind", "0.0.0.0:8000"]
port = 8000
publish = []
env = { WHAT = "host" }
health = { path = "/", interval = "1s", retries = 2, start_period = "5s" }
[services.redirect]
like = "site"
port = 8000
env = { WHAT = "redirect" }
command = ["gunicorn", "site_of_mine:application", "--bind", "0.0.0.0:8000"]
health = { path = "/", interval = "1s", retries = 2, start_period = "5s" }
[services.port]
like = "site"
port = 8000
env = { WHAT = "port" }
command = ["gunicorn", "site_of_mine:application", "--bind", "0.0.0.0:9000"]
health = { path = "/", interval = "1s", retries = 2, start_period = "5s" }
[services.db]
image = "postgres:17"
secrets = { POSTGRES_PASSWORD = { as = "file" } }
volumes = ["data:/var/lib/postgresql/data"]
[services.client]
image = "postgres:17"
command = ["psql", "-h", "db", "-U", "postgres", "-c", "select 1"]
env = { PGPASSWORD = "another" }
needs = ["db"]
health = false
restart = "on-failure:4"
[services.program]
image = "redis:7"
command = ["/etc/passwd"]
health = false
[services.disk]
image = "python:3.13-slim"
command = ["python", "-c", "open('/small/file', 'wb').write(bytes(10**6))"]
tmpfs = ["/small:size=64k"]
restart = "on-failure:4"
[services.asleep]
image = "redis:7"
command = ["sleep", "infinity"]
health = false
[services.hungry]
image = "python:3.13-slim"
command = ["python", "-c", "import time; time.sleep(2); x = bytearray(10**9)"]
resources = { memory = "32M" }
health = false
[services.foreign]
build = { dockerfile = "Dockerfile.foreign" }
restart = "on-failure:4"
"""
RARER_CAUSES = {
    "site": "ALLOWED_HOSTS does not hold localhost",
    "port": "it listens on port 9000, and is asked on 8000",
    "client": "the database refuses the password of postgres",
    "program": "may not be executed",
    "disk": "disk is full",
    "foreign": "for another processor",
}


def manifest(services: dict[str, str]) -> str:
    return "".join(
        f'[services.{name}]\nimage = "{PYTHON}"\nrestart = "on-failure:4"\n{text}\n'
        for name, (text, _) in services.items()
    ).replace(
        'restart = "on-failure:4"\ncommand = ["python", "-uc", "print(1)"]', f"command = {python('print(1)')}"
    )


ARCHIVE = """\
FROM python:3.13-slim
RUN rm -rf /etc/apt/sources.list* && mkdir -p /etc/apt /repo && cd /repo \\
 && echo 'deb [trusted=yes] http://127.0.0.1:8099/ ./' >/etc/apt/sources.list \\
 && echo 'Acquire::http::Proxy "DIRECT";' >/etc/apt/apt.conf.d/99direct \\
 && printf 'Package: tool\\nVersion: 1\\nArchitecture: all\\nMaintainer: me\\n' >Packages \\
 && printf 'Filename: ./tool_1.deb\\nSize: 9\\nSHA256: %064d\\nDescription: a tool\\n' 0 >>Packages \\
 && (python3 -m http.server 8099 & sleep 2; apt-get update; kill $!)
RUN cd /repo && (python3 -m http.server 8099 & sleep 2; apt-get install -y tool)
"""
"""A package archive, looked at in one step and used in another."""


def checks(project: Project, code: int, env: dict[str, str] | None = None) -> dict[str, Any]:
    found = json.loads(project.run("doctor", "--format", "json", code=code, env=env).stdout)["checks"]
    return {one["subject"]: one for one in found}


def test_each_cause_is_told_by_apply_and_by_the_doctor(project: Project) -> None:
    project.manifest(manifest(CAUSES))
    for name, (_, cause) in CAUSES.items():
        told = project.apply(name, code=6).stderr
        assert cause in told, f"{name}: {told}"
        assert "why: " in told, name
        assert "  -> " in told, name
    found = checks(project, code=1)
    for name, (_, cause) in CAUSES.items():
        check = found[f"{project.name}-{name}-1"]
        assert check["verdict"] == "failure", name
        assert cause in check["text"], f"{name}: {check}"
        assert check["hint"], name
    text = project.run("doctor", code=1)
    assert f"FAIL  {project.name}-module-1: " in text.stdout
    assert " failed\n" in text.stderr


@pytest.mark.slow
def test_rarer_causes_are_told_by_apply_and_by_the_doctor(project: Project) -> None:
    project.write("site_of_mine.py", DJANGO)
    project.write("requirements.txt", "django==5.1.3\ngunicorn==23.0.0\n")
    project.write("Dockerfile.foreign", FOREIGN)
    project.write(".env", "POSTGRES_PASSWORD=secret-of-the-database\n")
    project.manifest(RARER)
    # One that sends everybody on to https answers.
    project.apply("redirect")
    for name, cause in RARER_CAUSES.items():
        told = project.apply(name, code=6).stderr
        assert cause in told, f"{name}: {told}"
        assert "  -> " in told, name
    found = checks(project, code=1)
    for name, cause in RARER_CAUSES.items():
        assert cause in found[f"{project.name}-{name}-1"]["text"], name
    # One that was told to stop.
    project.apply("asleep")
    docker("kill", "-s", "TERM", project.container("asleep")["Id"])
    until(lambda: project.container("asleep")["State"]["Status"] == "exited")
    stopped = checks(project, code=1)[f"{project.name}-asleep-1"]
    assert "shipyard start asleep" in stopped["hint"]
    # The kernel takes a worker of it again and again, and its state forgets that.
    project.apply("hungry", code=6)
    hungry = checks(project, code=1)[f"{project.name}-hungry-1"]
    assert "more memory than its limit of 32M" in hungry["text"]


def test_what_serves_where_nobody_asks(project: Project) -> None:
    """A wrong page and a wrong entry point fail their check; on loopback the check, inside, is content."""
    write_fastapi(project)
    begin = ("uvicorn", "main:app", "--host")
    text = """
        [services.web]
        python = "3.13"
        port = 8000
        publish = []
        command = {0}
        [services.web.health]
        interval = "1s"
        retries = 2
        start_period = "{2}"
        {1}
    """
    cases = (
        ([*begin, "0.0.0.0"], 'path = "/helth"', "knows no such page (404)"),
        (["uvicorn", "main:ap", "--host", "0.0.0.0"], "", "module main has no ap"),
    )
    for command, path, cause in cases:
        project.manifest(text.format(json.dumps(command), path, "5s"))
        told = project.apply(code=6).stderr
        assert "why: " in told, told
        assert cause in told, told
    alone = "it listens on 127.0.0.1:8000, inside its container alone"
    inside = text.format(json.dumps([*begin, "127.0.0.1"]), "", "20s")
    project.manifest(inside)
    assert f"warning: {project.name}-web-1: {alone}\n  -> make it listen on 0.0.0.0" in project.apply().stderr
    found = json.loads(project.run("doctor", "--format", "json").stdout)["checks"]
    warnings = [one for one in found if one["verdict"] == "warning"]
    assert [one["text"] for one in warnings] == [alone]
    # What is published and reached by nobody is no matter of taste.
    project.manifest(inside.replace("publish = []", f'publish = ["{free_port()}:8000"]'))
    project.apply()
    found = json.loads(project.run("doctor", "--format", "json", code=1).stdout)["checks"]
    assert [one["text"] for one in found if one["verdict"] == "failure"] == [alone]


def test_what_says_nothing_of_where_it_listens(project: Project) -> None:
    """The machine knows it; and of a check that ends in a traceback its last line tells."""
    serving = (
        "import http.server as h; h.HTTPServer(('{0}', 8000), h.SimpleHTTPRequestHandler).serve_forever()"
    )
    text = """
        [services.{0}]
        image = "python:3.13-slim"
        command = {1}
        port = 8000
        publish = ["{2}:8000"]
        health = {3}
    """
    quiet = json.dumps(["python", "-c", serving.format("127.0.0.1")])
    lost = json.dumps(["python", "-c", serving.format("0.0.0.0")])
    asked = '{ path = "/nope", interval = "1s", retries = 1, start_period = "2s" }'
    project.manifest(
        text.format("quiet", quiet, free_port(), "false") + text.format("lost", lost, free_port(), asked)
    )
    told = project.apply(code=6).stderr
    page = "its health check asks for /nope, and the application knows no such page (404)"
    assert "said: urllib.error.HTTPError: HTTP Error 404: File not found" in told
    assert f"why: {page}" in told
    found = checks(project, code=1)
    assert (
        found[f"{project.name}-quiet-1"]["text"] == "it listens on 127.0.0.1:8000, inside its container alone"
    )
    assert page in found[f"{project.name}-lost-1"]["text"]


def test_a_port_that_a_process_holds(project: Project) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        project.manifest(f'[services.cache]\nimage = "redis:7"\npublish = ["{port}:6379"]\n')
        check = checks(project, code=1)["service.cache"]
        assert str(port) in check["text"]
        assert check["hint"]


def test_a_healthy_machine_and_project(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    before = checks(project, code=0)
    assert before["services.cache"]["verdict"] == "warning"
    project.apply()
    found = checks(project, code=0)
    machine = {"Docker Engine", "Docker Compose", "Buildx", "disk", "memory", "clock"}
    assert {"shipyard.toml", *machine} <= found.keys()
    assert found[f"{project.name}-cache-1"] == {
        "subject": f"{project.name}-cache-1", "verdict": "ok", "text": "running, healthy", "hint": "",
    }  # fmt: skip
    assert project.changes() == []


def test_what_is_not_there(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\nsecrets = ["WORD"]\n')
    found = checks(project, code=1)
    assert found["secret WORD"]["hint"] == "shipyard secret set WORD"
    gone = json.loads(
        project.run("doctor", "--format", "json", env={"DOCKER_HOST": "unix:///nowhere"}, code=1).stdout
    )["checks"]
    assert "no Docker engine is running there" in gone[-1]["text"]
    project.manifest("[services.cache]\nimage = 7\nprot = 1\n")
    found = checks(project, code=1)
    assert sum(one["verdict"] == "failure" for one in found.values()) >= 1
    assert found["Docker Engine"]["verdict"] == "ok"


def test_clocks_that_differ(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    with tempfile.TemporaryDirectory() as folder, older_engine(Path(folder) / "s", ahead=600) as url:
        clock = checks(project, code=0, env={"DOCKER_HOST": url})["clock"]
    assert clock["verdict"] == "warning"
    assert clock["text"] in [f"the engine's clock is {n} s ahead of this one" for n in (599, 600, 601)]
    assert "NTP" in clock["hint"]


def test_what_is_too_old(project: Project, tmp_path: Path) -> None:
    """An engine that says so of itself, and a Compose in the place of the other."""
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    with tempfile.TemporaryDirectory() as folder, older_engine(Path(folder) / "s", "24.0.9") as url:
        for command in ("plan", "apply", "status"):
            told = project.run(command, env={"DOCKER_HOST": url}, code=1).stderr
            assert "Docker Engine 24.0.9 is too old: Shipyard needs 25 or newer" in told, command
            assert "-> upgrade the engine" in told, command
        found = checks(project, code=1, env={"DOCKER_HOST": url})
        assert "24.0.9 is too old: Shipyard needs 25.0 or newer" in found["Docker Engine"]["text"]
    compose = tmp_path / "cli-plugins" / "docker-compose"
    compose.parent.mkdir()
    compose.write_text("#!/bin/sh\necho 2.20.3\n")
    compose.chmod(0o755)
    env = {"DOCKER_CONFIG": str(tmp_path)}
    told = project.apply(env=env, code=1).stderr
    assert "Docker Compose 2.20.3 is too old: Shipyard needs 2.26 or newer" in told
    assert "2.20.3 is too old" in checks(project, code=1, env=env)["Docker Compose"]["text"]
    assert project.ids() == []


@pytest.mark.slow
def test_package_lists_in_the_cache_that_the_archive_has_left_behind(project: Project) -> None:
    """Two steps of a Dockerfile, the first from before a package's new version."""
    project.write("Dockerfile", ARCHIVE)
    project.manifest('[services.web]\nbuild = { dockerfile = "Dockerfile" }\nport = 80\npublish = []\n')
    told = project.apply(code=1).stderr
    assert "package lists that name what the archive no longer has" in told
    assert "shipyard build --no-cache" in told


FULL = """
[services.web]
build = { dockerfile = "Dockerfile" }
health = false
"""


@pytest.mark.slow
def test_an_engine_whose_disk_is_full(project: Project) -> None:
    project.manifest(FULL)
    project.write("Dockerfile", 'FROM scratch\nCOPY large /large\nCMD ["/large"]\n')
    (project.root / "large").write_bytes(os.urandom(80_000_000))
    with second_engine(room="64m") as small:
        project.environ["DOCKER_HOST"] = small.url
        told = project.apply(code=1).stderr
        assert "why: the engine's disk is full" in told
        assert "`docker builder prune` and `shipyard prune` free it" in told
        disk = checks(project, code=1)["disk"]
        assert disk["verdict"] == "failure"
        assert disk["text"].startswith("0.")
        assert "docker builder prune" in disk["hint"]


def test_a_socket_that_may_not_be_used(project: Project) -> None:
    """By one who may read and write only what its owner and mode let it, which root is else not asked."""
    project.manifest('[services.cache]\nimage = "redis:7"\n')
    with tempfile.TemporaryDirectory() as folder:
        through = ForwardedSocket(Path(folder) / "s")
        try:
            (Path(folder) / "s").chmod(0)
            for command in ("plan", "apply", "doctor", "status", "logs"):
                words = [
                    sys.executable,
                    "-m",
                    "shipyard",
                    command,
                    *(["--yes"] if command == "apply" else []),
                ]
                held = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
                done = subprocess.run(
                    [*(held if os.geteuid() == 0 else []), *words],
                    cwd=project.root,
                    env=project.environment({"DOCKER_HOST": through.url}),
                    capture_output=True,
                    text=True,
                    check=False,
                )
                said = done.stdout + done.stderr
                assert done.returncode == 1, said
                assert "no permission to use the Docker engine's socket" in said, command
                assert "join the group that owns the socket" in said, command
        finally:
            through.cut()


def test_registries_that_are_needed(project: Project, tmp_path: Path) -> None:
    port = free_port()
    address = f"127.0.0.1:{port}"
    project.manifest(
        f"""
        registry = "{address}"
        [services.web]
        build = {{ dockerfile = "Dockerfile" }}
        health = false
        [services.cache]
        image = "{address}/nothing:1"
        health = false
        """
    )
    project.write("Dockerfile", "FROM redis:7\n")
    client = tmp_path / "client"
    client.mkdir()
    project.environ["DOCKER_CONFIG"] = str(client)
    away = checks(project, code=1)
    assert away[f"registry {address}"]["verdict"] == "failure"
    assert "nothing answers the engine there" in away[f"registry {address}"]["hint"]
    assert away[f"image {address}/nothing:1"]["verdict"] == "failure"
    with registry(tmp_path, port=port, private=True):
        refused = checks(project, code=1)[f"registry {address}"]
        assert refused["verdict"] == "warning"
        assert f"docker login {address}" in refused["hint"]
        login = base64.b64encode(b"shop:let-me-in").decode()
        (client / "config.json").write_text(json.dumps({"auths": {address: {"auth": login}}}))
        found = checks(project, code=1)
        assert found[f"registry {address}"] == {
            "subject": f"registry {address}", "verdict": "ok", "text": "answers the engine", "hint": "",
        }  # fmt: skip
        missing = found[f"image {address}/nothing:1"]
        assert missing["verdict"] == "failure"
        assert "has no such image or tag" in missing["hint"]


def test_a_database_that_is_not_ready(project: Project) -> None:
    """Nobody waits for it: its client is there first, and ends."""
    ask = "until getent hosts db; do sleep 0.1; done; exec psql -h db -U postgres -c 'select 1'"
    project.manifest(
        f"""
        [services.db]
        image = "postgres:17"
        command = ["sleep", "infinity"]
        health = false
        [services.client]
        image = "postgres:17"
        command = {json.dumps(["sh", "-c", ask])}
        env = {{ PGPASSWORD = "x" }}
        health = false
        restart = "on-failure:4"
        """
    )
    told = project.apply(code=6).stderr
    assert "why: db was not ready when it asked" in told
    assert 'needs = ["db"]' in told
    assert "db was not ready" in checks(project, code=1)[f"{project.name}-client-1"]["text"]


def test_a_build_that_fails_tells_why(project: Project) -> None:
    write_fastapi(project)
    project.write("requirements.txt", "djangoo-that-is-nowhere==1\n")
    project.manifest('[services.web]\npython = "3.13"\nport = 8000\npublish = []\ncommand = ["true"]\n')
    told = project.apply(code=1).stderr
    assert "why: there is no package djangoo-that-is-nowhere" in told
    assert "look for a slip in its name" in told


def test_what_was_mended_is_well_again(project: Project) -> None:
    port = free_port()
    project.manifest(f'[services.cache]\nimage = "redis:7"\npublish = ["{port}:6379"]\n')
    project.apply()
    docker("stop", "-t", "1", project.container("cache")["Id"])
    time.sleep(0.2)
    stopped = checks(project, code=1)[f"{project.name}-cache-1"]
    assert stopped["verdict"] == "failure"
    assert "is exited; `shipyard stop`, the end of `shipyard dev` or somebody stopped it" in stopped["text"]
    assert stopped["hint"] == "`shipyard start cache` starts it"
    with socket.socket() as held:
        held.bind(("127.0.0.1", port))
        held.listen()
        told = project.run("start", "cache", code=1).stderr
        assert f"why: port {port} of the engine's machine is held by something else" in told
        assert f"docker ps --filter publish={port}" in told
    project.run("start", "cache")
    assert checks(project, code=0)[f"{project.name}-cache-1"]["verdict"] == "ok"


def test_a_volume_that_its_user_may_not_write(project: Project) -> None:
    project.manifest(
        """
        [services.web]
        image = "redis:7"
        user = "10001:10001"
        command = ["sleep", "infinity"]
        health = false
        volumes = ["media:/media", "media:/again:ro"]
        """
    )
    project.apply()
    container, name = project.container("web")["Id"], f"{project.name}_media"
    docker("exec", "-u", "0", container, "chown", "0:0", "/media")
    found = checks(project, code=1)[f"volume {name}"]
    assert found["text"] == "belongs to 0:0, and web, which is 10001:10001, may not write into it"
    assert found["hint"] == f"`shipyard volumes mend {name}` gives it to its user"
    said = project.run("volumes").stdout
    assert "0:0, not web" in said
    assert "`shipyard volumes mend media`" in said
    docker("exec", "-u", "0", container, "chmod", "777", "/media")
    assert f"volume {name}" not in checks(project, code=0)
    docker("exec", "-u", "0", container, "chmod", "755", "/media")
    project.run("volumes", "mend", name)
    assert f"volume {name}" not in checks(project, code=0)


def test_of_jobs_only_the_last_counts(project: Project) -> None:
    service = """
        [services.web]
        image = "redis:7"
        health = false
        before_deploy = {}
        """
    for command in ('["sh", "-c", "echo one; exit 3"]', '["sh", "-c", "echo two; exit 4"]'):
        project.manifest(service.format(command))
        project.apply(code=6)
        time.sleep(1)
    found = json.loads(project.run("doctor", "--format", "json", code=1).stdout)["checks"]
    jobs = [one["text"] for one in found if one["subject"] == "job.web"]
    assert len(jobs) == 1
    assert "exit code 4" in jobs[0]
    project.manifest(service.format('["true"]'))
    project.apply()
    assert "job.web" not in checks(project, code=0)
