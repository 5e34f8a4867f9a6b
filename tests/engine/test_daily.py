"""Daily work on services by name: what docker's own commands do, with their terminals, signals and codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from project import Project, docker, until
from terminal import terminal

MANIFEST = """
    [services.cache]
    image = "redis:7"
    secrets = ["WORD"]
    volumes = ["data:/data"]

    [services.talker]
    image = "redis:7"
    command = ["sh", "-c", "trap 'exit 0' TERM; i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done"]
    needs = ["cache"]
    health = false
    tmpfs = ["/data"]
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.manifest(MANIFEST)
    project.write(".env", "WORD=o$pen 'sesame'\n")
    project.apply()
    return project


def states(project: Project) -> dict[str, str]:
    return {name: project.container(name)["State"]["Status"] for name in ("cache", "talker")}


def test_exec_is_the_commands_own(shop: Project) -> None:
    done = shop.run("exec", "cache", "sh", "-c", "echo out; echo err >&2; exit 7", code=7)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")
    assert shop.run("exec", "-e", "A=b c", "-w", "/tmp", "cache", "sh", "-c", "pwd; echo $A").stdout == (
        "/tmp\nb c\n"
    )
    # Words of its own that look like ours are the command's.
    assert "Example" not in shop.run("exec", "cache", "ls", "--help").stdout
    assert shop.run("exec", "cache", "--", "echo", "--").stdout == "--\n"
    piped = subprocess.run(
        [sys.executable, "-m", "shipyard", "exec", "cache", "cat"],
        cwd=shop.root,
        env=shop.environment(),
        input="what is piped in",
        capture_output=True,
        text=True,
        check=True,
    )
    assert piped.stdout == "what is piped in"
    with terminal(shop, "exec", "cache", "sh") as screen:
        screen.type("tty; stty size >/dev/null && echo terminal-$((40+2))\n")
        screen.wait_for("terminal-42")
        screen.type("sleep 60\n")
        time.sleep(0.5)
        screen.type("\x03")
        screen.type("echo alive-$((1+1))\n")
        screen.wait_for("alive-2")
        screen.type("exit 3\n")
        assert screen.ended() == 3


def test_shell_opens_what_there_is(shop: Project) -> None:
    with terminal(shop, "shell", "cache") as screen:
        screen.type("echo $0-$((1+1))\n")
        screen.wait_for("bash-2")
        screen.type("exit\n")
        assert screen.ended() == 0


def test_logs_of_one_and_of_several(shop: Project) -> None:
    alone = shop.run("logs", "--tail", "2", "talker").stdout.splitlines()
    assert len(alone) == 2
    assert all(line.startswith("tick ") for line in alone)
    several = shop.run("logs", "--tail", "1").stdout
    assert {line.partition("|")[0].strip() for line in several.splitlines()} == {"cache-1", "talker-1"}
    timed = shop.run("logs", "-t", "--tail", "1", "talker").stdout
    assert timed.startswith("20")
    lines = shop.run("logs", "--tail", "2", "--format", "json").stdout.splitlines()
    told = [json.loads(line) for line in lines]
    assert {(one["service"], one["replica"]) for one in told} == {("cache", 1), ("talker", 1)}
    assert all(one["time"].startswith("20") for one in told)
    assert [one for one in told if one["text"].startswith("tick ")]
    with terminal(shop, "logs", "-f", "--tail", "0", "--format", "json", "talker") as screen:
        screen.wait_for('"text": "tick ')
        # Compose tells that one ends, in words of its own.
        docker("restart", "-t", "1", shop.container("talker")["Id"])
        screen.wait_for("exited with code")
        screen.wait_for('"text": "tick ')
        screen.type("\x03")
        assert screen.ended() == 130
    with terminal(shop, "logs", "-f", "--tail", "0", "talker", "cache") as screen:
        screen.wait_for("tick")
        screen.wait_for("tick")
        screen.type("\x03")
        assert screen.ended() == 130


