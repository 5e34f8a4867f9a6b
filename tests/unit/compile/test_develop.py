"""What differs in development: what is started, never the image; and what an edit asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sources import DJANGO, FASTAPI

from shipyard.compile.desired import Builds, compile_desired
from shipyard.compile.develop import reloads
from shipyard.compile.edits import wants_apply
from shipyard.compile.live import place_in_image, wants_build
from shipyard.model.build import Live
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.record import replace

Built = Callable[..., tuple[Manifest, Builds]]
FLASK = {"requirements.txt": "flask==3.1.0\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}
PACKAGE = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["fastapi==0.115.0"]\n'
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
    "src/shop/__init__.py": "",
    "src/shop/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
}
DEV = '[stages.dev]\nmode = "develop"'


def desired(built: Built, files: dict[str, str], lines: str = "", more: str = DEV) -> Desired:
    return compile_desired(*built(files, lines, more))


def asgi(server: str, more: str = "") -> dict[str, str]:
    return {**FASTAPI, "requirements.txt": f"fastapi==0.115.0\n{server}\n{more}\n"}


@pytest.mark.parametrize(
    ("files", "command"),
    [
        (DJANGO, "python manage.py runserver 0.0.0.0:8000"),
        (
            DJANGO | {"requirements.txt": "django==5.1\nchannels==4.2.0\nuvicorn==0.34.0\n"},
            "gunicorn shop.wsgi:application --bind 0.0.0.0:8000 --threads 4 --worker-tmp-dir /dev/shm "
            "--graceful-timeout 1 --access-logfile - --reload",
        ),
        (FLASK, "flask --app app:app --debug run --host 0.0.0.0 --port 8000"),
        (FLASK | {"requirements.txt": "flask==2.1.3\nuwsgi==2.0.28\n"}, None),
        (
            FASTAPI,
            "uvicorn main:app --host 0.0.0.0 --port 8000 --timeout-graceful-shutdown 1 "
            "--reload --reload-dir /app",
        ),
        (
            asgi("hypercorn==0.17.3"),
            "hypercorn main:app --bind 0.0.0.0:8000 --graceful-timeout 1 --access-logfile - --reload",
        ),
        (
            asgi("granian==1.7.0", "watchfiles==1.0.0"),
            "granian main:app --interface asgi --host 0.0.0.0 --port 8000 --workers-kill-timeout 1 "
            "--access-log --reload",
        ),
        (asgi("granian==1.7.0"), None),
        (asgi("daphne==4.1.2"), None),
        (
            {
                "requirements.txt": "sanic==24.6.0\n",
                "app.py": "from sanic import Sanic\napp = Sanic('shop')\n",
            },
            "sanic app:app --host=0.0.0.0 --port=8000 --auto-reload",
        ),
    ],
)
def test_the_reloader_is_the_frameworks_or_the_servers(
    built: Built, files: dict[str, str], command: str | None
) -> None:
    made = desired(built, files)
    spec = made.service("web")
    assert (None if spec.command is None else " ".join(spec.command)) == command
    _, builds = built(files, "", DEV)
    assert reloads(spec, builds["web"][0]) is (command is not None)


def test_the_image_is_that_of_every_stage(built: Built) -> None:
    develop, production = desired(built, FASTAPI), desired(built, FASTAPI, more="[stages.dev]")
    assert develop.service("web").image == production.service("web").image
    assert production.service("web").command is None
    assert "--reload" not in develop.images[0].dockerfile


def test_what_is_declared_stays(built: Built) -> None:
    spec = desired(built, FASTAPI, 'command = "uvicorn main:app"\nread_only = true').service("web")
    assert spec.command == ("uvicorn", "main:app")
    assert not spec.read_only, "no edit could be brought into it"
    more = f'[services.job]\nlike = "web"\ncommand = "python job.py"\n{DEV}'
    job = desired(built, FASTAPI, more=more).service("job")
    assert job.command == ("python", "job.py")


def test_a_stage_of_any_name_publishes_as_dev_does(built: Built) -> None:
    manifest, builds = built(FASTAPI)
    for mode, ports in (("develop", [8000]), ("production", []), (None, [])):
        made: Any = replace(manifest, stage="work", mode=mode)
        spec = compile_desired(made, builds).service("web")
        assert [port.host_port for port in spec.publish] == ports


def test_a_package_is_imported_from_its_source(built: Built) -> None:
    spec = desired(built, PACKAGE, 'app = "shop.main:app"').service("web")
    assert spec.env["PYTHONPATH"][0].split(":")[-1] == "/app/src"
    spec = desired(built, PACKAGE, 'app = "shop.main:app"', "[stages.dev]").service("web")
    assert "PYTHONPATH" not in spec.env
    compiled = {**PACKAGE, "src/shop/fast.pyx": ""}
    manifest, builds = built(compiled, 'app = "shop.main:app"', DEV)
    assert "PYTHONPATH" not in compile_desired(manifest, builds).service("web").env
    live = builds["web"][0].live
    assert live is not None
    assert wants_build("src/shop/main.py", live)


@pytest.mark.parametrize("collected", [True, False])
def test_static_files_that_are_copied(built: Built, collected: bool) -> None:
    _, builds = built(DJANGO, f"build.static = {str(collected).lower()}", DEV)
    live = builds["web"][0].live
    assert live is not None
    assert live.collected is collected


def test_where_a_file_stands() -> None:
    live = Live(top=".", inner="backend", left_out=("poetry.lock",), built=("frontend",))
    assert place_in_image("backend/shop/views.py", live) == "/app/backend/shop/views.py"
    assert place_in_image("libs/a.py", live) == "/app/libs/a.py"
    for path in ("backend/poetry.lock", "backend/pyproject.toml", "frontend/.npmrc"):
        assert place_in_image(path, live) is None
        assert wants_build(path, live)
    assert place_in_image("frontend/main.ts", live) == "/app/frontend/main.ts"
    assert wants_build("frontend/main.ts", live)
    assert not wants_build("backend/shop/views.py", live)
    apart = Live(top="backend", inner="backend")
    assert place_in_image("libs/a.py", apart) is None


@pytest.mark.parametrize(
    ("change", "lines", "wanted"),
    [
        ({"main.py": FASTAPI["main.py"] + "\nX = 1\n"}, "", False),
        ({"more/page.html": "<p>"}, "", False),
        ({"README.md": "more"}, "", False),
        ({"requirements.txt": FASTAPI["requirements.txt"] + "\nidna==3.10\n"}, "", True),
        ({".python-version": "3.12\n"}, "", True),
        ({}, "port = 9000", True),
        ({}, 'env = { A = "b" }', True),
        ({}, "# a word", False),
    ],
)
def test_more_than_a_file_in_its_place_is_applied(
    built: Built, change: dict[str, str], lines: str, wanted: bool
) -> None:
    before = built(FASTAPI, "", DEV)
    after = built(FASTAPI | change, lines, DEV)
    assert wants_apply(*after, *before) is wanted


def test_an_own_dockerfile_is_built_at_every_edit(built: Built) -> None:
    files = {"Dockerfile": "FROM redis:7\nCOPY word /word\n", "word": "one"}
    lines = 'build.dockerfile = "Dockerfile"'
    before = built(files, lines, DEV)
    assert wants_apply(*built(files | {"word": "two"}, lines, DEV), *before)
    assert not wants_apply(*built(files, lines, DEV), *before)
