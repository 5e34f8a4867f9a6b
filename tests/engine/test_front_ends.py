"""Front ends: built with Node by their lock, served from an image that holds none of it."""

from __future__ import annotations

import json

import pytest
from apps import EXAMPLES
from project import Project, docker, fetch, free_port
from test_distroless import names_in

from shipyard.compile.node_managers import node_manager

TOOLS = {"node", "npm", "npx", "esbuild", "node_modules", "yarn", "pnpm"}
MAIN = 'import { word } from "./word";\nconsole.log(word);\n'


def write_front_end(project: Project, folder: str, output: str, **more: object) -> None:
    """A front end in TypeScript, bundled into one file."""
    package = {
        "name": "front",
        "private": True,
        "scripts": {"build": f"esbuild src/main.ts --bundle --minify --outfile={output}"},
        "devDependencies": {"esbuild": "0.25.10"},
        **more,
    }
    project.write(f"{folder}/package.json", json.dumps(package))
    project.write(f"{folder}/src/main.ts", MAIN)
    project.write(f"{folder}/src/word.ts", 'export const word: string = "hello";\n')
    project.write(".gitignore", "node_modules/\n.yarn/\n.pnp.*\n")


def lock(project: Project, folder: str, name: str = "npm", asked: str = "") -> None:
    """What a developer's machine does once."""
    manager = node_manager(name, "", asked)
    script = f"cd /front && {manager.mend}"
    if manager.package:
        script = f"npm install -q --prefix /tool {manager.package} && {script}"
    words = (
        "-v",
        f"{project.root / folder}:/front",
        "-e",
        "PATH=/tool/node_modules/.bin:/usr/local/bin:/bin",
    )
    docker("run", "--rm", *words, "node:22-slim", "sh", "-c", script)


def write_fastapi(project: Project) -> None:
    """One that serves frontend/dist."""
    project.write(
        "main.py",
        """
        from fastapi import FastAPI
        from starlette.staticfiles import StaticFiles

        app = FastAPI()
        app.mount("/", StaticFiles(directory="frontend/dist"))
        """,
    )
    requirements = EXAMPLES / "fastapi-postgres" / "requirements.txt"
    project.write("requirements.txt", requirements.read_text())


def write_django(project: Project) -> None:
    """One that collects theme/static, as django-tailwind lays it out."""
    project.write("requirements.txt", (EXAMPLES / "django-postgres" / "requirements.txt").read_text())
    project.write(
        "manage.py",
        """
        import os
        from django.core.management import execute_from_command_line
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        execute_from_command_line()
        """,
    )
    project.write("theme/__init__.py", "")
    project.write("shop/__init__.py", "")
    project.write(
        "shop/settings.py",
        """
        SECRET_KEY = "x"
        ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
        INSTALLED_APPS = ["django.contrib.staticfiles", "theme"]
        MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
        ROOT_URLCONF = "shop.urls"
        STATIC_URL = "static/"
        STATIC_ROOT = "/app/collected"
        """,
    )
    project.write("shop/urls.py", "urlpatterns = []\n")
    project.write(
        "shop/wsgi.py",
        """
        import os
        from django.core.wsgi import get_wsgi_application
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        application = get_wsgi_application()
        """,
    )


def image(project: Project) -> str:
    return project.run("build").stdout.split()[0]


def test_django_collects_what_a_front_end_writes(project: Project) -> None:
    write_django(project)
    write_front_end(project, "theme/static_src", "../static/theme/site.js")
    lock(project, "theme/static_src")
    port = free_port()
    project.manifest(f'[services.web]\npython = "3.13"\npublish = ["{port}:8000"]\nread_only = true\n')
    # Of a content that no build had before.
    project.write("theme/static_src/src/word.ts", f'export const word: string = "{project.name}";\n')
    assert "  front 2/2" in project.apply().stderr
    url = f"http://127.0.0.1:{port}/static/theme/site.js"
    status, text = fetch(url)
    assert (status, f'"{project.name}"' in text) == (200, True), text
    name = project.container("web")["Config"]["Image"]
    assert TOOLS & names_in(name) == set()

    project.write("shop/urls.py", "urlpatterns = []  # none yet\n")
    project.write("theme/models.py", "")
    project.write("README.md", "Ours.\n")
    said = project.apply().stderr
    assert "src 1/1" in said
    assert "  front 1/2" not in said, "the dependencies"
    assert "  front 2/2" not in said, "what is built of other files"
    project.write("theme/static_src/src/word.ts", f'export const word: string = "bye {project.name}";\n')
    said = project.apply().stderr
    assert "  front 1/2" not in said
    assert "  front 2/2" in said
    assert f'"bye {project.name}"' in fetch(url)[1]


