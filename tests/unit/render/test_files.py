"""What `render` writes: the folder for people, and exactly what apply uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shipyard.model.build import BuildPlan
from shipyard.model.desired import (
    Desired,
    JobSpec,
    NetworkSpec,
    SecretFile,
    SecretVolume,
    ServiceSpec,
    VolumeSpec,
)
from shipyard.model.manifest import Manifest, Mount, SecretRef
from shipyard.model.record import replace
from shipyard.render.files import RenderRefused, rendered_files, write_files, yaml_text
from shipyard.targets.compose.command import model_text
from shipyard.targets.compose.model import compose_model


@pytest.fixture
def desired(tmp_path: Path) -> Desired:
    image = "shop/web:in-1"
    network, files = ("shop_default",), (SecretFile(name="TOKEN", source="API_TOKEN"),)
    web = ServiceSpec(
        name="web",
        image=image,
        built="web",
        env={"KEY": (SecretRef(name="SECRET_KEY"),), "PRICE": ("5$",)},
        secrets={"SECRET_KEY": "d", "API_TOKEN": "e"},
        secret_files=files,
        secret_volume="shop_web-secrets-1",
        networks=network,
    )
    worker = ServiceSpec(
        name="worker", image=image, built="web", like="web", command=("work",), networks=network
    )
    db = ServiceSpec(
        name="db",
        image="postgres:17",
        built=None,
        networks=network,
        volumes=(Mount(kind="volume", source="shop_data", target="/var/lib"),),
    )
    build = BuildPlan(
        service="web",
        repository="shop/web",
        context="apps",
        dockerfile="FROM python:3.13\n",
        dockerignore=".git\n",
        tag="in-1",
        recipe="1",
    )
    return Desired(
        manifest=Manifest(root=tmp_path / "project", name="shop", stage="default"),
        services=(db, web, worker),
        images=(build,),
        networks=(NetworkSpec(key="default", name="shop_default"),),
        volumes=(VolumeSpec(key="data", name="shop_data"),),
        secret_volumes=(
            SecretVolume(service="web", name="shop_web-secrets-1", files=files, uid=10001, gid=10001),
        ),
    )


def test_applied_is_what_apply_uses(desired: Desired, tmp_path: Path) -> None:
    files = rendered_files(desired, tmp_path / "out", applied=True)
    assert files == {
        "web.Dockerfile": "FROM python:3.13\n",
        "web.Dockerfile.dockerignore": ".git\n",
        "compose.applied.json": model_text(compose_model(desired)),
    }
    assert json.loads(files["compose.applied.json"])["networks"]["default"] == {
        "name": "shop_default",
        "external": True,
    }


def test_portable_says_what_runs_before_an_update(desired: Desired, tmp_path: Path) -> None:
    job = JobSpec(service="web", command=("sh", "-c", "echo $HOME"), document={})
    files = rendered_files(replace(desired, jobs=(job,)), tmp_path / "out", applied=False)
    assert (
        "# Before web is updated, run what before_deploy says:\n"
        "#   docker compose -f compose.yaml run --rm web sh -c 'echo $HOME'\n"
    ) in files["compose.yaml"]


def test_portable_is_for_people(desired: Desired, tmp_path: Path) -> None:
    files = rendered_files(desired, tmp_path / "project" / "deploy", applied=False)
    assert sorted(files) == ["compose.yaml", "web.Dockerfile", "web.Dockerfile.dockerignore"]
    assert files["web.Dockerfile"] == "# made by `shipyard render`\nFROM python:3.13\n"
    text = files["compose.yaml"]
    assert text.startswith(
        "# made by `shipyard render`; run it from anywhere with\n"
        "#   docker compose -f compose.yaml up -d\n"
        "# With --build, set BUILDX_NO_DEFAULT_ATTESTATIONS=1: else each build is another image, and its\n"
        "# containers are replaced for nothing.\n"
        "# Set these in the environment or with --env-file: API_TOKEN, SECRET_KEY\n"
        "# The secret files of web are in a volume filled by `shipyard apply`, or by:\n"
        "#   docker volume create --label shipyard.project=shop --label shipyard.stage=default "
        "--label shipyard.role=secrets --label shipyard.service=web shop_web-secrets-1 && "
        "docker run --rm --user 0 --entrypoint sh -e API_TOKEN -v shop_web-secrets-1:/s shop/web:in-1 "
        "-c 'umask 377 && "
        'printf %s "$API_TOKEN" > /s/TOKEN && chown 10001:10001 /s/*\'\n'
        'name: "shop"\n'
        "services:\n"
        "  db:\n"
        '    image: "postgres:17"\n'
    )
    build = (
        "    build:\n"
        '      context: "../apps"\n'
        '      dockerfile: "../deploy/web.Dockerfile"\n'
        "      args:\n"
        '        SOURCE_DATE_EPOCH: "315532800"\n'
        '    image: "shop/web:in-1"\n'
    )
    assert f"  web:\n{build}" in text
    assert '  worker:\n    image: "shop/web:in-1"\n' in text
    assert '      KEY: "${SECRET_KEY}"\n      PRICE: "5$$"\n' in text
    assert 'networks:\n  default:\n    name: "shop_default"\n' in text
    assert '  shop_data:\n    name: "shop_data"\n    labels:\n      shipyard.project: "shop"\n' in text
    assert '  shop_web-secrets-1:\n    name: "shop_web-secrets-1"\n    external: true\n' in text


@pytest.mark.parametrize("applied", [True, False])
def test_the_same_twice_and_no_path_of_this_machine(desired: Desired, tmp_path: Path, applied: bool) -> None:
    files = rendered_files(desired, tmp_path / "project" / "deploy", applied=applied)
    assert files == rendered_files(desired, tmp_path / "project" / "deploy", applied=applied)
    assert [name for name, text in files.items() if str(tmp_path) in text] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": True, "c": 0.5}, "a: 1\nb: true\nc: 0.5\n"),
        ({"default": None}, "default:\n"),
        ({"a": []}, "a: []\n"),
        ({"a": {}}, "a: {}\n"),
        ({"a": {"b": {"c": "x"}}}, 'a:\n  b:\n    c: "x"\n'),
        ({"a": ["x", 1]}, 'a:\n  - "x"\n  - 1\n'),
        ({"a": [{"x": 1, "k": [2]}, {"z": 3}]}, "a:\n  - x: 1\n    k:\n      - 2\n  - z: 3\n"),
        ({"a": [["x"], []]}, 'a:\n  - - "x"\n  - []\n'),
        ({"a": "no", "b": "1e3", "c": "- x: #"}, 'a: "no"\nb: "1e3"\nc: "- x: #"\n'),
        ({"a": 'x\n"é\t'}, 'a: "x\\n\\"\\u00e9\\t"\n'),
        ({"com.docker/x-y_z": 1}, "com.docker/x-y_z: 1\n"),
        ({"on": 1, "No": 2, "null": 3, "1e3": 4, "x:y": 5, "é": 6}, None),
        ({"-": 1, "": 2, ".5": 3, "-1": 4, ".inf": 5}, None),
        (1e-7, "1.0e-07\n"),
        ([-5e-324, 1.5e300, 0.25], "- -5.0e-324\n- 1.5e+300\n- 0.25\n"),
    ],
)
def test_yaml(value: Any, text: str | None) -> None:
    if text is None:
        # Keys that YAML would read as something else than a text are quoted.
        text = "".join(f"{json.dumps(key)}: {number}\n" for key, number in value.items())
    assert yaml_text(value) == text


def test_nothing_of_others_is_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    files = {"one": "# made by `shipyard render`\n1\n", "compose.yaml": "# made by `shipyard render`\n2\n"}
    assert write_files(out, files) == [out / "one", out / "compose.yaml"]
    assert (out / "one").read_text() == "# made by `shipyard render`\n1\n"
    write_files(out, {"one": "# made by `shipyard render`\n3\n"})
    assert (out / "one").read_text().endswith("3\n")
    (out / "compose.yaml").write_text("services: {}\n")
    with pytest.raises(RenderRefused, match="not made by `shipyard render`"):
        write_files(out, {"new": "# made by `shipyard render`\n", **files})
    assert not (out / "new").exists()
    assert (out / "one").read_text().endswith("3\n")


def test_applied_overwrites_nothing_of_others_either(tmp_path: Path) -> None:
    (tmp_path / "web.Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(RenderRefused):
        write_files(tmp_path, {"web.Dockerfile": "FROM python:3.13\n"})


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RenderRefused, match="cannot write there: ") as caught:
        write_files(tmp_path / "file" / "x", {"a": "b"})
    assert caught.value.where == str(tmp_path / "file" / "x")
