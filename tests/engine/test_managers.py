"""Each package manager once: what the image holds is what the lock says, no more and no less."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from git_repository import bare_repository
from project import Project, docker

from examples import EXAMPLES
from shipyard.managers.pipenv import content_hashes

LOCKS = Path(__file__).parents[1] / "unit" / "managers" / "locks"
LISTING = (
    "import json; from importlib.metadata import distributions; "
    "print(json.dumps({one.name.lower(): one.version for one in distributions()}))"
)
POETRY = {"click": "8.5.1", "itsdangerous": "2.2.0"}
OLD = POETRY | {"jinja2": "3.1.6", "markupsafe": "3.0.4"}
MANAGE = """
    import os
    import sys

    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    execute_from_command_line(sys.argv)
"""
HATCHLING = """
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"
"""


def uv(folder: Path, *words: str) -> None:
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    command = [sys.executable, "-m", "uv", *words, "-q", "--python", sys.executable]
    subprocess.run(command, cwd=folder, env=environ, check=True)


def manifest(project: Project, build: str = "", more: str = "") -> None:
    project.write("main.py", "print('up')\n")
    made = f"build = {{ {build} }}\n" if build else ""
    project.manifest(f'[services.web]\npython = "3.13"\ncommand = ["python", "main.py"]\n{made}{more}')


def image(project: Project) -> str:
    """The image, built."""
    return project.run("build").stdout.split()[0]


def run(name: str, *words: str) -> str:
    return docker("run", "--rm", "--read-only", "--network", "none", name, *words)


def installed(name: str) -> Any:
    return json.loads(run(name, "python", "-c", LISTING))


@pytest.mark.parametrize(
    ("lock", "build", "expected"),
    [
        (
            "poetry-2.1",
            'extras = ["fast"], groups = ["jobs"]',
            POETRY | {"six": "1.17.0", "markupsafe": "3.0.4"},
        ),
        ("poetry-2.0", "", OLD),
        ("poetry-1.1", 'extras = ["fast"]', OLD | {"six": "1.17.0"}),
        ("pdm", 'extras = ["fast"]', POETRY | {"six": "1.17.0"}),
        ("pdm-no-inherit", "", POETRY),
    ],
)
def test_a_lock(project: Project, lock: str, build: str, expected: dict[str, str]) -> None:
    for path in (LOCKS / lock).iterdir():
        project.write(path.name, path.read_text())
    manifest(project, build)
    name = image(project)
    assert installed(name) == expected
    assert run(name, "ls").split() == ["__pycache__", "main.py"]


def test_pipenv(project: Project) -> None:
    text = (LOCKS / "pipenv" / "Pipfile").read_text()
    # The index of the fixture is no real one.
    pipfile = text[text.index("[packages]") :]
    lock = json.loads((LOCKS / "pipenv" / "Pipfile.lock").read_text())
    lock["_meta"]["sources"] = []
    (lock["_meta"]["hash"]["sha256"],) = content_hashes(tomllib.loads(pipfile), lock["_meta"])
    project.write("Pipfile", pipfile.replace('"3.11"', '"3.13"'))
    project.write("Pipfile.lock", json.dumps(lock))
    manifest(project, 'groups = ["jobs"]')
    assert "pipenv lock" in project.run("build", code=1).stderr
    project.write("Pipfile", pipfile)
    project.write("shipyard.toml", (project.root / "shipyard.toml").read_text().replace("3.13", "3.11"))
    name = image(project)
    assert installed(name) == POETRY | {"six": "1.17.0"}
    assert run(name, "ls").split() == ["__pycache__", "main.py"]


def test_pylock(project: Project) -> None:
    project.write("pyproject.toml", (LOCKS / "pdm" / "pyproject.toml").read_text())
    uv(
        project.root,
        "pip",
        "compile",
        "pyproject.toml",
        "--universal",
        "--format",
        "pylock.toml",
        "-o",
        "pylock.toml",
    )
    (project.root / "pyproject.toml").unlink()
    manifest(project)
    found = installed(image(project))
    assert sorted(found) == ["click", "itsdangerous"]
    text = (project.root / "pylock.toml").read_text()
    assert all(f'version = "{version}"' in text for version in found.values())


def test_a_member_of_a_uv_workspace(project: Project) -> None:
    project.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["services/*", "libs/*"]\n')
    project.write(
        "services/api/pyproject.toml",
        """
        [project]
        name = "api"
        version = "1"
        requires-python = ">=3.11"
        dependencies = ["lib", "itsdangerous==2.2.0"]

        [project.optional-dependencies]
        fast = ["six==1.17.0"]

        [dependency-groups]
        jobs = ["idna==3.10"]
        dev = ["iniconfig"]

        [tool.uv.sources]
        lib = { workspace = true }
        """,
    )
    project.write("services/api/main.py", "import lib\n\nprint(lib.GREETING)\n")
    lib = '[project]\nname = "lib"\nversion = "1"\ndependencies = ["markupsafe==3.0.2", "base"]\n'
    lib += "[tool.uv.sources]\nbase = { workspace = true }\n" + HATCHLING.replace("    ", "")
    project.write("libs/lib/pyproject.toml", lib)
    base = '[project]\nname = "base"\nversion = "1"\n' + HATCHLING.replace("    ", "")
    project.write("libs/base/pyproject.toml", base)
    project.write("libs/base/base.py", "")
    project.write("libs/lib/src/lib/__init__.py", "GREETING = 'hello from lib'\n")
    project.write("services/other/pyproject.toml", '[project]\nname = "other"\nversion = "1"\n')
    uv(project.root, "lock")
    build = 'path = "services/api"\nbuild = { extras = ["fast"], groups = ["jobs"] }\n'
    manifest(project, more=build)
    name = image(project)
    expected = {"itsdangerous": "2.2.0", "six": "1.17.0", "idna": "3.10", "markupsafe": "3.0.2", "lib": "1"}
    assert installed(name) == {**expected, "base": "1"}
    assert run(name, "python", "main.py") == "hello from lib"
    assert run(name, "ls", "/app/services/api").split() == ["__pycache__", "main.py"]
    assert run(name, "ls", "/app/services") == "api"

    project.write("services/other/main.py", "print('other')\n")
    project.write("services/other/pyproject.toml", '[project]\nname = "other"\nversion = "2"\n')
    uv(project.root, "lock")
    assert image(project) == name, "another member is no input"
    project.write("libs/lib/src/lib/__init__.py", "GREETING = 'changed'\n")
    changed = image(project)
    assert changed != name
    assert run(changed, "python", "main.py") == "changed"


@pytest.mark.parametrize("layout", ["src/shop", pytest.param("shop", marks=pytest.mark.slow)])
def test_a_project_that_is_a_package(project: Project, layout: str) -> None:
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "shop"
        version = "1.2"
        readme = "README.md"
        requires-python = ">=3.11"
        dependencies = ["itsdangerous >= 2 , < 3"]

        [project.scripts]
        shop = "shop:main"
        """
        + HATCHLING,
    )
    project.write("README.md", "A shop.\n")
    project.write(".dockerignore", "*.md\n")
    project.write(f"{layout}/__init__.py", "def main() -> None:\n    print('a shop')\n")
    uv(project.root, "lock")
    project.manifest('[services.web]\npython = "3.13"\ncommand = ["shop"]\n')
    name = image(project)
    assert sorted(installed(name)) == ["itsdangerous", "shop"]
    assert run(name, "shop") == "a shop"
    assert run(name, "sh", "-c", "cd / && python -c 'import shop; print(shop.__file__)'").startswith(
        "/opt/venv/"
    )

    (project.root / "uv.lock").unlink()
    assert "pyproject.toml does not pin itsdangerous" in project.run("plan").stdout
    assert run(image(project), "shop") == "a shop"


