"""The merged manifest with origins, and decisions with their evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipyard.compile.desired import compile_desired
from shipyard.manifest import Loaded, load
from shipyard.model.build import BuildPlan, Decision, Detected, Ignored
from shipyard.model.desired import Desired
from shipyard.render.config import config_json, config_rows, config_text
from shipyard.render.explain import explain_json, explain_text

TEXT = """\
name = "shop"
[services.db]
image = "postgres:17"
env = { POSTGRES_USER = "shop" }
[services.web]
path = "."
needs = ["db"]
[services.worker]
like = "web"
command = ["work"]
[stages.prod.services.db]
replicas = 2
env = { "A.B" = "1" }
"""
DETECTED = Detected(
    framework="django",
    manager="uv",
    python="3.13",
    port=8000,
    decisions=(
        Decision(subject="framework", value="django", evidence="manage.py:9", origin="detected"),
        Decision(subject="static files", value="collected", evidence="settings.py:3", origin="default"),
        Decision(subject="path", value=".", evidence="shipyard.toml:6", origin="manifest"),
    ),
)
BUILD = BuildPlan(
    service="web",
    repository="shop/web",
    context=".",
    dockerfile="",
    dockerignore="",
    tag="in-1",
    recipe="1",
    notes=("requests is not pinned",),
    files={"a.py": "1", "b.py": "2"},
    ignored=(
        Ignored(origin="default", kind="caches", patterns=("**/__pycache__", "**/*.pyc")),
        Ignored(origin=".gitignore", kind="what git ignores", patterns=("**/media",)),
        Ignored(origin=".dockerignore", kind="own", patterns=tuple(f"line{number}" for number in range(14))),
        Ignored(origin="needed", kind="what the dependency install reads", patterns=("!uv.lock",)),
        Ignored(origin="always", kind="secrets", patterns=("**/.env*", "**/.env*/**")),
    ),
)


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    (tmp_path / "shipyard.toml").write_text(TEXT)
    return load(tmp_path, stage="prod", instance=None, environ={})


@pytest.fixture
def desired(loaded: Loaded) -> Desired:
    return compile_desired(loaded.manifest, {"web": (DETECTED, BUILD)})


def test_every_value_has_its_origin(loaded: Loaded, desired: Desired) -> None:
    rows = {row.path: row for row in config_rows(loaded, desired, {"web": (DETECTED, BUILD)})}
    told = {path: (row.value, row.origin, row.where) for path, row in rows.items()}
    assert told["name"] == ("shop", "manifest", "shipyard.toml:1: name")
    assert told["services.db.image"] == ("postgres:17", "manifest", "shipyard.toml:3: services.db.image")
    assert told["services.db.replicas"][:2] == (2, "stage")
    assert told['services.db.env."A.B"'][:2] == ("1", "stage")
    assert told['services.db.env."A.B"'][2].startswith("shipyard.toml:13: ")
    assert told["services.worker.needs"][:2] == (["db"], "like")
    assert told["services.web.framework"] == ("django", "detected", "manage.py:9")
    assert told["services.web.static_files"] == ("collected", "default", "settings.py:3")
    assert told["services.web.rollout"] == ("stop-first", "default", "Shipyard's default")
    assert told["services.worker.stop_timeout"] == ("60s", "default", "Shipyard's default")
    # What is declared is not told a second time as a decision or a default.
    assert "services.web.path" in told
    assert len(rows) == len(config_rows(loaded, desired, {}))
    assert "services.web.publish" not in told


def test_ports_published_by_default_are_told(tmp_path: Path) -> None:
    (tmp_path / "shipyard.toml").write_text(TEXT.partition("[stages")[0])
    loaded = load(tmp_path, stage=None, instance=None, environ={})
    rows = config_rows(loaded, compile_desired(loaded.manifest, {"web": (DETECTED, BUILD)}), {})
    (row,) = [row for row in rows if row.path == "services.web.publish"]
    assert (row.value, row.origin) == (["127.0.0.1:8000:8000"], "default")


def test_config_as_text(loaded: Loaded, desired: Desired) -> None:
    lines = config_text(loaded.manifest, config_rows(loaded, desired, {})).splitlines()
    assert lines[0] == "# shop / prod, Compose project shop-prod"
    found = {line.split(" = ")[0]: line.split(" = ", 1)[1] for line in lines[1:]}
    assert " ".join(found["name"].split()) == '"shop" # manifest: shipyard.toml:1: name'
    assert " ".join(found["services.db.replicas"].split()).startswith("2 # stage: shipyard.toml:12: ")
    assert len({line.index("  # ") for line in lines[1:] if len(line.split("  # ")[0]) < 50}) <= 2


def test_config_as_json(loaded: Loaded, desired: Desired) -> None:
    document = json.loads(config_json(loaded.manifest, config_rows(loaded, desired, {})))
    assert {key: document[key] for key in ("project", "stage", "instance", "deployment")} == {
        "project": "shop",
        "stage": "prod",
        "instance": None,
        "deployment": "shop-prod",
    }
    assert document["values"][0] == {
        "path": "name",
        "value": "shop",
        "origin": "manifest",
        "where": "shipyard.toml:1: name",
    }


def test_explain(desired: Desired) -> None:
    assert explain_text(desired, ("web", "db", "worker"), {"web": 12345}) == (
        "shop / prod\n"
        "\n"
        "web: built from source as shop/web:in-1\n"
        f"  framework     {'django':<29}  detected: manage.py:9\n"
        f"  static files  {'collected':<29}  default: settings.py:3\n"
        f"  path          {'.':<29}  manifest: shipyard.toml:6\n"
        "  health check  port 8000 accepts connections  detected: nothing is declared\n"
        "  2 files of the project in the image, 12 kB; left out:\n"
        "    caches: __pycache__ *.pyc\n"
        "    .gitignore: **/media\n"
        "    .dockerignore: line0 line1 line2 line3 line4 line5 line6 line7 line8 line9 line10 line11 and 2\n"
        "      more\n"
        "    but not what the dependency install reads: !uv.lock\n"
        "    secrets, whatever an ignore file says: .env*\n"
        "    for people and tools, at the top: pyproject.toml uv.lock requirements*.txt requirements*.in\n"
        "      shipyard.toml shipyard.lock README* CHANGELOG* Dockerfile* .dockerignore .gitignore\n"
        "      .gitattributes .github .gitlab-ci.yml .pre-commit-config.yaml .python-version .tool-versions\n"
        "      mise.toml .mise.toml .editorconfig Makefile justfile noxfile.py tox.ini pytest.ini mypy.ini\n"
        "      .coveragerc .flake8\n"
        "  note: requests is not pinned\n"
        "\n"
        "db: runs the image postgres:17\n"
        "  health check  pg_isready -q -h 127.0.0.1  detected: known image postgres\n"
        "\n"
        "worker: runs the image of web (shop/web:in-1)\n"
    )


def test_explain_as_json(desired: Desired) -> None:
    document = json.loads(explain_json(desired, ("db",), {}))
    assert document == {
        "project": "shop",
        "stage": "prod",
        "services": {
            "db": {
                "image": "postgres:17",
                "decisions": [
                    {
                        "subject": "health check",
                        "value": "pg_isready -q -h 127.0.0.1",
                        "evidence": "known image postgres",
                        "origin": "detected",
                    }
                ],
            }
        },
    }


def test_what_is_left_out_as_json(desired: Desired) -> None:
    web = json.loads(explain_json(desired, ("web",), {"web": 12345}))["services"]["web"]
    assert web["files"] == {"context": ".", "count": 2, "bytes": 12345}
    assert [(group["origin"], group["kind"]) for group in web["ignored"]][:2] == [
        ("default", "caches"),
        (".gitignore", "what git ignores"),
    ]
    assert web["ignored"][4]["patterns"] == ["**/.env*", "**/.env*/**"]
    assert "pyproject.toml" in web["ignored"][5]["patterns"]


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345, "12 kB"), (2_500_000, "2.5 MB")],
)
def test_the_size_of_what_reaches_an_image(desired: Desired, size: int, shown: str) -> None:
    assert f" in the image, {shown}; left out:\n" in explain_text(desired, ("web",), {"web": size})
