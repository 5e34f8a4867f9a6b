"""Frameworks whose application is an object: what makes one, and which of several is meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Find = Callable[..., Any]
Refused = Callable[..., str]
FLASK = {"requirements.txt": "flask==3.1.3\n"}
BACKEND = {"backend/models.py": ""}
OBJECT = "from flask import Flask\napp = Flask(__name__)\n"
SUBCLASS = "from flask import Flask as F\nclass Mine(F):\n    pass\napp = Mine('x')\n"
FACTORY = "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n"


@pytest.mark.parametrize(
    ("files", "app", "factory"),
    [
        ({"app.py": OBJECT}, "app:app", False),
        ({"hello.py": "import flask as f\nsite = f.Flask(__name__)\n"}, "hello:site", False),
        ({"app.py": SUBCLASS}, "app:app", False),
        ({"app.py": FACTORY}, "app:create_app", True),
        ({"shop/__init__.py": FACTORY}, "shop:create_app", True),
        # Flask's own order: app before application before any other name.
        ({"app.py": OBJECT + "application = Flask('x')\nother = Flask('y')\n"}, "app:app", False),
        ({"app.py": FACTORY.replace("create_app", "build") + FACTORY}, "app:create_app", True),
        # What a factory of another module makes, by an absolute, a relative and an aliased import.
        (
            {"shop/__init__.py": FACTORY, "wsgi.py": "import shop\napp = shop.create_app('x')\n"},
            "wsgi:app",
            False,
        ),
        (
            {"shop/make.py": FACTORY, "shop/wsgi.py": "from .make import create_app as c\napp = c()\n"},
            "shop.wsgi:app",
            False,
        ),
        (
            {"shop/__init__.py": FACTORY, "shop/wsgi.py": "from . import create_app\napp = create_app()\n"},
            "shop.wsgi:app",
            False,
        ),
        ({"src/shop/app.py": OBJECT}, "shop.app:app", False),
    ],
)
def test_what_is_found(find: Find, files: dict[str, str], app: str, factory: bool) -> None:
    found = find("flask", FLASK | files)
    assert (found.app, found.factory, found.interface) == (app, factory, "wsgi")


@pytest.mark.parametrize(
    "text",
    [
        "from elsewhere import Flask\napp = Flask()\n",
        "from flask import Flask\ndef make(name):\n    return Flask(name)\n",
        "from flask import Flask\ndef make(*, name):\n    return Flask(name)\n",
        "from flask import Flask\nasync def make():\n    return Flask('x')\n",
        "app = make()\n",
        "from flask import Blueprint\napp = Blueprint('x', __name__)\n",
    ],
)
def test_what_is_none(find: Find, text: str) -> None:
    assert find("flask", FLASK | {"app.py": text}) is None


@pytest.mark.parametrize(
    ("value", "app", "factory", "import_path"),
    [
        ("shop", "shop:create_app", True, ""),
        ("shop:create_app('x')", "shop:create_app('x')", True, ""),
        ("other.py", "other:app", False, ""),
        ("./other.py:app", "other:app", False, ""),
        ("unknown", "unknown:app", False, ""),
    ],
)
def test_flask_app_decides(find: Find, value: str, app: str, factory: bool, import_path: str) -> None:
    files = FLASK | {"shop/__init__.py": FACTORY, "other.py": OBJECT, "app.py": OBJECT}
    found = find("flask", files, env={"FLASK_APP": (value,)})
    assert (found.app, found.factory, found.import_path) == (app, factory, import_path)
    assert found.app_evidence == "services.web.env.FLASK_APP"


def test_the_manifests_app_comes_before_flask_app(find: Find) -> None:
    found = find("flask", FLASK | {".flaskenv": "FLASK_APP=a\n"}, app="b:c")
    assert (found.app, found.app_evidence) == ("b:c", "declared")


@pytest.mark.parametrize(
    ("app", "target"),
    [
        ({"shop/celery.py": "app"}, "shop"),
        ({"shop/celery.py": "celery"}, "shop"),
        ({"shop/celery.py": "queue"}, "shop.celery:queue"),
        ({"celery_app.py": "app"}, "celery_app:app"),
        ({"shop/tasks.py": "app"}, "shop.tasks:app"),
    ],
)
def test_what_celery_is_told(find: Find, app: dict[str, str], target: str) -> None:
    files = {path: f"from celery import Celery\n{name} = Celery()\n" for path, name in app.items()}
    found = find("celery", {"requirements.txt": "celery==5.7.0\n"} | files)
    assert found.command == ("celery", "-A", target, "worker", "--loglevel", "INFO")
    assert (found.role, found.workers, found.port) == ("worker", "CELERY_WORKER_CONCURRENCY", None)


def test_aiohttps_application_is_known_by_its_import_alone(find: Find) -> None:
    there = {"requirements.txt": "aiohttp==3.14.5\n"}
    assert find("aiohttp", there | {"app.py": "from other import Application\napp = Application()\n"}) is None
    assert find("aiohttp", there | {"app.py": "app = Application()\n"}) is None
    found = find("aiohttp", there | {"app.py": "import aiohttp.web\napp = aiohttp.web.Application()\n"})
    assert (found.app, found.interface) == ("app:app", "aiohttp")


def test_two_scripts_of_streamlit_are_told(refused: Refused) -> None:
    files = {"requirements.txt": "streamlit==1\n", "a.py": "import streamlit\n", "b.py": "import streamlit\n"}
    assert refused("streamlit", files) == (
        "services.web: found several Streamlit programs\n"
        "  a.py (a.py:1)\n"
        "  b.py (b.py:1)\n"
        '  -> say which: add app = "a.py" to [services.web]'
    )


@pytest.mark.parametrize(
    ("files", "app", "path"),
    [
        (BACKEND | {"backend/app.py": OBJECT + "from models import x\n"}, "app:app", "backend"),
        (BACKEND | {"backend/app.py": OBJECT + "import models.x\n"}, "app:app", "backend"),
        (BACKEND | {"backend/app.py": OBJECT + "from .models import x\n"}, "backend.app:app", ""),
        ({"backend/app.py": OBJECT + "import json\n", "backend/json.py": ""}, "backend.app:app", ""),
        ({"backend/app.py": OBJECT + "import redis\n", "backend/redis.py": ""}, "backend.app:app", ""),
        (BACKEND | {"backend/app.py": OBJECT + "import models\n", "models.py": ""}, "backend.app:app", ""),
        (
            BACKEND | {"backend/app.py": OBJECT + "import models\n", "backend/__init__.py": ""},
            "backend.app:app",
            "",
        ),
    ],
)
def test_what_imports_what_stands_beside_it_starts_there(
    find: Find, files: dict[str, str], app: str, path: str
) -> None:
    found = find("flask", FLASK | files)
    assert (found.app, found.import_path) == (app, path)