def test_a_project_without_a_lock_resolves_as_it_did(project: Project) -> None:
    project.write("requirements.txt", "itsdangerous\n")
    manifest(project)
    assert installed(image(project))["itsdangerous"] >= "2.2.0"
    manifest(project, 'exclude_newer = "2023-01-01"')
    assert project.operation("image.web/build")
    assert installed(image(project)) == {"itsdangerous": "2.1.2"}


def test_requirements_of_every_kind(project: Project) -> None:
    project.write("requirements/base.txt", "six==1.17.0\n-c ../pins.txt\n./libs/lib\n")
    (project.root / "requirements" / "production.txt").write_bytes("-r base.txt\nidna\n".encode("utf-16"))
    project.write("pins.txt", "idna==3.10\n")
    project.write(
        "libs/lib/setup.py",
        """
        from setuptools import setup

        setup(name="lib", version="3", py_modules=["lib"], install_requires=["markupsafe==3.0.2"])
        """,
    )
    project.write("libs/lib/lib.py", "NAME = 'lib'\n")
    manifest(project)
    name = image(project)
    assert installed(name) == {"six": "1.17.0", "idna": "3.10", "markupsafe": "3.0.2", "lib": "3"}
    assert run(name, "python", "-c", "import lib; print(lib.__file__)").startswith("/opt/venv/")


