"""A project locked by uv itself, built and changed."""

from __future__ import annotations

import os
import subprocess
import sys

from project import Project, fetch, free_port

PYPROJECT = """
    [project]
    name = "locked"
    version = "{version}"
    requires-python = ">=3.11"
    dependencies = [{dependencies}]

    [dependency-groups]
    dev = [{dev}]

    [tool.ruff]
    line-length = {length}
"""
WEB = '"fastapi>=0.115", "uvicorn>=0.30"'


def lock(
    project: Project, dependencies: str = WEB, dev: str = "", version: str = "1", length: int = 80
) -> None:
    write(project, dependencies, dev, version, length)
    uv = [sys.executable, "-m", "uv", "lock", "-q", "--python", sys.executable]
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run(uv, cwd=project.root, env=environ, check=True)


def write(project: Project, dependencies: str, dev: str = "", version: str = "1", length: int = 80) -> None:
    values = {"dependencies": dependencies, "dev": dev, "version": version, "length": length}
    project.write("pyproject.toml", PYPROJECT.format(**values))


def test_exactly_the_lock_is_installed_and_only_what_matters_of_it_rebuilds(project: Project) -> None:
    port = free_port()
    project.manifest(f'[services.web]\npython = "3.13"\npublish = ["{port}:8000"]\n')
    project.write(
        "locked/main.py",
        """
        from importlib.metadata import distributions

        from fastapi import FastAPI

        app = FastAPI()


        @app.get("/")
        def home() -> list[str]:
            return sorted(one.name.lower() for one in distributions())
        """,
    )
    lock(project)
    project.apply()
    status, installed = fetch(f"http://127.0.0.1:{port}/")
    assert status == 200
    assert '"fastapi"' in installed
    assert '"itsdangerous"' not in installed

    lock(project, dev='"itsdangerous==2.2.0"', version="2", length=100)
    assert project.changes() == [], "a version, a dev dependency and a tool's section reach no layer"

    lock(project, dependencies=WEB + ', "itsdangerous==2.2.0"')
    build = project.operation("image.web/build")
    assert [(one["path"], one["after"]) for one in build["causes"]] == [
        ("build.dependencies.itsdangerous", "2.2.0")
    ]
    project.apply()
    assert '"itsdangerous"' in fetch(f"http://127.0.0.1:{port}/")[1]

    write(project, dependencies=WEB + ', "itsdangerous==2.1.2"')
    failed = project.apply(code=None)
    assert failed.returncode == 1
    assert "uv lock" in failed.stderr
    assert fetch(f"http://127.0.0.1:{port}/")[0] == 200
