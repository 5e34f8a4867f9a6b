"""Hostile values through the real parsers: what Compose and BuildKit make of rendered files is what was
declared. tests/property asks the same of more values and of parsers that need no engine."""

from __future__ import annotations

import json
import os
import random
import subprocess
from typing import Any

import pytest
from project import Project, docker

from examples import SECRETS
from shipyard.compile.dockerfile import Cmd, Env, From, User, Workdir, dockerfile_text
from shipyard.manifest.write import dumps

PIECES = [
    *("$", "$$", "${", "}", "${A}", "${A:-b}", "$A", "'", '"', "\\", "\n", "\t", " ", ": ", " #", "- ", "{"),
    *("[", "&a", "*", "!!int 1", "|", ">", "%", "@", "`", "---", "<<", "no", "~", "1e3", "0x1f", "1:30"),
    *("\u00e9", "\u0085", "\u2028", "\ufeff", "\U0001f600", "\x1b[31m", "\x7f", "a", "B", "=", ","),
]


def hostile(count: int, *, without: str = "") -> list[str]:
    """So many texts, the same in every run: each piece alone, then mixtures."""
    choose = random.Random(7)
    pieces = [piece for piece in PIECES if not set(piece) & set(without)]
    mixed = ["".join(choose.choices(pieces, k=choose.randint(2, 6))) for _ in range(count - len(pieces))]
    return pieces + mixed


@pytest.mark.parametrize("applied", [False, True], ids=["portable", "applied"])
def test_compose_reads_the_very_values(project: Project, applied: bool) -> None:
    texts = hostile(120)
    literal = [text.replace("${", "$${") for text in texts]
    service = {
        "image": "redis:7",
        "env": {f"V{number}": text for number, text in enumerate(literal)}
        | {"A B": "c", "x.y": "z", "URL": "x://u:${secret:DB_PASSWORD}@h/$5"},
        "command": ["run", *literal],
        "labels": {f"l{number}": text for number, text in enumerate(literal)} | {"a b: c": "d", "no": "yes"},
        "health": {"command": ["probe", *literal]},
    }
    project.manifest(dumps({"services": {"web": service}}))
    project.run("render", "deploy", *(["--applied"] if applied else []), env=SECRETS)
    file = project.root / "deploy" / ("compose.applied.json" if applied else "compose.yaml")
    values = {f"SHIPYARD_SECRET_{name}" if applied else name: value for name, value in SECRETS.items()}
    done = subprocess.run(
        ["docker", "compose", "-f", str(file), "config", "--format", "json"],
        env={**os.environ, **values},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    # Compose writes its model so that it can be read again: a dollar sign twice.
    model: Any = json.loads(done.stdout.replace("$$", "$"))
    found = model["services"]["web"]
    assert found["environment"] == {
        **{f"V{number}": text for number, text in enumerate(texts)},
        "A B": "c",
        "x.y": "z",
        "URL": f"x://u:{SECRETS['DB_PASSWORD']}@h/$5",
    }
    assert found["command"] == ["run", *texts]
    assert found["healthcheck"]["test"] == ["CMD", "probe", *texts]
    labels = {key: value for key, value in found["labels"].items() if not key.startswith("shipyard.")}
    assert labels == {f"l{number}": text for number, text in enumerate(texts)} | {"a b: c": "d", "no": "yes"}


def test_an_image_has_the_very_values(project: Project) -> None:
    # A line break has no place in an instruction, nor a backslash at its end.
    texts = [text for text in hostile(120, without="\n") if not text.endswith("\\")]
    env = {f"V{number}": text for number, text in enumerate(texts)}
    text = dockerfile_text(
        (
            From(image="scratch"),
            Env(values=tuple(env.items())),
            Workdir(path="/a/b:c+d"),
            User(name="5:6"),
            Cmd(words=tuple(texts)),
        )
    )
    tag = f"{project.name}/values:1"
    (project.root / "empty").mkdir()
    (project.root / "Dockerfile").write_text(text)
    docker("build", "-q", "-t", tag, "-f", str(project.root / "Dockerfile"), str(project.root / "empty"))
    config = json.loads(docker("image", "inspect", tag))[0]["Config"]
    found = dict(entry.split("=", 1) for entry in config["Env"])
    assert {name: found[name] for name in env} == env
    assert config["Cmd"] == texts
    assert (config["WorkingDir"], config["User"]) == ("/a/b:c+d", "5:6")