@pytest.mark.slow
def test_static_files_are_collected_with_the_packages_of_the_tree(project: Project) -> None:
    """Settings may import them; and two builds give the same bytes."""
    example = (EXAMPLES / "django-postgres" / "requirements.txt").read_text()
    django = next(line for line in example.splitlines() if line.lower().startswith("django=="))
    project.write("requirements.txt", f"{django}\n./libs/lib\n")
    lib = '[project]\nname = "lib"\nversion = "1"\n' + HATCHLING.replace("    ", "")
    project.write("libs/lib/pyproject.toml", lib)
    project.write("libs/lib/src/lib/__init__.py", "ROOT = 'collected'\n")
    project.write("manage.py", MANAGE)
    project.write(
        "shop/settings.py",
        """
        import lib

        SECRET_KEY = "x"
        INSTALLED_APPS = ["django.contrib.staticfiles"]
        STATICFILES_DIRS = ["/app/assets"]
        STATIC_URL = "static/"
        STATIC_ROOT = lib.ROOT
        """,
    )
    project.write("shop/wsgi.py", "application = None\n")
    project.write("assets/logo.svg", "<svg/>\n")
    project.manifest('[services.web]\npython = "3.13"\n')
    name = image(project)
    assert run(name, "ls", "collected") == "logo.svg"
    shown = ("image", "inspect", "--format", "{{json .RootFS.Layers}}", name)
    before = docker(*shown)
    project.run("build", "--no-cache")
    assert docker(*shown) == before


@contextmanager
def repository(folder: Path) -> Iterator[tuple[str, str]]:
    """A git repository with one package, served where builds reach it; its URL and commit."""
    bare, commit = bare_repository(folder)
    address = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    handler = partial(Quiet, directory=str(bare.parent))
    with ThreadingHTTPServer((address, 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{address}:{server.server_port}/gitlib.git", commit
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None: ...


def test_a_git_dependency_is_pinned_to_its_commit(project: Project, tmp_path: Path) -> None:
    """By uv's lock and by a list that names the commit; git is in a build stage alone."""
    with repository(tmp_path / "git") as (url, commit):
        project.write(
            "pyproject.toml",
            f"""
            [project]
            name = "shop"
            version = "1"
            requires-python = ">=3.11"
            dependencies = ["gitlib", "six==1.17.0"]

            [tool.uv.sources]
            gitlib = {{ git = "{url}" }}
            """,
        )
        uv(project.root, "lock")
        manifest(project)
        name = image(project)
        assert installed(name) == {"gitlib": "7", "six": "1.17.0"}
        assert run(name, "sh", "-c", "command -v git || echo none") == "none"

        (project.root / "uv.lock").unlink()
        (project.root / "pyproject.toml").unlink()
        project.write("requirements.txt", f"-e git+{url}@{commit}#egg=gitlib\nsix==1.17.0\n")
        project.remove()
        assert installed(image(project)) == {"gitlib": "7", "six": "1.17.0"}
