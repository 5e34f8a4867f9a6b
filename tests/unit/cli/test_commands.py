"""What commands print and return when no engine is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import shipyard as package

Run = Callable[..., Any]

HEALTHCHECK = "sh -c redis-cli ping | grep -qE 'PONG|NOAUTH'"


def test_the_version(shipyard: Run) -> None:
    done = shipyard("--version")
    assert (done.code, done.out, done.err) == (0, f"shipyard {package.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Usage: shipyard"),
        (("nope",), "No such command 'nope'."),
        (("plan", "--nope"), "No such option: --nope"),
        (("plan", "--format", "yaml"), "'yaml' is not one of 'text', 'json', 'markdown', 'html'."),
        (("status", "extra"), "unexpected extra argument"),
        (("render",), "Missing argument 'DIR'"),
        (("explain", "webb"), "there is no service 'webb' in this stage\n  -> did you mean web?"),
        (("explain", "zzz"), "there is no service 'zzz' in this stage\n  -> declared: web, cache"),
        (("build", "webb"), "did you mean web?"),
        (("build",), "none of these services is built from source"),
        (
            ("compose", "--", "up"),
            "compose up would change what shipyard.toml decides\n  -> use shipyard apply",
        ),
        (("compose", "--", "down", "-v"), "use shipyard down"),
        (("compose", "--", "-f", "other.yaml", "ps"), "name a Compose command first"),
        (("compose",), "name a Compose command first"),
    ],
)
def test_wrong_usage(shipyard: Run, words: tuple[str, ...], said: str) -> None:
    done = shipyard(*words)
    assert done.code == 64
    assert said in done.out + done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = \n", "shipyard.toml:1"),
        ('name = "shop"\n[services.web]\nimagee = "x"\n', "shipyard.toml:3: services.web.imagee"),
        (
            'name = "shop"\n[services.web]\nimage = "x"\nneeds = ["db"]\n',
            "shipyard.toml:4: services.web.needs",
        ),
        (
            'name = "shop"\n[services.web]\nimage = "x"\nlike = "y"\n[services.y]\nimage = "y"\nnope = 1\n',
            "shipyard.toml:7: services.y.nope",
        ),
    ],
)
def test_a_manifest_that_is_wrong(shipyard: Run, project: Path, text: str, said: str) -> None:
    (project / "shipyard.toml").write_text(text)
    for command in ("plan", "apply", "status", "down", "lease", "config", "explain", "build"):
        done = shipyard(command)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: shipyard.toml:")
        assert said in done.err


def test_no_manifest(shipyard: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = shipyard("plan", "-C", str(tmp_path / "empty"))
    assert done.code == 1
    assert "shipyard.toml" in done.err


def test_it_is_found_above(shipyard: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(project / "a" / "b")
    assert shipyard("config").code == 0
    monkeypatch.chdir("/")
    assert shipyard("config", "-C", str(project / "a")).code == 0


def test_an_unknown_stage(shipyard: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (project / "shipyard.toml").open("a") as file:
        file.write("[stages.prod]\n[stages.test]\n")
    assert "prod" in shipyard("plan", "--offline", "--stage", "prd").err
    assert shipyard("plan", "--offline").code == 64
    assert shipyard("plan", "--offline", "-s", "prod").out.startswith("shop / prod on no engine (offline)")
    monkeypatch.setenv("SHIPYARD_STAGE", "test")
    assert shipyard("plan", "--offline").out.startswith("shop / test on")


def test_a_plan_without_an_engine(shipyard: Run) -> None:
    done = shipyard("plan", "--offline")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "shop / default on no engine (offline)    2 to pull, 5 to create\n"
        "offline: compared with nothing; this is what a first apply would do\n"
        "\n"
        "+ pull     web              not on the engine    acme/web:1\n"
        "+ pull     cache            not on the engine    redis:7\n"
        "+ create   network default  declared and not there\n"
        "+ create   volume data      declared and not there\n"
        "+ create   secret key       the key that digests this stage's secrets\n"
        "+ create   cache            new service redis:7\n"
        "+ create   web              new service acme/web:1\n"
    )
    assert shipyard("plan", "--offline", "--detailed-exitcode").code == 2


def test_a_plan_for_programs(shipyard: Run) -> None:
    done = shipyard("plan", "--offline", "--format", "json")
    document = json.loads(done.out)
    schema = json.loads((Path(__file__).parents[3] / "schemas/plan.schema.json").read_bytes())
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    assert (document["project"], document["stage"], document["engine"]) == ("shop", "default", None)
    assert document["summary"] == {"pull": 2, "create": 5, "unchanged": 0}
    assert document["operations"][-1]["after"][-1] == "service.cache/create"


def test_the_terminals_width_is_kept(shipyard: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    lines = shipyard("plan", "--offline").out.splitlines()
    assert max(map(len, lines)) <= 70


def test_config(shipyard: Run) -> None:
    done = shipyard("config")
    assert (done.code, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[0] == "# shop / default, Compose project shop"
    assert 'services.web.image = "acme/web:1" # manifest: shipyard.toml:3: services.web.image' in lines
    assert 'services.cache.restart = "unless-stopped" # default: Shipyard\'s default' in lines
    document = json.loads(shipyard("config", "--format", "json").out)
    assert document["deployment"] == "shop"


def test_explain(shipyard: Run) -> None:
    done = shipyard("explain", "cache")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "shop / default\n"
        "\n"
        "cache: runs the image redis:7\n"
        "  health check  detected: known image redis\n"
        f"                {HEALTHCHECK}\n"
    )
    assert list(json.loads(shipyard("explain", "--format", "json").out)["services"]) == ["web", "cache"]


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("apply",),
        ("apply", "--yes"),
        ("status",),
        ("lease",),
        ("lease", "--break", "--yes"),
        ("down", "--yes"),
        ("compose", "--", "ps"),
    ],
)
def test_no_engine(shipyard: Run, words: tuple[str, ...]) -> None:
    done = shipyard(*words)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error: unix:///nonexistent/engine.sock: no Docker engine is running there\n"
        "  -> start it (systemctl start docker), or name another engine in shipyard.toml or DOCKER_HOST; "
        "`plan --offline` needs no engine\n"
    )


def test_render_needs_no_engine(shipyard: Run, project: Path) -> None:
    done = shipyard("render", "deploy")
    assert (done.code, done.out) == (0, "deploy/compose.yaml\n")
    assert (project / "deploy/compose.yaml").read_text().startswith("# made by `shipyard render`")


def test_an_engine_with_a_wrong_address(shipyard: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "nowhere://x")
    done = shipyard("plan")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: engine: 'nowhere://x' is not an engine's address\n")


@pytest.mark.parametrize(
    "command", ["plan", "apply", "status", "down", "lease", "build", "config", "explain", "render", "compose"]
)
def test_help_has_an_example(shipyard: Run, command: str) -> None:
    done = shipyard(command, "--help")
    assert done.code == 0
    assert f"Example: shipyard {command}" in done.out
    assert "--stage" in done.out
