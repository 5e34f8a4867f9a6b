"""Health checks: which, from where, with which Host; and what the probes do."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from shipyard.compile.checks import accepted_host, http_check, probe_words, service_check, tcp_check
from shipyard.model.build import Detected
from shipyard.model.desired import Check
from shipyard.model.manifest import Health, SecretRef, Service, Template


def detected(*hosts: str, variable: str | None = None) -> Detected:
    return Detected(framework="django", manager="pip", python="3.13", hosts=hosts, hosts_env=variable)


@pytest.mark.parametrize(
    ("found", "env", "host"),
    [
        (None, {}, "localhost:8000"),
        (detected(), {}, "localhost:8000"),
        (detected("*"), {}, "localhost:8000"),
        (detected("shop.example.com", "localhost"), {}, "localhost:8000"),
        (detected("shop.example.com", "x"), {}, "shop.example.com"),
        (detected(".example.com"), {}, "example.com"),
        (detected("*", "shop.example.com"), {}, "shop.example.com"),
        (detected("d.example", variable="HOSTS"), {}, "d.example"),
        (detected("d.example", variable="HOSTS"), {"HOSTS": ("a.example, b.example",)}, "a.example"),
        (detected("d.example", variable="HOSTS"), {"HOSTS": ("a.example,localhost",)}, "localhost:8000"),
        (detected("d.example", variable="HOSTS"), {"HOSTS": ("",)}, "localhost:8000"),
        (detected("d.example", variable="HOSTS"), {"HOSTS": (SecretRef(name="H"),)}, "d.example"),
        (detected("d.example", variable="HOSTS"), {"OTHER": ("a.example",)}, "d.example"),
    ],
)
def test_a_host_that_the_application_accepts(
    found: Detected | None, env: dict[str, Template], host: str
) -> None:
    assert accepted_host(found, env, 8000) == host


BUILT = Service(name="web", path=".")


@pytest.mark.parametrize(
    ("health", "port", "command", "origin"),
    [
        (None, 8000, tcp_check(8000), "nothing is declared"),
        (None, None, None, ""),
        (Health(path="/ok"), 8000, http_check(8000, "/ok", "a.example"), "declared"),
        (Health(command=("probe", "x")), None, ("probe", "x"), "declared"),
        (Health(disabled=True), 8000, None, "disabled by health = false"),
    ],
)
def test_the_check_of_a_built_service(
    health: Any, port: int | None, command: tuple[str, ...] | None, origin: str
) -> None:
    check, said = service_check(Service(name="web", path=".", health=health), detected("a.example"), port, {})
    assert (check.command if check else None, said) == (command, origin)


@pytest.mark.parametrize(
    ("image", "health", "start", "origin"),
    [
        ("postgres:17", None, ("pg_isready",), "known image postgres"),
        ("postgres:17", Health(command=("mine",)), ("mine",), "declared"),
        ("acme/web:1", None, None, ""),
        ("acme/web:1", Health(path="/ok"), ("sh", "-c"), "declared"),
    ],
)
def test_the_check_of_an_image(image: str, health: Any, start: tuple[str, ...] | None, origin: str) -> None:
    check, said = service_check(Service(name="x", image=image, health=health), None, 80, {})
    assert (check.command[: len(start)] if check and start else check, said) == (start, origin)
    if start == ("sh", "-c"):
        assert check is not None
        assert check.command[-1] == "http://127.0.0.1:80/ok"


def test_timings_alone_keep_the_check_that_is_known() -> None:
    health = Health(interval=2, timeout=1, retries=9, start_period=0)
    check, _ = service_check(Service(name="x", image="redis:7", health=health), None, None, {})
    assert check is not None
    assert check == Check(command=check.command, interval=2, timeout=1, retries=9, start_period=0)
    assert "redis-cli" in check.command[-1]


@pytest.mark.parametrize(
    ("image", "port", "asked"),
    [
        ("redis:7", 6379, "redis-cli ping"),
        ("redis:7", 7000, "redis-cli -p 7000 ping"),
        ("postgres:17", 5433, "127.0.0.1 -p 5433"),
        ("mysql:8", 3307, "-P 3307"),
        ("postgres:17", None, "-h 127.0.0.1"),
    ],
)
def test_a_known_image_is_asked_at_the_port_that_is_declared(
    image: str, port: int | None, asked: str
) -> None:
    check, _ = service_check(Service(name="x", image=image), None, port, {})
    assert check is not None
    assert asked in " ".join(check.command)


@pytest.fixture
def server() -> Iterator[tuple[int, list[Any]]]:
    """A server that answers /ok only under the name a.example; its port, and the requests it got."""
    seen: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers["Host"]))
            accepted = self.path == "/ok" and self.headers["Host"] == "a.example"
            self.send_response(200 if accepted else 400)
            self.end_headers()
            self.wfile.write(b"DisallowedHost \xff")

        def log_message(self, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running.server_address[1], seen
        running.shutdown()
        thread.join()


def probe(command: tuple[str, ...]) -> tuple[int, str]:
    """(exit code, last line) of a probe, run by this Python."""
    assert command[0] == "python"
    done = subprocess.run([sys.executable, *command[1:]], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip().rpartition("\n")[2]


def test_the_probes_tell_healthy_from_not(server: tuple[int, list[Any]]) -> None:
    port, seen = server
    assert probe(http_check(port, "/ok", "a.example")) == (0, "")
    said = "HTTP 400 Bad Request on /ok (Host: b.example): DisallowedHost \N{REPLACEMENT CHARACTER}"
    assert probe(http_check(port, "/ok", "b.example")) == (1, said)
    assert seen == [("/ok", "a.example"), ("/ok", "b.example")]
    assert probe(tcp_check(port)) == (0, "")


def test_a_port_that_nobody_listens_on() -> None:
    assert probe(tcp_check(1)) == (1, "nothing accepts connections on port 1: Connection refused")
    assert probe(http_check(1, "/", "x")) == (1, "no answer on port 1: Connection refused")


def test_a_probe_of_ours_is_recorded_in_words() -> None:
    assert probe_words(tcp_check(8000)) == "port 8000 accepts connections"
    assert probe_words(http_check(8000, "/a b", "x")) == "GET /a b on port 8000, Host: x"
    fetching, _ = service_check(
        Service(name="web", image="acme/web:1", health=Health(path="/up")), None, 80, {}
    )
    assert fetching is not None
    assert probe_words(fetching.command) == "GET http://127.0.0.1:80/up"
    assert probe_words(("python", "-I", "-S", "-c", "print()", "8000")) is None
