"""Build plans: what is in the Dockerfile, and what moves the tag."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus import copy_fixture
from sources import DJANGO, FASTAPI

from shipyard.compile.builds import compile_builds
from shipyard.manifest import load

Compile = Callable[..., Any]
Refused = Callable[..., str]

STATIC = DJANGO | {
    "shop/settings.py": "INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = 'x'\n"
    "import os\nDEBUG = os.environ.get('DEBUG', '0')\nKEY = os.environ['API_KEY']\n"
}


def lines(plan: Any, start: str) -> list[str]:
    """The Dockerfile's lines that begin so, without the mark of one that goes on."""
    text = plan.dockerfile.replace(" \\\n", "\n")
    return [line.strip().removesuffix(" &&") for line in text.splitlines() if line.strip().startswith(start)]


def test_the_final_stage_copies_results_source_last(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI)
    final = plan.dockerfile.partition("# The image: results only.\n")[2]
    assert [line.split()[0] for line in final.splitlines() if not line.startswith(" ")] == [
        *("FROM", "ENV", "COPY", "COPY", "COPY", "WORKDIR", "COPY", "USER", "EXPOSE"),
        *("STOPSIGNAL", "CMD"),
    ]
    assert lines(plan, "COPY")[-1] == "COPY --from=src /app /app"
    assert lines(plan, "USER") == ["USER 10001:10001"]


@pytest.mark.parametrize(
    ("changes", "declared", "moves"),
    [
        ({"main.py": FASTAPI["main.py"] + "# more\n"}, "", True),
        ({"new.py": ""}, "", True),
        ({"requirements.txt": "fastapi==0.115.1\nuvicorn==0.34.0\n"}, "", True),
        ({}, 'build = { packages = ["libmagic1"] }', True),
        ({}, 'build = { build_packages = ["libpq-dev"] }', True),
        ({}, 'python = "3.12"', True),
        ({}, 'user = "5:5"', True),
        ({}, 'volumes = ["media:/app/media"]', True),
        ({}, "port = 8001", True),
        ({"requirements.txt": "# why\n" + FASTAPI["requirements.txt"]}, "", False),
        (
            {"README.md": "x", "pyproject.toml": "[tool.ruff]\n", "requirements-dev.txt": "pytest\n"},
            "",
            False,
        ),
        ({".git/HEAD": "x", "__pycache__/a.pyc": "x", ".env.prod": "X=1\n", ".venv/x.py": ""}, "", False),
        ({}, 'env = { A = "b" }\nsecrets = ["S"]\nreplicas = 2\nlabels = { a = "b" }', False),
        ({}, 'volumes = ["./main.py:/etc/main.py:ro"]', False),
        ({}, 'user = "app"', False),
        ({}, 'python = "3.13"', False),
    ],
)
def test_what_moves_the_tag(compiled: Compile, changes: dict[str, str], declared: str, moves: bool) -> None:
    before = compiled(FASTAPI)[1].tag
    after = compiled(FASTAPI | changes, declared)[1].tag
    assert (after != before) is moves
    assert len(after) == len("in-") + 16


def test_the_executable_bit_moves_it_and_the_time_of_an_edit_does_not(
    tmp_path: Path, compiled: Compile
) -> None:
    def tag() -> str:
        manifest = load(tmp_path / "project", stage=None, instance=None, environ={}).manifest
        return compile_builds(manifest)["web"][1].tag

    before = compiled(FASTAPI)[1].tag
    file = tmp_path / "project" / "main.py"
    os.utime(file, (1, 1))
    assert tag() == before
    file.chmod(0o755)
    assert tag() != before


def test_a_version_bump_of_the_project_moves_nothing(compiled: Compile) -> None:
    lock = '[[package]]\nname = "shop"\nversion = "{0}"\nsource = {{ virtual = "." }}\n'
    project = '[project]\nname = "shop"\nversion = "{0}"\n'
    tags = {
        compiled(
            {
                "main.py": "",
                "uv.lock": lock.format(version),
                "pyproject.toml": project.format(version),
            },
            'command = ["python", "main.py"]',
        )[1].tag
        for version in ("1.0", "1.1")
    }
    assert len(tags) == 1


def test_nor_does_an_edit_of_a_lock_that_leaves_what_is_installed(tmp_path: Path) -> None:
    """A package in its own folder is built without the lock beside it."""
    copy_fixture("poetry-package", tmp_path)
    before = compiled_web(tmp_path)
    assert "poetry.lock" not in before.files
    with (tmp_path / "poetry.lock").open("a") as lock:
        lock.write("# as a dev dependency leaves it\n")
    assert compiled_web(tmp_path).tag == before.tag


