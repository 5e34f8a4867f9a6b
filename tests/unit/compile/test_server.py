"""Which server, in what words, and what makes it stop."""

from __future__ import annotations

from itertools import pairwise

import pytest

from shipyard.compile.server import SERVERS, Server, choose_server, server_command
from shipyard.frameworks.application import Application, Interface
from shipyard.model.build import DependencyInstall
from shipyard.model.dependencies import Dependencies, Dependency


def application(interface: Interface, app: str = "main:app", *, factory: bool = False) -> Application:
    return Application(
        framework="x", evidence="", app=app, app_evidence="", interface=interface, factory=factory
    )


def holding(*requirements: str) -> Dependencies:
    """Dependencies with these, as `name`, `name[extra]` or `name==version`."""
    packages = {}
    for line, text in enumerate(requirements, 1):
        text, _, version = text.partition("==")
        name, _, extra = text.removesuffix("]").partition("[")
        packages[name] = Dependency(
            name=name,
            version=version or "1",
            extras=(extra,) if extra else (),
            where=f"requirements.txt:{line}",
        )
    install = DependencyInstall(files=(), facts=(), install=())
    return Dependencies(manager="pip", evidence="requirements.txt", packages=packages, install=install)


@pytest.mark.parametrize(
    ("interface", "there", "server", "evidence"),
    [
        ("wsgi", ["gunicorn", "uvicorn"], "gunicorn", "requirements.txt:1"),
        ("wsgi", ["uvicorn", "uwsgi"], "uwsgi", "requirements.txt:2"),
        ("wsgi", ["pyuwsgi"], "uwsgi", "requirements.txt:1"),
        ("wsgi", ["granian"], "granian", "requirements.txt:1"),
        ("wsgi", ["hypercorn", "granian"], "hypercorn", "requirements.txt:1"),
        ("asgi", ["gunicorn", "uvicorn"], "uvicorn", "requirements.txt:2"),
        ("asgi", ["gunicorn", "daphne"], "daphne", "requirements.txt:2"),
        ("asgi", ["hypercorn"], "hypercorn", "requirements.txt:1"),
        ("asgi", ["channels[daphne]"], "daphne", "requirements.txt:1: channels[daphne] brings it"),
        ("asgi", ["litestar[standard]"], "uvicorn", "requirements.txt:1: litestar[standard] brings it"),
        ("asgi", ["fastapi[all]"], "uvicorn", "requirements.txt:1: fastapi[all] brings it"),
        ("asgi", ["quart"], "hypercorn", "requirements.txt:1: quart brings it"),
        ("aiohttp", ["gunicorn", "uvicorn"], "gunicorn", "requirements.txt:1"),
    ],
)
def test_what_the_lock_holds_is_used(
    interface: Interface, there: list[str], server: str, evidence: str
) -> None:
    choice = choose_server(application(interface), holding(*there))
    assert (choice.server.name, choice.decision.evidence) == (server, evidence)
    assert (choice.added, choice.notes, choice.decision.origin) == ((), (), "detected")


@pytest.mark.parametrize(
    ("interface", "there", "added", "note"),
    [
        ("wsgi", ["daphne"], "gunicorn==23.0.0", "holds no WSGI server: gunicorn==23.0.0 is added"),
        ("asgi", ["gunicorn", "uwsgi"], "uvicorn==0.34.0", "holds no ASGI server: uvicorn==0.34.0 is added"),
        ("aiohttp", [], "gunicorn==23.0.0", "holds no gunicorn, which runs it: gunicorn==23.0.0 is added"),
    ],
)
def test_a_missing_one_is_added_and_said(
    interface: Interface, there: list[str], added: str, note: str
) -> None:
    choice = choose_server(application(interface), holding(*there))
    assert (choice.added, choice.notes) == ((added,), (f"requirements.txt {note}",))
    assert choice.decision.origin == "default"


@pytest.mark.parametrize("server", SERVERS, ids=[one.name for one in SERVERS])
def test_every_server_listens_everywhere_and_stops_within_the_grace_period(server: Server) -> None:
    for interface in server.interfaces:
        words = server.start(application(interface), 9000)
        assert words[0] == server.name
        assert "main:app" in words
        assert "0.0.0.0:9000" in words or {"0.0.0.0", "9000"} <= set(words)
        assert "8" in words, "a limit for what is in flight"


def test_factories_in_the_words_of_each() -> None:
    made = application("asgi", "main:make", factory=True)
    assert server_command("uvicorn", made, 1)[1:3] == ("main:make", "--factory")
    assert server_command("granian", made, 1)[1:3] == ("main:make", "--factory")
    assert server_command("hypercorn", made, 1)[1] == "main:make()"
    assert server_command("daphne", made, 1)[-1] == "main:make()"
    given = application("wsgi", "main:make('prod')", factory=True)
    assert server_command("gunicorn", given, 1)[1] == "main:make('prod')"
    assert ("--module", "main:make('prod')") in pairwise(server_command("uwsgi", given, 1))


def test_aiohttp_runs_by_its_own_worker_without_threads() -> None:
    words = server_command("gunicorn", application("aiohttp"), 1)
    assert ("--worker-class", "aiohttp.GunicornWebWorker") in pairwise(words)
    assert "--threads" not in words


@pytest.mark.parametrize(
    ("requirement", "options"),
    [
        ("gunicorn==25.1.0", ("--no-control-socket",)),
        ("gunicorn==27.0.1", ("--no-control-socket",)),
        ("gunicorn==25.0.3", ()),
        ("gunicorn==9", ()),
    ],
)
def test_what_a_newer_release_wants(requirement: str, options: tuple[str, ...]) -> None:
    assert choose_server(application("wsgi"), holding(requirement)).options == options
