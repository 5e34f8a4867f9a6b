"""Every decision with its evidence; what cannot be decided is told with the line to add."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from sources import DJANGO, FASTAPI

from shipyard.compile.server import server_command
from shipyard.frameworks import FRAMEWORKS
from shipyard.frameworks.application import Application

KNOWN = ", ".join(one.name for one in FRAMEWORKS)
SORTED = ", ".join(sorted(one.name for one in FRAMEWORKS))
Compile = Callable[..., Any]
Decided = Callable[..., tuple[str, str, str]]
Refused = Callable[..., str]

UV = {
    "uv.lock": '[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n',
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
}


def requires(specifier: str) -> dict[str, str]:
    """A project that asks for a Python version."""
    return {**FASTAPI, "pyproject.toml": f'[project]\nname = "shop"\nrequires-python = "{specifier}"\n'}


@pytest.mark.parametrize(
    ("files", "lines", "expected"),
    [
        (FASTAPI, "", ("3.13", "nothing says otherwise", "default")),
        (FASTAPI, 'python = "3.12"', ("3.12", "declared", "manifest")),
        (FASTAPI | {".python-version": "3.11\n"}, "", ("3.11", ".python-version", "detected")),
        (FASTAPI | {".python-version": "cpython-3.12.7\n"}, "", ("3.12", ".python-version", "detected")),
        (FASTAPI | {".python-version": "3.11"}, 'python = "3.12"', ("3.12", "declared", "manifest")),
        (
            requires(">=3.11"),
            "",
            ("3.13", 'pyproject.toml requires-python ">=3.11" allows it', "default"),
        ),
        (requires("<3.13"), "", ("3.12", 'pyproject.toml requires-python "<3.13"', "detected")),
        (requires("==3.11.*"), "", ("3.11", 'pyproject.toml requires-python "==3.11.*"', "detected")),
        (requires(">=3.14"), "", ("3.14", 'pyproject.toml requires-python ">=3.14"', "detected")),
        (requires(">=3.12.4") | {".python-version": "3.12"}, "", ("3.12", ".python-version", "detected")),
    ],
)
def test_the_python_version(
    decided: Decided, files: dict[str, str], lines: str, expected: tuple[str, str, str]
) -> None:
    """In this order: the manifest, .python-version, requires-python, the default."""
    assert decided("python", files, lines) == expected


def test_a_python_that_nobody_knows_yet_is_told(compiled: Compile) -> None:
    detected, _ = compiled(FASTAPI, 'python = "3.99"')
    assert detected.python == "3.99"
    assert any("Python 3.99 is none that Shipyard knows" in note for note in detected.notes)
    detected, _ = compiled(FASTAPI, 'python = "3.14"')
    assert not any("none that Shipyard knows" in note for note in detected.notes)


@pytest.mark.parametrize(
    ("app", "told"),
    [("nope:app", True), ("app.nope:app", True), ("app.main:app", False), ("lib.here:app", False)],
)
def test_an_entry_point_that_the_project_has_not_is_told(compiled: Compile, app: str, told: bool) -> None:
    files = {**FASTAPI, "app/main.py": FASTAPI["main.py"], "src/lib/here.py": FASTAPI["main.py"]}
    detected, _ = compiled(files, f'app = "{app}"')
    assert any("the project has no module" in note for note in detected.notes) is told


def test_an_entry_point_that_a_package_of_the_project_has_not(refused: Callable[..., str]) -> None:
    files = {**FASTAPI, "shop/__init__.py": "", "shop/main.py": FASTAPI["main.py"]}
    told = refused(files, 'app = "shop.mian:app"')
    assert "services.web.app: the project's package shop has no mian" in told
    assert 'did you mean "shop.main"?' in told


@pytest.mark.parametrize(
    ("app", "text", "told"),
    [
        ("main:nope", "import fastapi\napp = fastapi.FastAPI()\n", "main.py has no nope, so the service"),
        ("main:ap", "import fastapi\napp = fastapi.FastAPI()\n", 'did you mean "app"?'),
        ("main:app", "from shop import app\n", None),
        ("main:app", "if True:\n    for app in (1,): pass\n", None),
        ("main:app", "def make():\n    global app\n    app = 1\nmake()\n", None),
        ("main:app", "from shop import *\n", None),
        ("main:app", "globals()['app'] = 1\n", None),
        ("main:app", "def __getattr__(name): ...\n", None),
        ("main:app", "def (\n", None),
        ("main:make()", "def make(): ...\n", None),
        ("main:app.inner", "class app:\n    inner = 1\n", None),
    ],
)
def test_a_name_that_the_module_has_not_is_told(
    compiled: Compile, app: str, text: str, told: str | None
) -> None:
    detected, _ = compiled({**FASTAPI, "main.py": text}, f'app = "{app}"\nframework = "fastapi"')
    said = [note for note in detected.notes if f'app = "{app}"' in note]
    assert bool(said) is (told is not None)
    assert all((told or "") in note for note in said)


def test_a_declared_patch_release_is_kept(compiled: Compile) -> None:
    detected, plan = compiled(FASTAPI, 'python = "3.12.4"')
    assert detected.python == "3.12.4"
    assert plan.dockerfile.startswith("FROM python:3.12.4-slim AS base\n")


@pytest.mark.parametrize(
    ("files", "lines", "told"),
    [
        (
            requires(">=3.12"),
            'python = "3.11"',
            'services.web.python: Python 3.11 (declared) does not fit requires-python = ">=3.12"\n'
            "  pyproject.toml says requires-python\n"
            "  -> make the two agree",
        ),
        (
            requires(">=3.12.5"),
            'python = "3.12.4"',
            'services.web.python: Python 3.12.4 (declared) does not fit requires-python = ">=3.12.5"\n'
            "  pyproject.toml says requires-python\n"
            "  -> make the two agree",
        ),
        (
            requires(">=3.12") | {".python-version": "3.11"},
            "",
            'services.web.python: Python 3.11 (.python-version) does not fit requires-python = ">=3.12"\n'
            "  pyproject.toml says requires-python\n"
            "  -> make the two agree",
        ),
        (
            requires(">=4"),
            "",
            'pyproject.toml: no Python that Shipyard knows fits requires-python = ">=4"\n'
            '  -> say which: add python = "..." to [services.web]',
        ),
        (
            requires("3"),
            "",
            "pyproject.toml: requires-python = '3' is no version specifier\n  -> write it as in \">=3.12\"",
        ),
    ],
)
def test_python_versions_that_do_not_fit(
    refused: Refused, files: dict[str, str], lines: str, told: str
) -> None:
    assert refused(files, lines) == told


@pytest.mark.parametrize(
    ("files", "lines", "told"),
    [
        (
            UV | FASTAPI,
            "",
            "services.web: found the locks of several package managers\n"
            "  uv.lock (uv)\n"
            "  requirements.txt (pip)\n"
            '  -> remove those out of use, or add build = { manager = "uv" } to [services.web]',
        ),
        (
            {"main.py": ""},
            "",
            "services.web: found no dependencies to install in the project's folder\n"
            "  looked for uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml, requirements.txt and "
            "pyproject.toml\n"
            "  -> run `uv lock`, or write a requirements.txt (an empty one will do)",
        ),
        (
            {"api/main.py": ""},
            'path = "api"',
            "services.web: found no dependencies to install in api\n"
            "  looked for uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml, requirements.txt and "
            "pyproject.toml\n"
            "  -> run `uv lock`, or write a requirements.txt (an empty one will do)",
        ),
        (
            FASTAPI,
            'build = { manager = "npm" }',
            "services.web.build.manager: manager 'npm' is not known\n"
            "  -> known: uv, poetry, pdm, pipenv, pylock, pip, pep621",
        ),
        (
            FASTAPI,
            'build = { manager = "uv" }',
            "services.web.build.manager: the manifest says uv, and its files are not in .",
        ),
        (
            FASTAPI,
            'framework = "rails"',
            "services.web.framework: framework 'rails' is not known\n"
            f"  -> known: {SORTED}; or say what to run with command",
        ),
        (
            FASTAPI,
            'framework = "django"',
            "services.web.framework: the manifest says django, and no application of it was found\n"
            '  -> say where it is: add app = "package.module:name" to [services.web]',
        ),
        (
            DJANGO | {"main.py": FASTAPI["main.py"], "requirements.txt": "django\nfastapi\n"},
            "",
            "services.web: found several frameworks\n"
            "  django: shop.wsgi:application (shop/wsgi.py)\n"
            "  fastapi: main:app (main.py:3)\n"
            '  -> say which: add framework = "django" to [services.web]',
        ),
        (
            {"requirements.txt": "requests==2\n", "main.py": "print()\n"},
            "",
            "services.web: found nothing to run for service web\n"
            "  requirements.txt names 1 packages; no application of a known framework "
            f"({KNOWN}) "
            "was found with them\n"
            '  -> add app = "package.module:name" with framework, or command = ["..."], to [services.web]',
        ),
    ],
)
def test_what_cannot_be_decided(refused: Refused, files: dict[str, str], lines: str, told: str) -> None:
    assert refused(files, lines) == told


def test_the_declared_manager_wins(decided: Decided) -> None:
    assert decided("manager", UV | FASTAPI, 'build = { manager = "pip" }') == ("pip", "declared", "manifest")
    assert decided("manager", FASTAPI) == ("pip", "requirements.txt", "detected")


def test_a_pyproject_of_tools_alone_is_no_conflict(decided: Decided) -> None:
    files = FASTAPI | {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}
    assert decided("manager", files) == ("pip", "requirements.txt", "detected")


def test_the_declared_framework_wins(decided: Decided) -> None:
    files = DJANGO | {"main.py": FASTAPI["main.py"], "requirements.txt": "django\nfastapi\n"}
    assert decided("framework", files, 'framework = "fastapi"') == ("fastapi", "declared", "manifest")
    assert decided("app", files, 'framework = "fastapi"') == ("main:app", "main.py:3", "detected")


ADDED = "none in requirements.txt: {0} is added"


@pytest.mark.parametrize(
    ("files", "expected", "added"),
    [
        (DJANGO, ("gunicorn", "requirements.txt:2", "detected"), None),
        (FASTAPI, ("uvicorn", "requirements.txt:2", "detected"), None),
        (
            FASTAPI | {"requirements.txt": "fastapi[standard]==0.115.0\n"},
            ("uvicorn", "requirements.txt:1: fastapi[standard] brings it", "detected"),
            None,
        ),
        (
            FASTAPI | {"requirements.txt": "fastapi==0.115.0\n"},
            ("uvicorn", ADDED.format("uvicorn==0.34.0"), "default"),
            "uvicorn==0.34.0",
        ),
        (
            DJANGO | {"requirements.txt": "django==5.2.1\n"},
            ("gunicorn", ADDED.format("gunicorn==23.0.0"), "default"),
            "gunicorn==23.0.0",
        ),
    ],
)
def test_the_server(
    compiled: Compile,
    decided: Decided,
    files: dict[str, str],
    expected: tuple[str, str, str],
    added: str | None,
) -> None:
    """By the interface: gunicorn for WSGI, uvicorn for ASGI; a missing one is added, pinned, and said."""
    assert decided("server", files) == expected
    detected, plan = compiled(files)
    notes = [note for note in detected.notes if "server" in note]
    kind = "WSGI" if expected[0] == "gunicorn" else "ASGI"
    assert notes == ([f"web: requirements.txt holds no {kind} server: {added} is added"] if added else [])
    assert (f"uv pip install -q --python /opt/venv {added}" in plan.dockerfile) is bool(added)


def test_the_port(decided: Decided) -> None:
    assert decided("port", FASTAPI) == ("8000", "uvicorn's usual port", "default")
    assert decided("port", FASTAPI, "port = 9000") == ("9000", "declared", "manifest")


def test_a_command_of_ones_own_needs_no_entry_point(compiled: Compile) -> None:
    files = {"requirements.txt": "fastapi==1\n", "a.py": FASTAPI["main.py"], "b.py": FASTAPI["main.py"]}
    detected, plan = compiled(files, 'command = ["python", "a.py"]')
    assert (detected.framework, detected.command, detected.server, detected.port) == (None, None, None, None)
    assert "CMD" not in plan.dockerfile
    assert "EXPOSE" not in plan.dockerfile


def test_hosts_and_static_files_are_decisions(decided: Decided, compiled: Compile) -> None:
    settings = (
        "import os\nINSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = 'x'\n"
        "ALLOWED_HOSTS = os.environ['HOSTS'].split(',')\n"
    )
    files = DJANGO | {"shop/settings.py": settings}
    assert decided("hosts", files) == ("HOSTS", "shop/settings.py:4 ALLOWED_HOSTS", "detected")
    assert decided("static", files)[0] == "collectstatic"
    detected, _ = compiled(files, "build = { static = false }")
    assert "static" not in {decision.subject for decision in detected.decisions}


def application(interface: Any, app: str = "main:app", *, factory: bool = False) -> Application:
    return Application(
        framework="x", evidence="", app=app, app_evidence="", interface=interface, factory=factory
    )


def test_servers_run_in_exec_form_and_stop_in_time() -> None:
    gunicorn = server_command("gunicorn", application("wsgi", "a:b"), 8000)
    assert gunicorn[:4] == ("gunicorn", "a:b", "--bind", "0.0.0.0:8000")
    assert ("--worker-tmp-dir", "/dev/shm") in pairwise(gunicorn)
    assert ("--graceful-timeout", "8") in pairwise(gunicorn)
    assert server_command("uvicorn", application("asgi"), 9000) == (
        *("uvicorn", "main:app", "--host", "0.0.0.0", "--port", "9000"),
        *("--timeout-graceful-shutdown", "8"),
    )
    factory = server_command("uvicorn", application("asgi", "main:make()", factory=True), 1)
    assert factory[:3] == ("uvicorn", "main:make", "--factory")


@pytest.mark.parametrize(
    ("app", "framework"), [("main:app", "fastapi"), ("site:app", "starlette"), ("x:y", "fastapi")]
)
def test_an_app_is_whose_the_source_says(compiled: Compile, app: str, framework: str) -> None:
    """Starlette is in every lock that has FastAPI."""
    files = {
        **FASTAPI,
        "requirements.txt": FASTAPI["requirements.txt"] + "starlette==0.40.0\n",
        "site.py": "from starlette.applications import Starlette\napp = Starlette()\n",
    }
    detected, _ = compiled(files, f'app = "{app}"')
    assert (detected.framework, detected.app) == (framework, app)


def test_an_app_that_may_be_of_either_is_asked_for(refused: Refused) -> None:
    files = {**FASTAPI, "requirements.txt": FASTAPI["requirements.txt"] + "flask==3.1.0\n"}
    assert "found several frameworks" in refused(files, 'app = "elsewhere:app"')


def test_a_configuration_of_gunicorn_is_told(compiled: Compile) -> None:
    files = {
        "requirements.txt": "flask==3.1.0\ngunicorn==23.0.0\n",
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
        "gunicorn.conf.py": "workers = 3\n",
    }
    (told,) = (one for one in compiled(files)[0].notes if "gunicorn.conf.py" in one)
    assert "the command's counts: --bind, --threads" in told
    assert not any("gunicorn.conf.py" in one for one in compiled(FASTAPI | {"gunicorn.conf.py": ""})[0].notes)
