"""Commands that only look send nothing but reads, and say the same as without anybody watching."""

from __future__ import annotations

import json
import re
import shutil
import threading
from pathlib import Path

import pytest
from project import Done, Project, docker
from read_only_proxy import ReadOnlyProxy

from shipyard.errors import ExitCode

DOCKERFILE = 'FROM python:3.13-slim\nCOPY text /text\nCMD ["sleep", "infinity"]\n'
MANIFEST = """
    [services.app]
    path = "app"
    build.dockerfile = "app/Dockerfile"
    stop_timeout = "1s"
    secrets = ["TOKEN"]
    health = {{ command = ["true"] }}
    before_deploy = ["true"]
    networks = ["back"]

    [services.cache]
    image = "redis:7"
    replicas = 2
    stop_timeout = "1s"
    networks = ["back"]
    secrets = {{ PASSWORD = {{ from = "PASSWORD", as = "file" }} }}

    [services.{third}]
    image = "redis:7"
    stop_timeout = "1s"
    volumes = ["data:/data"]

    [networks.back]
"""


def deploy(project: Project) -> None:
    """A deployment of everything that a plan can be about."""
    project.environ.update(TOKEN="one", PASSWORD="two")
    project.write("app/Dockerfile", DOCKERFILE)
    project.write("app/text", "first\n")
    project.manifest(MANIFEST.format(third="queue"))
    project.apply()


def disturb(project: Project) -> None:
    """Drift of several kinds, and changes of several kinds that are pending."""
    docker("kill", f"{project.name}-cache-1")
    docker("update", "--restart", "no", f"{project.name}-app-1")
    project.write("app/text", "second\n")
    project.manifest(MANIFEST.format(third="other"))
    project.environ["TOKEN"] = "another"


READING = (
    (("plan",), 0),
    (("plan", "--format", "json"), 0),
    (("plan", "--format", "markdown"), 0),
    (("plan", "--format", "html"), 0),
    (("plan", "--out", "FILE"), 0),
    (("plan", "--drift"), 0),
    (("plan", "--drift", "--format", "json"), 0),
    (("plan", "--detailed-exitcode"), 2),
    (("plan", "--replace", "cache"), 0),
    (("plan", "cache"), 0),
    (("plan", "cache", "--format", "json", "--detailed-exitcode"), 2),
    # Alone it would share its data with what it replaces.
    (("plan", "--stage", "default", "other"), 1),
    (("observe", "--out", "FILE"), 0),
    (("status",), 0),
    (("status", "--format", "json"), 0),
    (("status", "--format", "html"), 0),
    (("explain",), 0),
    (("explain", "app", "--format", "json"), 0),
    (("config",), 0),
    (("config", "--format", "json"), 0),
    (("render", "FILE"), 0),
    (("render", "FILE", "--applied"), 0),
    (("lease",), 0),
    (("lease", "--format", "json"), 0),
)
"""Each with its exit code; FILE is where it writes."""


def said(project: Project, words: tuple[str, ...], code: int, url: str, place: str) -> tuple[str, ...]:
    """All that a command says and writes, with an engine at `url`."""
    target = project.root / place
    written = [place if word == "FILE" else word for word in words]
    done = project.run(*written, env={"DOCKER_HOST": url}, code=code)
    texts: list[str] = []
    if target.is_dir():
        files = sorted(one for one in target.rglob("*") if one.is_file())
        texts = [f"{one.relative_to(target)}\n{one.read_text()}" for one in files]
        shutil.rmtree(target)
    elif target.is_file():
        written_text = target.read_text()
        texts = [_without_others(project, written_text) if words[0] == "observe" else written_text]
        target.unlink()
    assert bool(texts) == ("FILE" in words), f"{words} wrote {texts}"
    texts = [text.replace(place, "FILE") for text in (done.stdout, done.stderr, *texts)]
    # Between two looks a second may pass, and with it how wide a column is.
    return tuple(re.sub(r"\b\d+ (s|min)\b| +|-{2,}", " ", text) for text in texts)


def _without_others(project: Project, text: str) -> str:
    """An observation without what others do on the engine at the same time."""
    document = json.loads(text)
    observed = document["observed"]
    for kind in ("networks", "volumes"):
        observed[kind] = [one for one in observed[kind] if one["name"].startswith(project.name)]
    del observed["foreign"], observed["listening"]
    return json.dumps(document, indent=1)


