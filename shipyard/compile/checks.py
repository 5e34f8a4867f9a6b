"""The health check of a service: declared, or the best that is known of it."""

from __future__ import annotations

from shipyard.compile.known_images import known_image
from shipyard.model.build import Detected
from shipyard.model.desired import Check
from shipyard.model.manifest import Health, Service, Template
from shipyard.model.record import replace

AGENT = "shipyard-health"
"""What it calls itself, which servers write into their logs."""

# Run as `python -I -S -c`: with only what the probe needs imported it costs 20 to 30 ms.
# What sys.exit is given a text for goes to standard error, and the exit code is 1.
_TCP = """\
import socket, sys
port = sys.argv[1]
try:
    socket.create_connection(("127.0.0.1", int(port)), 4).close()
except OSError as error:
    sys.exit("nothing accepts connections on port %s: %s" % (port, error.strerror or error))
"""
_HTTP = """\
import http.client, sys
port, path, host = sys.argv[1:]
try:
    asked = http.client.HTTPConnection("127.0.0.1", int(port), timeout=4)
    asked.request("GET", path, headers={"Host": host, "User-Agent": "shipyard-health"})
    answer = asked.getresponse()
    body = answer.read(200).decode("utf-8", "replace")
except (OSError, http.client.HTTPException) as error:
    sys.exit("no answer on port %s: %s" % (port, getattr(error, "strerror", None) or error))
if answer.status >= 400:
    sys.exit("HTTP %d %s on %s (Host: %s): %s" % (answer.status, answer.reason, path, host, body))
"""


# An image of unknown make: whichever of these it carries.
_FETCH = """\
if command -v curl >/dev/null; then curl -fsS -m 4 -o /dev/null "$1"
elif command -v wget >/dev/null; then wget -q -T 4 -O /dev/null "$1"
elif command -v python3 >/dev/null; then
    python3 -I -S -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=4)' "$1"
else
    echo "the image has no curl, wget or python3: declare health = { command = [...] }" >&2
    exit 1
fi
"""


def tcp_check(port: int) -> tuple[str, ...]:
    return ("python", "-I", "-S", "-c", _TCP, str(port))


def http_check(port: int, path: str, host: str) -> tuple[str, ...]:
    return ("python", "-I", "-S", "-c", _HTTP, str(port), path, host)


def probe_words(command: tuple[str, ...]) -> str | None:
    """What a probe of ours does, in words; None for a command that somebody else wrote. A service's document
    has these and not the script, so that another script alone replaces nothing."""
    match command:
        case ("python", "-I", "-S", "-c", script, port) if script == _TCP:
            return f"port {port} accepts connections"
        case ("python", "-I", "-S", "-c", script, port, path, host) if script == _HTTP:
            return f"GET {path} on port {port}, Host: {host}"
        case ("sh", "-c", script, "probe", url) if script == _FETCH:
            return f"GET {url}"
    return None


def accepted_host(detected: Detected | None, env: dict[str, Template], port: int) -> str:
    """A Host header that the application accepts (Django's ALLOWED_HOSTS).

    A pattern such as ".example.com" stands for the domain itself; "*" or nothing known: localhost.
    """
    hosts: tuple[str, ...] = ()
    if detected is not None:
        hosts = detected.hosts
        value = env.get(detected.hosts_env or "")
        if value is not None and all(isinstance(part, str) for part in value):
            hosts = tuple(host.strip() for host in "".join(map(str, value)).split(","))
    named = [host.lstrip(".") for host in hosts if host and host != "*"]
    if not named or "localhost" in named:
        return f"localhost:{port}"
    return named[0]


def service_check(
    service: Service, detected: Detected | None, port: int | None, env: dict[str, Template]
) -> tuple[Check | None, str]:
    """The check and where it comes from ("declared", "detected: ..."); None when there is none."""
    declared = service.health or Health()
    if declared.disabled:
        return None, "disabled by health = false"
    command: tuple[str, ...] | None = None
    origin = "declared"
    if declared.command is not None:
        command = declared.command
    elif declared.path is not None and port is not None:
        host = accepted_host(detected, env, port)
        command = http_check(port, declared.path, host)
        if service.image is not None:
            url = f"http://127.0.0.1:{port}{declared.path}"
            command = ("sh", "-c", _FETCH, "probe", url)
    elif service.image is not None:
        known = known_image(service.image)
        if known is not None:
            command, origin = known.check_at(port), f"known image {known.name}"
    elif detected is not None and detected.health is not None and port is not None:
        host = accepted_host(detected, env, port)
        command = http_check(port, detected.health, host)
        origin = f"detected: {detected.framework} answers at {detected.health}"
    elif port is not None:
        command, origin = tcp_check(port), "nothing is declared"
    if command is None:
        return None, ""
    check = Check(command=command)
    given = {
        key: value
        for key in ("interval", "timeout", "retries", "start_period")
        if (value := getattr(declared, key)) is not None
    }
    return replace(check, **given), origin