@pytest.mark.slow
def test_fastapi_serves_what_a_front_end_writes(project: Project) -> None:
    write_fastapi(project)
    write_front_end(project, "frontend", "dist/main.js")
    lock(project, "frontend")
    project.write("frontend/.npmrc", "save-exact=true\n")
    port = free_port()
    project.manifest(
        f'[services.web]\npython = "3.13"\npublish = ["{port}:8000"]\nbuild = {{ base = "distroless" }}\n'
    )
    project.apply()
    status, text = fetch(f"http://127.0.0.1:{port}/main.js")
    assert (status, '"hello"' in text) == (200, True), text
    name = project.container("web")["Config"]["Image"]
    assert (TOOLS | {".npmrc"}) & names_in(name) == set()
    shown = ("image", "inspect", "--format", "{{.Id}}", name)
    before = docker(*shown)
    project.run("build", "--no-cache")
    assert docker(*shown) == before


@pytest.mark.parametrize(
    ("manager", "asked"),
    [
        ("pnpm", ""),
        pytest.param("yarn", "", marks=pytest.mark.slow),
        pytest.param("yarn", "yarn@1.22.22", marks=pytest.mark.slow),
        pytest.param("yarn", "yarn@3.8.7", marks=pytest.mark.slow),
    ],
)
def test_a_lock_is_installed_by_its_manager(project: Project, manager: str, asked: str) -> None:
    write_fastapi(project)
    write_front_end(project, "frontend", "dist/main.js", **({"packageManager": asked} if asked else {}))
    lock(project, "frontend", manager, asked)
    project.manifest('[services.web]\npython = "3.13"\n')
    assert '"hello"' in docker("run", "--rm", image(project), "cat", "frontend/dist/main.js")
    # A lock that is out of date is refused, not mended.
    package = json.loads((project.root / "frontend/package.json").read_text())
    package["dependencies"] = {"is-number": "7.0.0"}
    project.write("frontend/package.json", json.dumps(package))
    said = project.run("build", code=1).stderr
    assert "lockfile" in said, said


@pytest.mark.slow
def test_a_member_of_a_workspace_and_one_without_a_lock(project: Project) -> None:
    write_fastapi(project)
    write_front_end(project, "frontend", "dist/main.js")
    project.manifest(
        '[services.web]\npython = "3.13"\npublish = []\nbuild = { frontend = { output = "dist" } }\n'
    )
    told = "frontend/package.json has no lock: each build takes what is newest"
    assert told in " ".join(project.run("plan").stdout.split())
    assert '"hello"' in docker("run", "--rm", image(project), "cat", "frontend/dist/main.js")
    project.write("package.json", '{"private": true, "workspaces": ["frontend"]}')
    lock(project, ".")
    assert '"hello"' in docker("run", "--rm", image(project), "cat", "frontend/dist/main.js")


def test_a_build_that_fails_or_writes_nothing_says_so(project: Project) -> None:
    write_fastapi(project)
    write_front_end(project, "frontend", "dist/main.js", scripts={"build": "true"})
    lock(project, "frontend")
    project.manifest('[services.web]\npython = "3.13"\n')
    assert "npm run build wrote no file" in project.run("build", code=1).stderr
    write_front_end(project, "frontend", "dist/main.js")
    project.write("frontend/src/main.ts", "import './missing';\n")
    assert 'Could not resolve "./missing"' in project.run("build", code=1).stderr