def watched(project: Project, words: tuple[str, ...], code: int, folder: Path) -> ReadOnlyProxy:
    """Run a command twice at the same address, the engine's own socket and the proxy, and compare."""
    path = folder / "engine.sock"
    path.symlink_to("/var/run/docker.sock")
    plain = said(project, words, code, f"unix://{path}", "plain.out")
    path.unlink()
    with ReadOnlyProxy(path) as proxy:
        through = said(project, words, code, f"unix://{path}", "proxy.out")
    assert through == plain, f"{words} says something else through the proxy"
    assert proxy.refused == [], words
    return proxy


def test_commands_that_look_only_read_and_say_the_same(project: Project, tmp_path: Path) -> None:
    deploy(project)
    disturb(project)
    planned = project.plan()["operations"]
    assert {"build", "run", "replace", "create", "remove"} <= {one["action"] for one in planned}
    assert "drift" in {cause["kind"] for one in planned for cause in one["causes"]}
    for words, code in READING:
        proxy = watched(project, words, code, tmp_path)
        asks = words[0] not in ("explain", "config")
        assert bool(proxy.requests) == asks, f"{words} asked {proxy.requests}"


def test_a_first_plan_only_reads(project: Project, tmp_path: Path) -> None:
    project.environ.update(TOKEN="one", PASSWORD="two")
    project.write("app/Dockerfile", DOCKERFILE)
    project.write("app/text", "first\n")
    project.manifest(MANIFEST.format(third="queue"))
    with project.events() as events:
        for words in (
            ("plan",),
            ("plan", "--out", "FILE"),
            ("status",),
            ("lease",),
            ("observe", "--out", "FILE"),
        ):
            watched(project, words, 0, tmp_path)
    assert events == []


def test_a_lease_that_is_held_is_read_only(project: Project, tmp_path: Path) -> None:
    project.manifest("""
        [services.cache]
        image = "redis:7"
        before_deploy = ["sh", "-c", "until test -e /tmp/go; do sleep 0.1; done"]
    """)
    holder = threading.Thread(target=project.apply)
    holder.start()
    try:
        job = _until_there(project)
        with ReadOnlyProxy(tmp_path / "engine.sock") as proxy:
            through = {"DOCKER_HOST": proxy.url}
            shown = json.loads(project.run("lease", "--format", "json", env=through).stdout)
            planned = project.plan(env=through)
        assert proxy.refused == []
    finally:
        docker("exec", job, "touch", "/tmp/go")
        holder.join()
    assert "apply" in json.dumps(shown)
    assert planned["operations"]


def _until_there(project: Project) -> str:
    for _ in range(300):
        found = project.ids("label=com.docker.compose.oneoff=True", everything=False)
        if found:
            return found[0]
        threading.Event().wait(0.1)
    raise AssertionError("the job does not run")


BUILT = '[services.app]\npath = "app"\nbuild.dockerfile = "app/Dockerfile"\n'
TAKEN = '[services.cache]\nimage = "redis:7"\n'


@pytest.mark.parametrize("manifest", [BUILT, TAKEN], ids=["build", "create"])
def test_apply_does_not_get_through(project: Project, manifest: str, tmp_path: Path) -> None:
    project.write("app/Dockerfile", DOCKERFILE)
    project.write("app/text", "first\n")
    project.manifest(manifest)
    with project.events() as events, ReadOnlyProxy(tmp_path / "engine.sock") as proxy:
        done = project.apply(env={"DOCKER_HOST": proxy.url}, code=ExitCode.FAILED)
    assert "POST" in {method for method, _ in proxy.refused}
    assert events == []
    assert _clear(done), done.stderr


def _clear(done: Done) -> bool:
    """The engine's own words for it, in an error of Shipyard's."""
    told = done.stderr.partition("error: ")[2]
    return bool(told) and "this socket is for reading, not for POST" in done.stderr


def test_down_does_not_get_through(project: Project, tmp_path: Path) -> None:
    project.manifest(TAKEN)
    project.apply()
    with project.events() as events, ReadOnlyProxy(tmp_path / "engine.sock") as proxy:
        done = project.run("down", "--yes", env={"DOCKER_HOST": proxy.url}, code=ExitCode.FAILED)
    assert "POST" in {method for method, _ in proxy.refused}
    assert events == []
    assert _clear(done), done.stderr
