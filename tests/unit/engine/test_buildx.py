"""The bake file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipyard.engine.buildx import bake_definition
from shipyard.model.build import BuildPlan


def build(service: str, **fields: object) -> BuildPlan:
    wanted: dict[str, object] = {
        "service": service,
        "repository": f"shop/{service}",
        "context": ".",
        "dockerfile": "FROM scratch\n",
        "dockerignore": ".git\n",
        "tag": "in-1",
        "recipe": "7",
        **fields,
    }
    return BuildPlan(**wanted)  # type: ignore[arg-type]


def test_one_target_for_each_image(tmp_path: Path) -> None:
    plans = [build("web", context="apps/web", files={"a.py": "1" * 64}), build("api", dockerfile="FROM x\n")]
    definition = json.loads(json.dumps(bake_definition(plans, Path("/srv/shop"), tmp_path)))
    assert definition["group"] == {"default": {"targets": ["api", "web"]}}
    assert list(definition["target"]) == ["web", "api"]
    assert definition["target"]["web"] == {
        "context": "/srv/shop/apps/web",
        "dockerfile": f"{tmp_path}/web.Dockerfile",
        "tags": ["shop/web:in-1"],
        "args": {"SOURCE_DATE_EPOCH": "315532800"},
        "labels": {
            "shipyard.inputs": '{"depth":0,"facts":{},"files":{"a.py":"111111111111"}}',
            "shipyard.recipe": "7",
            "shipyard.image": "shop/web",
        },
    }
    assert (tmp_path / "api.Dockerfile").read_text() == "FROM x\n"
    assert (tmp_path / "web.Dockerfile.dockerignore").read_text() == ".git\n"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("${HOME}", "$${HOME}"),
        ("%{if x}", "%%{if x}"),
        ("$HOME 5% $$ {x}", "$HOME 5% $$ {x}"),
        ("a${b}%{c}${d}", "a$${b}%%{c}$${d}"),
    ],
)
def test_what_bake_would_interpolate_is_escaped(tmp_path: Path, text: str, escaped: str) -> None:
    plan = build("web", files={text: "1" * 64}, facts={"env": text}, context=text)
    target = json.loads(json.dumps(bake_definition([plan], Path("/srv"), tmp_path)))["target"]["web"]
    assert target["context"] == f"/srv/{escaped}"
    label = target["labels"]["shipyard.inputs"]
    assert label == json.dumps(
        {"depth": 0, "facts": {"env": escaped}, "files": {escaped: "1" * 12}}, separators=(",", ":")
    )


def test_the_dockerfile_is_written_as_it_is(tmp_path: Path) -> None:
    bake_definition([build("web", dockerfile='RUN echo "${PATH}" %{x} é\n')], Path("/srv"), tmp_path)
    assert (tmp_path / "web.Dockerfile").read_text("utf-8") == 'RUN echo "${PATH}" %{x} é\n'