def test_nor_does_the_name_of_the_checkout(tmp_path: Path) -> None:
    """What setup.py alone knows the name of is not called by it."""
    for name in ("one", "two"):
        copy_fixture("setup-py-only", tmp_path / name)
        (tmp_path / name / "shipyard.toml").write_text('name = "shop"\n[services.web]\n')
    assert compiled_web(tmp_path / "one").tag == compiled_web(tmp_path / "two").tag


def compiled_web(root: Path) -> Any:
    return compile_builds(load(root, stage=None, instance=None, environ={}).manifest)["web"][1]


def test_the_plan_names_its_files(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI | {"README.md": "", "shop/x.py": ""})
    assert sorted(plan.files) == ["main.py", "shop/x.py"]
    assert plan.repository == "shop/web"
    assert plan.reference == f"shop/web:{plan.tag}"
    assert "\n!requirements.txt\n# secrets\n" in plan.dockerignore


def test_a_context_wider_than_the_project(compiled: Compile) -> None:
    files = {f"services/api/{name}": text for name, text in FASTAPI.items()} | {
        "lib/x.py": "",
        "README.md": "",
    }
    _, plan = compiled(files, 'path = "services/api"\ncontext = "."')
    assert plan.context == "."
    # The top of the project, not of the context, holds what people read.
    assert {"README.md", "lib/x.py", "services/api/main.py"} <= set(plan.files)
    assert "services/api/requirements.txt" not in plan.files
    assert "\n!services/api/requirements.txt\n# secrets\n" in plan.dockerignore
    assert lines(plan, "WORKDIR") == ["WORKDIR /app/services/api"]
    mount = "--mount=type=bind,source=services/api/requirements.txt,target=/p/requirements.txt"
    assert lines(plan, "--mount=type=bind,source=services") == [mount]


@pytest.mark.parametrize(
    ("declared", "commands", "copies"),
    [
        ('volumes = ["m:/app/media"]', ["mkdir -p /app/media && chown 10001:10001 /app/media"], False),
        (
            'volumes = ["m:/var/lib/x y"]\nuser = "7"',
            ["mkdir -p '/points/var/lib/x y' && chown 7:7 '/points/var/lib/x y'"],
            True,
        ),
        ('volumes = ["./main.py:/etc/x"]', [], False),
    ],
)
def test_mount_points_are_in_the_image_and_its_users(
    compiled: Compile, declared: str, commands: list[str], copies: bool
) -> None:
    _, plan = compiled(FASTAPI, declared)
    assert lines(plan, "mkdir -p /app/") + lines(plan, "mkdir -p '/points") == commands
    assert ("COPY --from=src /points/ /" in lines(plan, "COPY")) is copies


def test_those_who_share_an_image_have_their_mount_points_in_it(compiled: Compile) -> None:
    worker = '[services.worker]\nlike = "web"\ncommand = ["work"]\nvolumes = ["jobs:/app/jobs"]'
    _, plan = compiled(FASTAPI, more=worker)
    assert plan.facts["mount_points"] == ["/app/jobs"]


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("5", "5:5"),
        ("5:6", "5:6"),
        ("0", "0:0"),
        ("app", "10001:10001"),
        ("5:staff", "10001:10001"),
        ("5th", "10001:10001"),
    ],
)
def test_the_image_has_a_numeric_user(compiled: Compile, user: str, expected: str) -> None:
    _, plan = compiled(FASTAPI, f'user = "{user}"')
    assert lines(plan, "USER") == [f"USER {expected}"]
    uid, _, gid = expected.partition(":")
    assert f"app:x:{uid}:{gid}::/nonexistent:" in plan.dockerfile


def test_system_packages_each_in_their_stage(compiled: Compile) -> None:
    _, plan = compiled(FASTAPI, 'build = { packages = ["libmagic1"], build_packages = ["gcc"] }')
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "
    linked = "--no-upgrade libmagic1 $(cat /debian/packages)"
    assert lines(plan, install) == [f"{install}gcc", f"{install}{linked}"]
    builder, _, final = plan.dockerfile.partition("\nFROM bare AS system\n")
    assert "gcc" in builder
    assert "gcc" not in final
    assert final.count("\nFROM system") == 2, "what is checked is what the image is made from"


