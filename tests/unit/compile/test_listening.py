"""Where a command's server listens, by its own words."""

from __future__ import annotations

import shlex

import pytest

from shipyard.compile.listening import listening


@pytest.mark.parametrize(
    ("command", "port", "host"),
    [
        ("gunicorn app:app -b 0.0.0.0:9000", 9000, ""),
        ("gunicorn app:app -b0.0.0.0:9000", 9000, ""),
        ("gunicorn app:app --bind=:9000", 9000, ""),
        ("gunicorn app:app --bind [::]:9000", 9000, ""),
        ("gunicorn app:app --bind 127.0.0.1:8000", 8000, "127.0.0.1"),
        ("gunicorn app:app -b 0.0.0.0:5001 -b 127.0.0.1:5000", 5001, ""),
        ("gunicorn -c conf.py app:app -b unix:/x.sock -b :81", 81, ""),
        ("python -m gunicorn app:app --bind 0.0.0.0:9000", 9000, ""),
        ("uv run -- uvicorn app:app --host 0.0.0.0 --port 80", 80, ""),
        ("uvicorn app:app --port=80", 80, "127.0.0.1"),
        ("hypercorn app:app -b 0.0.0.0:81", 81, ""),
        ("granian --interface asgi app:app --host 0.0.0.0 --port 82", 82, ""),
        ("daphne -b 0.0.0.0 -p 8001 app:app", 8001, ""),
        ("fastapi run --port 80", 80, ""),
        ("uwsgi --http :8080 --module x", 8080, ""),
        ("waitress-serve --listen=*:8041 app:app", 8041, ""),
        ("sh -c 'python manage.py migrate && exec gunicorn app:app -b 0.0.0.0:9000'", 9000, ""),
    ],
)
def test_a_server(command: str, port: int, host: str) -> None:
    found = listening(tuple(shlex.split(command)))
    assert found is not None
    assert (found.port, found.host) == (port, host)


@pytest.mark.parametrize(
    "command",
    [
        "celery -A shop worker",
        "gunicorn app:app",
        "gunicorn -c conf.py app:app",
        "gunicorn app:app --bind [::1]:8000",
        "gunicorn app:app --bind 10.0.0.1:8000",
        "uvicorn app:app --uds /x.sock --port 80",
        "uvicorn app:app",
        "daphne -u /x.sock -p 8001 app:app",
        "gunicorn app:app -b unix:/run/x.sock",
        "sh -c 'gunicorn app:app -b 0.0.0.0:$PORT'",
        "uvicorn app:app --port 99999",
        "fastapi version",
        "uwsgi --ini x.ini",
        "python manage.py migrate",
    ],
)
def test_what_does_not_tell(command: str) -> None:
    assert listening(tuple(shlex.split(command))) is None


def test_a_variable_says_where_else() -> None:
    command = ("uvicorn", "app:app", "--port", "80")
    for variables, host in (((), "127.0.0.1"), (("UVICORN_HOST",), "")):
        found = listening(command, variables)
        assert found is not None
        assert found.host == host
