"""FastAPI projects: the object, or the function that returns it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import FASTAPI

Find = Callable[..., Any]
Refused = Callable[..., str]

APP = "from fastapi import FastAPI\napp = FastAPI()\n"


def fastapi(files: dict[str, str]) -> dict[str, str]:
    return {"requirements.txt": FASTAPI["requirements.txt"], **files}


@pytest.mark.parametrize(
    ("files", "app", "where"),
    [
        ({"main.py": APP}, "main:app", "main.py:2"),
        ({"app/main.py": APP}, "app.main:app", "app/main.py:2"),
        ({"app/__init__.py": APP}, "app:app", "app/__init__.py:2"),
        ({"src/shop/api.py": APP}, "shop.api:app", "src/shop/api.py:2"),
        (
            {"web.py": "import fastapi\nx: fastapi.FastAPI = fastapi.FastAPI(title='x')\n"},
            "web:x",
            "web.py:2",
        ),
        ({"main.py": "try:\n    app = FastAPI()\nexcept E:\n    pass\n"}, "main:app", "main.py:2"),
        # Where people look first: main.py at the top before others.
        ({"main.py": APP, "admin.py": APP}, "main:app", "main.py:2"),
        ({"app/main.py": APP, "app/v1/deep/main.py": APP}, "app.main:app", "app/main.py:2"),
        # What is not deployed does not count.
        (
            {"main.py": APP, "tests/main.py": APP, "test_x.py": APP, "docs/main.py": APP},
            "main:app",
            "main.py:2",
        ),
        ({"main.py": APP, "other.py": "app = FastAPI(\n"}, "main:app", "main.py:2"),
    ],
)
def test_the_object(find: Find, files: dict[str, str], app: str, where: str) -> None:
    found = find("fastapi", fastapi(files))
    assert (found.app, found.app_evidence, found.factory) == (app, where, False)
    assert (found.framework, found.evidence, found.interface) == ("fastapi", "requirements.txt:1", "asgi")
    assert found.import_path == ("src" if where.startswith("src/") else "")


@pytest.mark.parametrize(
    "text",
    [
        "def make() -> FastAPI:\n    return build()\n",
        "def make():\n    app = FastAPI()\n    return app\n",
        "def make():\n    return FastAPI()\n",
        "def make():\n    return FastAPI()\n\ndef other(x):\n    return FastAPI()\n",
        "def make():\n    return FastAPI()\n\ndef other():\n    app = FastAPI()\n    app.run()\n",
    ],
)
def test_the_factory(find: Find, text: str) -> None:
    found = find("fastapi", fastapi({"main.py": text}))
    assert (found.app, found.app_evidence, found.factory) == ("main:make", "main.py:1", True)


def test_an_object_is_preferred_to_the_factory_that_makes_it(find: Find) -> None:
    text = "def make():\n    return FastAPI()\n\napp = FastAPI()\n"
    assert find("fastapi", fastapi({"main.py": text})).app == "main:app"


@pytest.mark.parametrize(
    "text",
    [
        "# app = FastAPI()\n",
        "text = 'app = FastAPI()'\n",
        "app = Flask()\n",
        "class X:\n    app = FastAPI()\n",
    ],
)
def test_only_code_at_the_top_counts(find: Find, text: str) -> None:
    assert find("fastapi", fastapi({"main.py": text})) is None


def test_without_the_dependency_it_is_none(find: Find) -> None:
    assert find("fastapi", {"requirements.txt": "starlette\n", "main.py": APP}) is None


def test_several_are_listed_with_the_line_to_add(refused: Refused) -> None:
    assert refused("fastapi", fastapi({"main.py": APP, "api.py": APP})) == (
        "services.web: found several FastAPI applications\n"
        "  api:app (api.py:2)\n"
        "  main:app (main.py:2)\n"
        '  -> say which: add app = "api:app" to [services.web]'
    )


def test_a_declared_application_is_not_searched(find: Find) -> None:
    found = find("fastapi", fastapi({"main.py": APP, "api.py": APP, "src/x.py": ""}), app="x:make()")
    assert (found.app, found.app_evidence, found.factory) == ("x:make()", "declared", True)
    assert found.import_path == "src"


def test_nothing_outside_of_the_project_is_read(find: Find, tmp_path: Path) -> None:
    (tmp_path.parent / "outside").mkdir(exist_ok=True)
    (tmp_path.parent / "outside" / "main.py").write_text(APP)
    (tmp_path / "app").symlink_to(tmp_path.parent / "outside")
    assert find("fastapi", fastapi({})) is None
