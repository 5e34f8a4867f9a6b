"""Tests of a project stay out of its image, where nothing else wants them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import FASTAPI, write_tree

from shipyard.compile.builds import compile_builds
from shipyard.manifest import load

Compile = Callable[..., Any]

TESTS = {
    **FASTAPI,
    "tests/test_main.py": "",
    "tests/unit/conftest.py": "",
    "conftest.py": "",
}


def test_tests_stay_out(compiled: Compile) -> None:
    detected, plan = compiled(TESTS)
    (told,) = (one for one in detected.decisions if one.subject == "left out")
    assert told.value == "tests, conftest.py"
    assert not {path for path in plan.files if "test" in path}
    assert " /app/tests /app/conftest.py" in plan.dockerfile
    assert compiled({**TESTS, "tests/test_main.py": "assert True\n"})[1].tag == plan.tag


@pytest.mark.parametrize(
    "more",
    [
        {"main.py": FASTAPI["main.py"] + "from tests.data import one\n"},
        {"settings.py": "RUNNER = 'tests.runner'\n"},
        {"settings.py": "DATA = open('tests/data.json')\n"},
        {".dockerignore": "!tests\n"},
        {"main.py": FASTAPI["main.py"] + "import os, tests.data\n"},
        {"main.py": FASTAPI["main.py"] + "from .tests import one\n"},
        {"scripts/seed.py": "from tests.factories import one\n"},
        {"start.sh": "exec python -m tests.run\n"},
        {"Procfile": "web: uvicorn tests.server:app\n"},
        {"requirements.txt": FASTAPI["requirements.txt"] + "pytest==8.0.0\n"},
    ],
)
def test_those_that_something_wants_do_not(compiled: Compile, more: dict[str, str]) -> None:
    detected, plan = compiled(TESTS | more)
    assert "tests/test_main.py" in plan.files
    assert "left out" not in {one.subject for one in detected.decisions}


@pytest.mark.parametrize(
    "files", [{"tests/models.py": "", "tests/views.py": ""}, {"shop/tests/test_views.py": ""}, {"tests": ""}]
)
def test_what_is_called_so_and_holds_none_is_the_applications(
    compiled: Compile, files: dict[str, str]
) -> None:
    _, plan = compiled({**FASTAPI, **files})
    assert files.keys() <= plan.files.keys()


@pytest.mark.parametrize(
    "line",
    [
        'before_deploy = "python -m tests.seed"',
        'command = ["python", "-m", "tests.seed"]\nport = 8000',
        'app = "tests.server:app"',
        'health = { command = "python tests/health.py" }',
    ],
)
def test_those_that_the_manifest_runs_stay(compiled: Compile, line: str) -> None:
    assert "tests/test_main.py" in compiled(TESTS, line)[1].files


def test_those_that_a_link_leads_into_stay(tmp_path: Path) -> None:
    write_tree(tmp_path, {**TESTS, "shipyard.toml": 'name = "a"\n[services.web]\n'})
    (tmp_path / "fixtures").symlink_to("tests/unit")
    _, plan = compile_builds(load(tmp_path, stage=None, instance=None, environ={}).manifest)["web"]
    assert "tests/test_main.py" in plan.files


def test_project_files_that_the_application_reads_stay(compiled: Compile) -> None:
    files = {**FASTAPI, "pyproject.toml": "[tool.ruff]\n", "README.md": "x", "CHANGELOG.md": "y"}
    _, without = compiled(files)
    assert not {"pyproject.toml", "README.md", "CHANGELOG.md"} & without.files.keys()
    reading = {"main.py": FASTAPI["main.py"] + "TEXT = open('pyproject.toml').read()\n"}
    _, plan = compiled({**files, **reading, ".dockerignore": "!README.md\n"})
    assert {"pyproject.toml", "README.md"} <= plan.files.keys()
    assert "CHANGELOG.md" not in plan.files
    assert "cp -R /context/README.md /app/ && cp -R /context/pyproject.toml /app/" in plan.dockerfile


def test_a_link_out_of_what_is_copied_is_told(tmp_path: Path) -> None:
    files = {f"api/{name}": text for name, text in FASTAPI.items()} | {"libs/common/__init__.py": ""}
    write_tree(tmp_path, {**files, "shipyard.toml": 'name = "a"\n[services.web]\npath = "api"\n'})
    (tmp_path / "api/common").symlink_to("../libs/common")
    (tmp_path / "api/again.py").symlink_to("main.py")

    def notes() -> list[str]:
        detected, _ = compile_builds(load(tmp_path, stage=None, instance=None, environ={}).manifest)["web"]
        return [one for one in detected.notes if "leads to" in one]

    (told,) = notes()
    assert "web: common leads to ../libs/common, which is not in the image" in told
    (tmp_path / "shipyard.toml").write_text('name = "a"\n[services.web]\npath = "api"\ncontext = "."\n')
    assert notes() == []
