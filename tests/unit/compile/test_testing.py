"""Tests of a project stay out of its image, where nothing else wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sources import FASTAPI

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
