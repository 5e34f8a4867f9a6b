"""What a service that is like another runs in its image, and what its container needs for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sources import FASTAPI

from shipyard.compile.desired import compile_desired, processes_for
from shipyard.errors import ShipyardError
from shipyard.model.desired import ServiceSpec

Built = Callable[..., Any]
CELERY = FASTAPI | {
    "requirements.txt": FASTAPI["requirements.txt"] + "celery==5.7.0\n",
    "jobs.py": "from celery import Celery\napp = Celery()\n",
}


@pytest.fixture
def spec(built: Built) -> Callable[..., ServiceSpec]:
    """The worker of a project with these lines in [services.worker]."""

    def done(lines: str, files: dict[str, str] = CELERY) -> ServiceSpec:
        manifest, builds = built(files, "", f'[services.worker]\nlike = "web"\n{lines}')
        return compile_desired(manifest, builds).service("worker")

    return done


def test_a_role_by_its_name_alone(spec: Callable[..., ServiceSpec]) -> None:
    worker = spec('framework = "celery"')
    assert worker.command == ("celery", "-A", "jobs:app", "worker", "--loglevel", "INFO")
    assert (worker.built, worker.port, worker.check, worker.stop_timeout) == ("web", None, None, 60)
    assert worker.env == {}


def test_the_app_may_be_said(spec: Callable[..., ServiceSpec]) -> None:
    worker = spec('framework = "celery"\napp = "shop.celery:app"')
    assert worker.command is not None
    assert worker.command[:3] == ("celery", "-A", "shop")


@pytest.mark.parametrize(
    ("lines", "env"),
    [
        ("resources = { cpus = 3 }", {"CELERY_WORKER_CONCURRENCY": ("3",)}),
        ("resources = { cpus = 0.5 }", {"CELERY_WORKER_CONCURRENCY": ("1",)}),
        (
            'resources = { cpus = 3 }\nenv = { CELERY_WORKER_CONCURRENCY = "9" }',
            {"CELERY_WORKER_CONCURRENCY": ("9",)},
        ),
        ("read_only = true", {"TMPDIR": ("/dev/shm",)}),
        ('read_only = true\ntmpfs = ["/tmp:size=1g"]', {}),
        ('read_only = true\nvolumes = ["scratch:/tmp"]', {}),
        ('read_only = true\nenv = { TMPDIR = "/x" }', {"TMPDIR": ("/x",)}),
    ],
)
def test_what_its_limits_ask_for(spec: Callable[..., ServiceSpec], lines: str, env: object) -> None:
    assert spec(f'framework = "celery"\n{lines}').env == env


def test_a_server_with_a_read_only_root_needs_no_temporary_folder(built: Built) -> None:
    manifest, builds = built(FASTAPI, "read_only = true")
    assert compile_desired(manifest, builds).service("web").env == {}


@pytest.mark.parametrize(
    ("lines", "signal"),
    [
        ('framework = "celery"', "SIGTERM"),
        ('command = ["python", "jobs.py"]', "SIGTERM"),
        ('command = ["python", "jobs.py"]\ncompose = { stop_signal = "SIGUSR1" }', "SIGUSR1"),
    ],
)
def test_the_images_stop_signal_is_another_programs(
    spec: Callable[..., ServiceSpec], lines: str, signal: str
) -> None:
    """uvicorn's is SIGINT; what shares its image expects the usual one."""
    assert spec(lines).compose["stop_signal"] == signal


def test_who_wants_the_same_signal_says_nothing(built: Built) -> None:
    files = {
        "requirements.txt": "flask==3\ngunicorn==23\n",
        "app.py": "from flask import Flask\nx = Flask('x')\n",
    }
    manifest, builds = built(files, "", '[services.worker]\nlike = "web"\ncommand = "true"')
    assert [dict(one.compose) for one in compile_desired(manifest, builds).services] == [{}, {}]


@pytest.mark.parametrize(
    ("cpus", "role", "processes"),
    [(0.5, "web", 1), (1, "web", 2), (2.5, "web", 5), (16, "web", 8), (0.5, "worker", 1), (16, "worker", 16)],
)
def test_processes_for_a_limit(cpus: float, role: str, processes: int) -> None:
    assert processes_for(cpus, role) == processes


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "service worker is like web and has no command of its own"),
        ('framework = "rq"', "the manifest says rq, and no application of it was found"),
        ('framework = "flask"', "the manifest says flask, and no application of it was found"),
        ('framework = "nothing"', "framework 'nothing' is not known"),
    ],
)
def test_what_it_runs_cannot_be_known(spec: Callable[..., ServiceSpec], lines: str, told: str) -> None:
    with pytest.raises(ShipyardError, match=told):
        spec(lines)


def test_a_server_that_the_image_lacks(spec: Callable[..., ServiceSpec]) -> None:
    files = CELERY | {
        "requirements.txt": CELERY["requirements.txt"] + "flask==3.1.3\n",
        "admin.py": "from flask import Flask\napp = Flask('x')\n",
    }
    files["main.py"] = FASTAPI["main.py"]
    with pytest.raises(ShipyardError) as caught:
        spec('framework = "flask"', files | {"shipyard-unused.txt": ""})
    assert "worker is like web, whose image holds no server for flask" in str(caught.value)
    assert '-> build it by itself: path = "." in place of like' in str(caught.value)