def test_run_has_all_that_the_service_has_and_leaves_nothing(shop: Project) -> None:
    before = shop.ids()
    script = "echo $WORD; redis-cli -h cache ping; touch /data/there; exit 5"
    done = shop.run("run", "cache", "sh", "-c", script, code=5)
    assert done.stdout == "o$pen 'sesame'\nPONG\n"
    assert shop.ids() == before
    shop.run("exec", "cache", "test", "-f", "/data/there")
    assert shop.changes() == []
    with terminal(shop, "run", "-e", "A=b", "cache", "sh") as screen:
        screen.type("echo $A-$((1+1))\n")
        screen.wait_for("b-2")
        # Beside what a plan looks at.
        assert shop.changes() == []
        assert "runs beside it, by `shipyard run`" in shop.run("status").stdout
        screen.type("exit 4\n")
        assert screen.ended() == 4
    assert shop.ids() == before
    # One that is told to end takes its container along.
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(
            [sys.executable, "-m", "shipyard", "run", "cache", "sleep", "300"],
            cwd=shop.root,
            env=shop.environment(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(lambda: shop.ids() != before)
        time.sleep(1)
        process.send_signal(number)
        assert process.wait(60) == 130
        until(lambda: shop.ids() == before)
    shop.manifest(MANIFEST.replace('"data:/data"', '"other:/data"'))
    refused = shop.run("run", "cache", "true", code=1)
    assert f"volume {shop.name}_other" in refused.stderr
    assert "`shipyard apply` makes it" in refused.stderr


def test_stop_start_and_restart_in_the_order_of_needs(shop: Project) -> None:
    ids = shop.ids()
    said = shop.run("stop").stdout.splitlines()
    assert said == [f"stopped {shop.name}-talker-1", f"stopped {shop.name}-cache-1"]
    assert set(states(shop).values()) == {"exited"}
    assert sorted(shop.changes()) == ["service.cache/start", "service.talker/start"]
    refused = shop.run("exec", "cache", "true", code=1)
    assert "`shipyard start cache` starts it" in refused.stderr
    assert shop.run("stop").stdout == ""
    said = shop.run("start").stdout.splitlines()
    assert said == [f"started {shop.name}-cache-1", f"started {shop.name}-talker-1"]
    assert set(states(shop).values()) == {"running"}
    began = shop.container("cache")["State"]["StartedAt"]
    assert shop.run("restart", "cache").stdout == f"restarted {shop.name}-cache-1\n"
    assert shop.container("cache")["State"]["StartedAt"] > began
    assert shop.container("cache")["State"]["Health"]["Status"] == "healthy"
    assert shop.ids() == ids, "the same containers"
    assert shop.changes() == []
    docker("pause", shop.container("talker")["Id"])
    shop.run("start", "talker")
    assert states(shop)["talker"] == "running"


def test_scale_lasts_until_the_next_apply(shop: Project) -> None:
    said = shop.run("scale", "talker=3").stdout
    assert said == "talker has 3 replicas, and had 1\n"
    (operation,) = shop.plan()["operations"]
    assert operation["id"] == "service.talker/scale"
    assert operation["causes"] == [{"kind": "drift", "path": "replicas", "declared": 1, "found": 3}]
    assert shop.run("exec", "--index", "3", "talker", "hostname").stdout
    refused = shop.run("exec", "--index", "9", "talker", "true", code=1)
    assert "there are: 1, 2, 3" in refused.stderr
    shop.run("scale", "talker=2")
    assert shop.run("scale", "talker=2").stdout == "talker has 2 replicas, and had 2\n"
    shop.apply()
    assert shop.changes() == []
    for words, code, told in (
        (("talker=0",), 64, "shipyard stop talker"),
        (("talker",), 64, "write talker=3"),
        (("cache=2",), 1, "data"),
        (("talkr=2",), 64, "did you mean talker?"),
    ):
        assert told in shop.run("scale", *words, code=code).stderr


def test_stats_of_what_runs(shop: Project) -> None:
    said = shop.run("stats", "--no-stream").stdout
    assert f"{shop.name}-cache-1" in said
    assert f"{shop.name}-talker-1" in said
    found = json.loads(shop.run("stats", "--format", "json").stdout)["containers"]
    assert {one["service"]: one["container"] for one in found} == {
        name: f"{shop.name}-{name}-1" for name in ("cache", "talker")
    }
    for one in found:
        assert 0 < one["memory"] < one["memory_limit"]
        assert 0 <= one["cpu"] < 400
        assert one["processes"] >= 1
    shop.run("stop", "talker")
    assert "none of these services runs" in shop.run("stats", "--no-stream", "talker", code=1).stderr


def test_others_deployments_are_not_seen(shop: Project, project: Project) -> None:
    docker("run", "-d", "--name", f"{shop.name}-stranger", "--label", "shipyard.project=other", "redis:7")
    try:
        listed = json.loads(shop.run("status", "--format", "json").stdout)["services"]
        assert {one["name"] for one in listed} == {"cache", "talker"}
        assert "stranger" not in shop.run("stats", "--no-stream").stdout
    finally:
        docker("rm", "-f", f"{shop.name}-stranger")


def test_images_and_what_is_left_of_them(project: Project) -> None:
    project.write("Dockerfile", "FROM redis:7\nCOPY word /word\n")
    project.manifest('[services.web]\nbuild.dockerfile = "Dockerfile"\n[services.cache]\nimage = "redis:7"\n')
    references = []
    for word in ("one", "two"):
        project.write("word", word)
        project.apply()
        references.append(project.container("web")["Config"]["Image"])
    listed = json.loads(project.run("images", "--format", "json").stdout)["images"]
    assert [(one["image"], one["services"]) for one in listed] == [
        (references[1], ["web"]),
        ("redis:7", ["cache"]),
        (references[0], []),
    ]
    assert listed[0]["containers"] == [f"{project.name}-web-1"]
    assert listed[0]["size"] > 10**7
    assert references[0] in project.run("images").stdout

    # Another build of the same inputs leaves one without a name; a container that ran once is left too.
    docker("run", "--name", f"{project.name}-stranger", "-d", references[0])
    docker("kill", f"{project.name}-stranger")
    own = project.container("web")["Config"]["Labels"]
    marks = [
        f"--label={key}={own[key]}" for key in ("shipyard.project", "shipyard.stage", "shipyard.service")
    ]
    once = docker("run", "-d", *marks, "--label", "com.docker.compose.oneoff=True", "redis:7", "true")
    docker("wait", once)
    said = project.run("prune").stdout
    assert once in project.ids()
    assert "container" in said
    assert references[0] not in said, "somebody's container is made of it"
    docker("rm", f"{project.name}-stranger")
    said = project.run("prune").stdout
    assert references[0] in said
    assert references[1] not in said
    assert "redis:7" not in said
    listed = json.loads(project.run("prune", "--format", "json").stdout)
    assert [one["references"] for one in listed["images"]] == [[references[0]]]
    assert [one["id"] for one in listed["containers"]] == [once]
    assert (listed["removed"], listed["bytes"]) == (False, sum(one["bytes"] for one in listed["images"]))
    project.run("prune", "--yes")
    assert once not in project.ids()
    assert docker("image", "ls", "-q", references[0]) == ""
    assert project.run("prune").stdout == "nothing to remove\n"
    assert project.changes() == []


def test_status_on_a_terminal_goes_on_looking(shop: Project) -> None:
    with terminal(shop, "status", "--watch") as screen:
        screen.wait_for("talker")
        shop.run("stop", "talker")
        screen.wait_for("exited")
        screen.type("\x03")
        assert screen.ended() == 130
    assert "draws on a terminal" in shop.run("status", "--watch", code=64).stderr