def test_static_files_are_collected_with_throw_away_values(compiled: Compile) -> None:
    declared = 'env = { DEBUG = "1", PASS = "s3cret", DJANGO_SETTINGS_MODULE = "shop.settings" }'
    _, plan = compiled(STATIC, declared)
    collect = "/opt/venv/bin/python /collected.py manage.py collectstatic --noinput -v 0"
    values = "API_KEY=build DEBUG=0 DJANGO_SETTINGS_MODULE=shop.settings PASS=build SECRET_KEY=build"
    assert lines(plan, "env -C") == [f"env -C /app {values} {collect}"]
    assert "s3cret" not in plan.dockerfile
    assert plan.facts["static"] is True
    assert plan.facts["static_environment"]["API_KEY"] == "build"
    assert lines(compiled(STATIC, "build = { static = false }")[1], "env -C") == []


def test_no_variable_is_more_than_a_word_of_the_shell(compiled: Compile) -> None:
    _, plan = compiled(STATIC, 'env = { "A B;x" = "y", "$(x)" = "z" }')
    assert "env -C /app '$(x)'=build 'A B;x'=build API_KEY=build " in plan.dockerfile


def test_a_source_folder_is_importable(compiled: Compile) -> None:
    files = {"requirements.txt": FASTAPI["requirements.txt"], "src/shop/main.py": FASTAPI["main.py"]}
    _, plan = compiled(files)
    assert lines(plan, "PYTHONPATH") == ["PYTHONPATH=/app/src"]


@pytest.mark.parametrize(
    ("declared", "base"),
    [
        ("", "python:3.13-slim"),
        ('build = { base = "slim" }\npython = "3.12"', "python:3.12-slim"),
        ('build = { base = "acme/python:1" }', "acme/python:1"),
    ],
)
def test_the_base(compiled: Compile, declared: str, base: str) -> None:
    _, plan = compiled(FASTAPI, declared)
    assert lines(plan, "FROM")[0] == f"FROM {base} AS base"
    assert f"FROM {base} AS bare" in lines(plan, "FROM")
    assert lines(plan, "FROM")[-1] == "FROM bare"


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (
            "build = { static = true }",
            "services.web.build.static: static = true collects Django's static files, and this is no "
            "Django project",
        ),
    ],
)
def test_what_cannot_be_built(refused: Refused, declared: str, told: str) -> None:
    assert refused(FASTAPI, declared) == told


def test_a_dockerfile_of_ones_own(compiled: Compile) -> None:
    files = {
        "docker/Dockerfile": "FROM x\n",
        "docker/Dockerfile.dockerignore": "*.md\n",
        "a.py": "",
        "b.md": "",
    }
    declared = 'build = { dockerfile = "docker/Dockerfile" }\nport = 80'
    detected, plan = compiled(files, declared)
    assert (plan.dockerfile, plan.own_dockerfile) == ("FROM x\n", "docker/Dockerfile")
    assert plan.dockerignore.startswith("# the project's own lines\n*.md\n# secrets\n**/.env*\n")
    assert "a.py" in plan.files
    assert "b.md" not in plan.files
    assert (detected.framework, detected.port) == (None, 80)
    changed = compiled(files | {"docker/Dockerfile": "FROM y\n"}, declared)[1]
    assert changed.tag != plan.tag


def test_a_file_that_arrives_empty_is_told(compiled: Compile) -> None:
    """The second line for its folder is not tried on it, and is when it is opened."""
    files = FASTAPI | {".dockerignore": "data\n!data/x\ndata\n", "data/x": "content", "data/y": ""}
    _, plan = compiled(files)
    assert sorted(plan.files) == ["data/x", "main.py"]
    assert plan.notes[-1].startswith("data/x reaches the image empty: ")
    _, same = compiled(files | {"data/x": "other"})
    assert same.tag == plan.tag


def test_a_registry_is_part_of_the_name(compiled: Compile, tmp_path: Path) -> None:
    compiled(FASTAPI)
    manifest = tmp_path / "project" / "shipyard.toml"
    manifest.write_text('registry = "r.example/acme"\n' + manifest.read_text())
    loaded = load(tmp_path / "project", stage=None, instance=None, environ={}).manifest
    assert compile_builds(loaded)["web"][1].repository == "r.example/acme/shop/web"


def test_every_error_of_every_image_is_told(compiled: Compile) -> None:
    from shipyard.errors import ErrorGroup

    with pytest.raises(ErrorGroup) as caught:
        compiled({}, 'framework = "x"', more="[services.api]\n[services.cache]\nimage = 'redis:7'")
    assert [error.where for error in caught.value.errors] == ["services.web", "services.api"]
