"""A service that is stopped while it answers: what is in flight is answered, and it exits with 0 in time."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from project import Project, docker, fetch, free_port, until

SECONDS = 2
"""How long an answer takes."""
GRACE = 10
CLIENTS = 4
ASGI = f"""
    import asyncio

    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route


    async def slow(_):
        print("begun", flush=True)
        await asyncio.sleep({SECONDS})
        return PlainTextResponse("finished")


    async def home(_):
        return PlainTextResponse("hello")


    app = Starlette(routes=[Route("/slow", slow), Route("/", home)])
"""
WSGI = f"""
    import time

    from flask import Flask

    app = Flask(__name__)


    @app.get("/slow")
    def slow():
        print("begun", flush=True)
        time.sleep({SECONDS})
        return "finished"


    @app.get("/")
    def home():
        return "hello"
"""
STARLETTE, FLASK = ("starlette==1.10.0", ASGI), ("flask==3.1.3", WSGI)


@pytest.mark.parametrize(
    ("server", "framework", "code"),
    [
        pytest.param("uvicorn==0.54.0", *STARLETTE, id="uvicorn"),
        pytest.param("gunicorn==27.0.1", *FLASK, id="gunicorn"),
        pytest.param("granian==2.8.7", *STARLETTE, id="granian", marks=pytest.mark.slow),
    ],
)
def test_requests_in_flight_are_answered(project: Project, server: str, framework: str, code: str) -> None:
    port = free_port()
    project.write("main.py", code)
    project.write("requirements.txt", f"{framework}\n{server}\n")
    # As many processes as there are clients, for servers that answer one at a time.
    project.manifest(f"""
        [services.web]
        python = "3.13"
        publish = ["{port}:8000"]
        env = {{ WEB_CONCURRENCY = "{CLIENTS}" }}
    """)
    project.apply()
    container = project.container("web")["Id"]
    url = f"http://127.0.0.1:{port}/"
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [clients.submit(fetch, f"{url}slow", patience=0) for _ in range(CLIENTS)]
        until(lambda: docker("logs", container).count("begun") == CLIENTS)
        began = time.monotonic()
        docker("stop", container)
        took = time.monotonic() - began
        assert [one.result() for one in answers] == [(200, "finished")] * CLIENTS
    state = json.loads(docker("inspect", container))[0]["State"]
    assert state["ExitCode"] == 0, docker("logs", container)
    assert took < GRACE - 1
