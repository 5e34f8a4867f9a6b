"""Which commands are a development server's, and where that is a problem."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest
from sources import FASTAPI

from shipyard.compile.desired import compile_desired
from shipyard.compile.dev_server import development_server
from shipyard.manifest.values import command
from shipyard.model.manifest import Manifest
from shipyard.model.record import replace
from shipyard.reconcile.development import development_problems


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("python manage.py runserver 0.0.0.0:8000", "manage.py runserver"),
        ("python backend/manage.py runserver", "manage.py runserver"),
        ("./manage.py runserver_plus", "manage.py runserver_plus"),
        ("django-admin runserver", "django-admin runserver"),
        ("python -m django runserver", "django runserver"),
        ("python manage.py migrate && exec python manage.py runserver", "manage.py runserver"),
        ("flask run --host 0.0.0.0", "flask run"),
        ("flask --app shop --debug run", "flask run"),
        ("python3 -m flask run", "flask run"),
        ("uv run --no-dev flask run", "flask run"),
        ("poetry run uvicorn main:app --reload", "uvicorn --reload"),
        ("LOG=1 uvicorn main:app --reload", "uvicorn --reload"),
        ("gunicorn app:app --reload", "gunicorn --reload"),
        ("fastapi dev main.py", "fastapi dev"),
        ("sanic main:app --dev", "sanic --dev"),
        ("litestar run --debug", "litestar run --debug"),
        ("quart run", "quart run"),
        ("adev runserver app", "adev runserver"),
        ("dramatiq jobs --watch .", "dramatiq --watch"),
        ("watchmedo auto-restart -- celery -A shop worker", "watchmedo"),
        ("watchfiles 'celery -A shop worker'", "watchfiles"),
        # What only looks like one.
        ("python manage.py migrate", None),
        ("python manage.py rqworker runserver", None),
        ("fastapi run main.py", None),
        ("uvicorn main:app --host 0.0.0.0", None),
        ("flask db upgrade", None),
        ("celery -A shop worker", None),
        ("echo flask run", None),
        ("sh -c 'echo \"'", None),
        ("litestar run", None),
        ("uv run", None),
    ],
)
def test_a_command_of_a_development_server(text: str, told: str | None) -> None:
    assert development_server(command(text)) == told


def test_the_exec_form_is_read_as_it_is() -> None:
    assert development_server(tuple(shlex.split("flask run"))) == "flask run"
    assert development_server(("flask run",)) is None
    assert development_server(()) is None


@pytest.mark.parametrize(
    ("lines", "procfile", "told"),
    [
        ('command = "uvicorn main:app --reload"', "", "uvicorn --reload"),
        ('entrypoint = ["uvicorn"]\ncommand = ["main:app", "--reload"]', "", "uvicorn --reload"),
        ("", "web: flask run", "flask run"),
        ("", "web: flask db upgrade", None),
    ],
)
def test_it_is_a_problem_outside_of_development(
    built: Callable[..., tuple[Manifest, Any]], lines: str, procfile: str, told: str | None
) -> None:
    files = {"requirements.txt": "", "Procfile": procfile} if procfile else FASTAPI
    manifest, builds = built(files, lines)
    for stage in ("dev", "default"):
        assert development_problems(compile_desired(replace(manifest, stage=stage), builds)) == []
    found = development_problems(compile_desired(replace(manifest, stage="prod"), builds))
    if told is None:
        assert found == []
        return
    (problem,) = found
    assert problem.address == "service.web"
    assert problem.title == f"{told} is a development server, and prod is no development stage"
    assert problem.hint.endswith("or move it to [stages.dev.services.web]")
