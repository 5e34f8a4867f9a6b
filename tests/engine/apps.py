"""Small applications for scenarios; their dependencies are an example's, so that all share one layer."""

from __future__ import annotations

from project import Project

from examples import EXAMPLES

MAIN = """
    import os
    from pathlib import Path

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/")
    def home() -> dict[str, str]:
        return {"greeting": "hello"}


    @app.get("/env/{name}")
    def env(name: str) -> str | None:
        return os.environ.get(name)


    @app.get("/file")
    def file(path: str) -> str:
        return Path(path).read_text()


    @app.post("/file")
    def write(path: str, text: str) -> int:
        return Path(path).write_text(text)
"""


def write_fastapi(project: Project, folder: str = ".") -> None:
    """main.py and requirements.txt of an application that listens on 8000."""
    project.write(f"{folder}/main.py", MAIN)
    requirements = (EXAMPLES / "fastapi-postgres" / "requirements.txt").read_text()
    project.write(f"{folder}/requirements.txt", requirements)
