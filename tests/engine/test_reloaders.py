"""An edit is taken up by whatever serves in development: each framework's reloader, each server's, and by a
start anew where there is none."""

from __future__ import annotations

import pytest
from corpus import copy_fixture, expectation
from project import Project, free_port
from terminal import terminal
from test_dev import PATIENCE, UP, answered, end, seconds_until

OLD_FLASK = "flask==2.1.3\nwerkzeug==2.1.2\n"
"""Whose own server cannot be told the application."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fixture", "requirements", "command"),
    [
        ("django-channels-daphne", "", "runserver"),
        ("flask-uwsgi", "", "flask --app app:app --debug run"),
        ("flask-uwsgi", f"{OLD_FLASK}gunicorn==23.0.0\n", "gunicorn"),
        ("flask-uwsgi", f"{OLD_FLASK}pyuwsgi==2.0.30.post1\n", None),
        ("litestar-granian", "", None),
        ("litestar-granian", "litestar==2.25.0\ngranian==2.8.7\nwatchfiles==1.1.1\n", "--reload"),
        ("quart-hypercorn", "", "hypercorn"),
        ("sanic", "", "--auto-reload"),
        ("starlette-uvicorn", "", "uvicorn"),
    ],
)
def test_an_edit_is_taken_up(project: Project, fixture: str, requirements: str, command: str | None) -> None:
    copy_fixture(fixture, project.root)
    if requirements:
        project.write("requirements.txt", requirements)
    run, port = expectation(fixture)["run"], free_port()
    project.manifest(f"""
        [services.web]
        publish = ["{port}:8000"]
        [stages.dev]
        mode = "develop"
    """)
    (page,) = [path for path in project.root.rglob("*.py") if run["says"] in path.read_text()]
    url = f"http://127.0.0.1:{port}{run['path']}"
    with terminal(project, "dev") as screen:
        screen.wait_for(UP, 2 * PATIENCE)
        assert run["says"] in answered(url)
        words = " ".join(project.container("web")["Config"]["Cmd"])
        assert command is None or command in words, words
        for word in ("edited once", "edited twice"):
            page.write_text(page.read_text().replace(run["says"], word))
            screen.wait_for("~ ", PATIENCE)
            anew = "starts anew" in screen.wait_for(" s)", PATIENCE)
            assert anew == (command is None)
            print(f"{fixture}: {seconds_until(url, word):.2f} s")
            run["says"] = word
        assert end(screen) == 0
