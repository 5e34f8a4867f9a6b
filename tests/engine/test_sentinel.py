"""A secret's value is searched for, however written, in all that Shipyard says and leaves behind."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from apps import write_fastapi
from project import Project, docker, fetch, free_port

VALUES = {
    "TOKEN": 's3ntinel "token" $HOME ${PATH} \\n% é',
    "DB_PASSWORD": "s3ntinel-pass@word:/?#",
    "CERTIFICATE": "s3ntinel\nin\nlines",
    "DOWNLOADS": "s3ntinel downloads",
}


def spellings() -> set[str]:
    """Every way in which a value could be written down, cut to what is still telling."""
    found: set[str] = set()
    for value in VALUES.values():
        data = value.encode()
        whole = {
            value,
            json.dumps(value)[1:-1],
            json.dumps(value, ensure_ascii=False)[1:-1],
            quote(value),
            quote(value, safe=""),
            value.replace("$", "$$"),
            base64.b64encode(data).decode().rstrip("="),
            base64.urlsafe_b64encode(data).decode().rstrip("="),
            data.hex(),
            repr(value)[1:-1],
        }
        # At any offset within a longer text.
        whole |= {base64.b64encode(b"x" * n + data).decode()[4:-4] for n in (1, 2)}
        found |= whole
    return found | {"s3ntinel"}


def hits(text: str) -> list[str]:
    return [one for one in spellings() if one in text]


@contextmanager
def watched(folder: Path) -> Iterator[dict[str, str]]:
    """The contents of every file that appears below a folder while the block runs."""
    seen: dict[str, str] = {}
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.005):
            for parent, _, names in os.walk(folder):
                for path in (Path(parent, name) for name in names):
                    with suppress(OSError):  # gone again
                        seen[str(path)] = path.read_text("utf-8", "replace")

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def test_no_value_is_anywhere_but_in_its_container(project: Project, tmp_path: Path) -> None:
    write_fastapi(project)
    port = free_port()
    manifest = f"""
        [services.web]
        python = "3.13"
        publish = ["{port}:8000"]
        env = {{ DATABASE_URL = "postgres://x:${{secret:DB_PASSWORD}}@db/x", MODE = "one" }}
        build = {{ secrets = ["DOWNLOADS"] }}
        secrets = {{ TOKEN = {{}}, CERTIFICATE = {{ as = "file" }} }}
        before_deploy = ["python", "-c", "print('ran')"]
        [services.worker]
        like = "web"
        command = ["python", "-c", "import time; time.sleep(600)"]
    """
    project.manifest(manifest)
    project.environ |= VALUES
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    project.environ["TMPDIR"] = str(temporary)
    said: dict[str, str] = {}

    def run(*words: str, code: int | None = None) -> None:
        done = project.run(*words, code=code)
        said[" ".join(words)] = done.stdout + done.stderr

    with watched(temporary) as files:
        run("plan")
        run("apply", "--yes", code=0)
        assert fetch(f"http://127.0.0.1:{port}/env/TOKEN")[1] == json.dumps(
            VALUES["TOKEN"], ensure_ascii=False
        )
        assert "s3ntinel" in fetch(f"http://127.0.0.1:{port}/file?path=/run/secrets/CERTIFICATE")[1]
        for words in (
            ("plan", "--format", "json"),
            ("plan", "--out", "release.plan"),
            ("observe", "--out", "seen.shipyard.json"),
            ("status",),
            ("status", "--format", "json"),
            ("config",),
            ("config", "--format", "json"),
            ("explain",),
            ("explain", "--format", "json"),
            ("render", "out"),
            ("render", "applied", "--applied"),
            ("build",),
            ("compose", "--", "ps"),
        ):
            run(*words, code=0)
        project.environ["TOKEN"] = VALUES["TOKEN"] + " changed"
        run("plan", "--format", "json", code=0)
        run("apply", "--yes", code=0)
        project.manifest(manifest.replace("print('ran')", "raise SystemExit(3)"))
        run("apply", "--yes", code=6)
        project.manifest(manifest.replace('MODE = "one"', 'MODE = "two"\n'))
        run("plan", code=1)
        # Everything that the engine keeps, but for the environment of the containers themselves.
        for container in project.ids():
            inspected = json.loads(docker("inspect", container))[0]
            inspected["Config"].pop("Env")
            said[f"container {inspected['Name']}"] = json.dumps(inspected, ensure_ascii=False)
            said[f"log {inspected['Name']}"] = docker("logs", container)
        for kind in ("volume", "network"):
            for name in docker(
                kind, "ls", "-q", "--filter", f"label=shipyard.project={project.name}"
            ).split():
                said[f"{kind} {name}"] = docker(kind, "inspect", name)
        for image in docker("image", "ls", "-q", "--filter", f"reference={project.name}/*").split():
            said[f"image {image}"] = docker("image", "inspect", image)
            said[f"history {image}"] = docker("image", "history", "--no-trunc", image)
    said |= files
    said |= {
        str(path): path.read_text("utf-8", "replace") for path in project.root.rglob("*") if path.is_file()
    }
    assert len(said) > 30
    assert {where: found for where, text in said.items() if (found := hits(text))} == {}
