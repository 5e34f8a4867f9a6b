"""`shipyard dev` at a terminal: edits are seen, what they ask for is built, Ctrl-C leaves all in order."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from apps import write_fastapi
from forwarded_socket import ForwardedSocket
from project import Project, docker, fetch, free_port, until
from second_engine import hand_over, second_engine
from ssh_server import ssh_server
from terminal import Terminal, terminal

UP = "edit, and see"
PATIENCE = 120
SEEN = 15.0
"""Seconds for an edit to be answered, of which a busy machine takes most: on an idle one it is under 2."""


def write_shop(project: Project) -> str:
    """An application and a worker of its image that both say the word of a module; its URL."""
    port = free_port()
    write_fastapi(project)
    main = (project.root / "main.py").read_text().replace('{"greeting": "hello"}', '{"greeting": WORD}')
    project.write("main.py", f"from word import WORD\n{main}")
    project.write("word.py", 'WORD = "hello"\n')
    project.write(
        "work.py", 'import time\nfrom word import WORD\nprint("working at", WORD)\ntime.sleep(999)\n'
    )
    project.manifest(f"""
        [services.web]
        publish = ["{port}:8000"]
        health = "/"

        [services.worker]
        like = "web"
        command = ["python", "work.py"]
        stop_timeout = 1

        [stages.dev]
        mode = "develop"
    """)
    return f"http://127.0.0.1:{port}/"


def say(project: Project, word: str) -> None:
    (project.root / "word.py").write_text(f'WORD = "{word}"\n')


def seconds_until(url: str, word: str) -> float:
    """How long it takes until a word is answered."""
    began = time.monotonic()
    while word not in answered(url):
        assert time.monotonic() - began < 2 * SEEN, f"{word!r} was not answered"
        time.sleep(0.05)
    return time.monotonic() - began


def answered(url: str) -> str:
    try:
        return fetch(url, patience=0)[1]
    except OSError:
        return ""


def in_app(project: Project, name: str) -> bool:
    container = project.container("web")["Id"]
    return bool(docker("exec", container, "sh", "-c", f"ls /app/{name} 2>/dev/null || true"))


def end(screen: Terminal) -> int:
    screen.type("\x03")
    return screen.ended()


def states(project: Project) -> dict[str, str]:
    return {name: project.container(name)["State"]["Status"] for name in ("web", "worker")}


def test_edits_are_seen_and_the_end_is_clean(project: Project) -> None:
    url = write_shop(project)
    with terminal(project, "dev") as screen:
        screen.wait_for("working at hello", PATIENCE)
        screen.wait_for(UP, PATIENCE)
        assert "hello" in answered(url)
        taken = []
        for word in ("one", "two", "three"):
            say(project, word)
            taken.append(seconds_until(url, word))
            screen.wait_for(f"working at {word}")
        print("from a saved edit to its answer:", ", ".join(f"{one:.2f} s" for one in taken))
        assert statistics.median(taken) < SEEN
        # Nobody is kept from deploying meanwhile.
        assert json.loads(project.run("lease", "--format", "json").stdout)["lease"] is None
        project.write("pages/new.html", "<p>")
        until(lambda: in_app(project, "pages/new.html"))
        (project.root / "pages/new.html").unlink()
        until(lambda: not in_app(project, "pages"))
        project.write("part/code.py", "")
        until(lambda: in_app(project, "part/code.py"))
        docker("exec", "-u0", project.container("web")["Id"], "python", "-c", "import part.code")
        (project.root / "part/code.py").unlink()
        until(lambda: not in_app(project, "part"))

        requirements = project.root / "requirements.txt"
        before = project.container("web")["Id"]
        kept = [line for line in requirements.read_text().splitlines() if not line.startswith("httptools")]
        requirements.write_text("\n".join(kept) + "\n")
        screen.wait_for("build.dependencies.httptools", PATIENCE)
        screen.wait_for(UP, PATIENCE)
        assert project.container("web")["Id"] != before
        assert "three" in answered(url)

        say(project, "last")
        seconds_until(url, "last")
        assert end(screen) == 0
        assert "Traceback" not in screen.shown
    assert not set(states(project).values()) & {"running", "restarting"}
    planned = {one["id"]: one for one in project.plan()["operations"]}
    assert sorted(planned) == ["image.web/build", "service.web/replace", "service.worker/replace"]
    kinds = {cause["kind"] for one in planned.values() for cause in one["causes"]}
    assert "drift" not in kinds
    (cause,) = planned["image.web/build"]["causes"]
    assert (cause["kind"], cause["changed"]) == ("files", ["word.py"])
    # Taken back, there is nothing but to start what was applied last, and it is not what was edited.
    say(project, "three")
    assert sorted(project.changes()) == ["service.web/start", "service.worker/start"]
    project.run("start")
    assert "three" in fetch(url)[1]
    assert project.changes() == []


def test_one_that_is_killed_leaves_no_edit_to_the_next(project: Project) -> None:
    url = write_shop(project)
    with terminal(project, "dev", "web") as screen:
        screen.wait_for(UP, PATIENCE)
        say(project, "edited")
        seconds_until(url, "edited")
        screen.process.send_signal(signal.SIGKILL)
        screen.process.wait()
    say(project, "hello")
    # The source is as it was; what runs is not.
    (cause,) = project.operation("service.web/replace", "web")["causes"]
    assert (cause["kind"], cause["path"]) == ("drift", "files")
    with terminal(project, "dev", "web") as screen:
        screen.wait_for("replace", PATIENCE)
        screen.wait_for(UP, PATIENCE)
        assert "hello" in answered(url)
        screen.process.terminate()
        assert screen.ended() == 0


def test_a_build_that_fails_is_told_and_tried_again(project: Project) -> None:
    project.write("Dockerfile", "FROM redis:7\nCOPY word /word\n")
    project.write("word", "one")
    project.manifest('[services.web]\nbuild.dockerfile = "Dockerfile"\nhealth = false\n')
    with terminal(project, "dev") as screen:
        screen.wait_for('default does not say mode = "develop"')
        screen.wait_for(UP, PATIENCE)
        project.write("Dockerfile", "FROM redis:7\nRUN false\n")
        screen.wait_for("the next edit tries again", PATIENCE)
        assert project.container("web")["State"]["Running"]
        with (project.root / "shipyard.toml").open("a") as file:
            file.write("port = \n")
        screen.wait_for("error: ", PATIENCE)
        project.manifest('[services.web]\nbuild.dockerfile = "Dockerfile"\nhealth = false\n')
        project.write("Dockerfile", "FROM redis:7\nCOPY word /word\nCOPY word /again\n")
        screen.wait_for(UP, PATIENCE)
        assert docker("exec", project.container("web")["Id"], "cat", "/again") == "one"
        assert end(screen) == 0
    assert project.container("web")["State"]["Status"] == "exited"
    assert project.changes() == ["service.web/start"]


def test_an_edit_while_it_is_built_is_built_as_well(project: Project) -> None:
    step = f"RUN echo {project.name} && sleep 4"
    project.write("Dockerfile", f"FROM redis:7\nCOPY word /word\n{step}\n")
    project.write("word", "one")
    project.manifest('[services.web]\nbuild.dockerfile = "Dockerfile"\nhealth = false\n')
    with terminal(project, "dev") as screen:
        screen.wait_for(step, PATIENCE)
        project.write("word", "two")
        screen.wait_for("the source of web was edited while it was built; word: once more", PATIENCE)
        screen.wait_for(UP, PATIENCE)
        assert docker("exec", project.container("web")["Id"], "cat", "/word") == "two"
        assert end(screen) == 0


def test_an_engine_that_goes_away_ends_it(project: Project, tmp_path: Path) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n[stages.dev]\n')
    with_socket = ForwardedSocket(tmp_path / "engine.sock")
    project.environ["DOCKER_HOST"] = with_socket.url
    try:
        with terminal(project, "dev") as screen:
            screen.wait_for(UP, PATIENCE)
            with_socket.cut()
            assert screen.ended() == 1
            assert "the engine did not answer" in screen.shown
    finally:
        project.environ.clear()
    project.run("stop")


@pytest.mark.slow
def test_edits_reach_an_engine_behind_ssh(project: Project, tmp_path: Path) -> None:
    """Over the one connection of the run; what is published is published there, so it is asked there."""
    asks = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/').read())"
    with second_engine() as other, ssh_server(tmp_path) as server:
        hand_over("python:3.13-slim", other.url)
        write_shop(project)
        manifest = (project.root / "shipyard.toml").read_text()
        socket = other.url.removeprefix("unix://")
        project.write("shipyard.toml", f'{manifest}\nengine = "{server.address}{socket}"\n')
        project.environ["PATH"] = server.path
        before = server.logins
        with terminal(project, "dev") as screen:
            screen.wait_for("working at hello", PATIENCE)
            screen.wait_for(UP, PATIENCE)
            say(project, "there")
            screen.wait_for("working at there", PATIENCE)
            assert server.logins == before + 1
            until(lambda: "there" in project.run("exec", "web", "python", "-c", asks, code=None).stdout)
            assert end(screen) == 0
            assert "Traceback" not in screen.shown
        mine = f"label=shipyard.project={project.name}"
        assert other.docker("ps", "-q", "--filter", mine) == ""
        assert len(other.docker("ps", "-aq", "--filter", mine).split()) == 2
        assert project.ids() == []


def test_it_is_for_development(project: Project) -> None:
    project.manifest('[services.cache]\nimage = "redis:7"\n[stages.prod]\n')
    refused = project.run("dev", "--stage", "prod", code=1).stderr
    assert "stage prod is not one of development" in refused
    assert project.ids() == []


def test_its_own_output_is_no_edit(project: Project) -> None:
    project.write("Dockerfile", "FROM redis:7\nCOPY . /project\n")
    project.manifest('[services.web]\nbuild.dockerfile = "Dockerfile"\nhealth = false\n')
    words = [sys.executable, "-m", "shipyard", "dev"]
    with (project.root / "said").open("wb") as said:
        done = subprocess.run(words, cwd=project.root, env=project.environment(), stderr=said, check=False)
    assert done.returncode == 64
    told = (project.root / "said").read_text()
    assert "what it prints goes to said, a file of web" in told
    assert "*.log, which reaches no build" in told
    assert project.ids() == []


def test_what_others_do_meanwhile_is_told_and_mended_by_the_next_edit(project: Project) -> None:
    url = write_shop(project)
    with terminal(project, "dev") as screen:
        screen.wait_for(UP, PATIENCE)
        process = screen.process.pid
        refused = project.run("dev", code=1).stderr
        assert f"`shipyard dev` of stage dev runs already, as process {process}" in refused

        # An edit reaches what runs, though what it is edited to cannot be built.
        requirements = project.root / "requirements.txt"
        before = requirements.read_text()
        requirements.write_text(f"{before}no-such-package-anywhere==1\n")
        screen.wait_for("the next edit tries again", PATIENCE)
        say(project, "meanwhile")
        seconds_until(url, "meanwhile")
        requirements.write_text(before)
        screen.wait_for(UP, PATIENCE)

        project.run("stop", "worker", "--lease-wait", "1m")
        screen.wait_for("worker: what was started here was stopped, removed or replaced", PATIENCE)
        say(project, "there")
        screen.wait_for("working at there", PATIENCE)
        screen.wait_for(UP, PATIENCE)
        assert "there" in answered(url)

        # An image of another edit, by another run.
        say(project, "applied")
        screen.wait_for("working at applied", PATIENCE)
        project.run("apply", "--yes", "--lease-wait", "1m")
        screen.wait_for("web, worker: what was started here was stopped, removed or replaced", PATIENCE)
        say(project, "after")
        screen.wait_for("working at after", PATIENCE)
        screen.wait_for(UP, PATIENCE)
        seconds_until(url, "after")

        docker("rm", "-f", project.container("web")["Id"])
        screen.wait_for("web: what was started here was stopped, removed or replaced", PATIENCE)
        say(project, "again")
        screen.wait_for(UP, PATIENCE)
        seconds_until(url, "again")
        assert end(screen) == 0
        assert "Traceback" not in screen.shown


def test_what_is_written_without_end_is_named_and_waited_for(project: Project) -> None:
    project.write("Dockerfile", f"FROM redis:7\nCOPY . /project\nRUN echo {project.name} && sleep 1\n")
    project.manifest('[services.web]\nbuild.dockerfile = "Dockerfile"\nhealth = false\n')
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(0.1):
            project.write("state", str(time.monotonic()))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with terminal(project, "dev") as screen:
            for _ in range(3):
                screen.wait_for("was edited while it was built; state: once more", PATIENCE)
            screen.wait_for("error: the source of web was edited while it was built", PATIENCE)
            screen.wait_for(".dockerignore", PATIENCE)
            ended.set()
            screen.wait_for(UP, PATIENCE)
            assert end(screen) == 0
    finally:
        ended.set()
        writer.join()
