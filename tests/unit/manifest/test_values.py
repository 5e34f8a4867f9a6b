"""Each form of a single value, and what is said of a wrong one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shipyard.manifest import mounts, references, values
from shipyard.manifest.errors import Invalid
from shipyard.model.manifest import Mount, Publish

Parse = Callable[[object], object]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("5m", 300), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), (7, 7), (0, 0), ("0s", 0)],
)
def test_duration(text: object, seconds: float) -> None:
    assert values.duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512M", 512 * 1024**2),
        ("512m", 512 * 1024**2),
        ("1G", 1024**3),
        ("1.5G", 1536 * 1024**2),
        ("8192kb", 8192 * 1024),
        ("8192KiB", 8192 * 1024),
        ("8388608b", 8388608),
        (8388608, 8388608),
        ("1 GiB", 1024**3),
    ],
)
def test_memory(text: object, size: int) -> None:
    assert values.memory(text) == size


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("python manage.py migrate", ("python", "manage.py", "migrate")),
        ("echo 'a b' \"c d\" e\\ f", ("echo", "a b", "c d", "e f")),
        ("echo '$HOME | x' \"a;b\" \\; ", ("echo", "$HOME | x", "a;b", ";")),
        ("a && b", ("/bin/sh", "-c", "a && b")),
        ("a | b", ("/bin/sh", "-c", "a | b")),
        ("a; b", ("/bin/sh", "-c", "a; b")),
        ("a > b", ("/bin/sh", "-c", "a > b")),
        ("a < b", ("/bin/sh", "-c", "a < b")),
        ("a *.py", ("/bin/sh", "-c", "a *.py")),
        ("a $HOME", ("/bin/sh", "-c", "a $HOME")),
        ('a "$HOME"', ("/bin/sh", "-c", 'a "$HOME"')),
        ('a "\\$HOME"', ("/bin/sh", "-c", 'a "\\$HOME"')),
        ("a `b`", ("/bin/sh", "-c", "a `b`")),
        ("a\nb", ("/bin/sh", "-c", "a\nb")),
        ("a \\\nb", ("/bin/sh", "-c", "a \\\nb")),
        ("DEBUG=1 python x.py", ("/bin/sh", "-c", "DEBUG=1 python x.py")),
        ("  a b \n", ("a", "b")),
        (["a", "$HOME | ;", "", "x\ny"], ("a", "$HOME | ;", "", "x\ny")),
    ],
)
def test_command(value: object, words: tuple[str, ...]) -> None:
    assert values.command(value) == words


def test_an_empty_entrypoint_removes_the_images_own() -> None:
    assert values.entrypoint([]) == ()


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("8000", Publish(host_port=8000, container_port=None)),
        (8000, Publish(host_port=8000, container_port=None)),
        ("53/udp", Publish(host_port=53, container_port=None, protocol="udp")),
        ("80:8000", Publish(host_ip="0.0.0.0", host_port=80, container_port=8000)),
        ("127.0.0.1:80:8000", Publish(host_port=80, container_port=8000)),
        ("127.0.0.1::8000", Publish(host_port=None, container_port=8000)),
        ("[::1]:80:8000/tcp", Publish(host_ip="::1", host_port=80, container_port=8000)),
        ("[::]::8000", Publish(host_ip="::", host_port=None, container_port=8000)),
        ("10.0.0.1:53:53/udp", Publish(host_ip="10.0.0.1", host_port=53, container_port=53, protocol="udp")),
    ],
)
def test_publish(text: object, port: Publish) -> None:
    assert mounts.publish(text) == port


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("media:/app/media", Mount(kind="volume", source="media", target="/app/media")),
        ("media:/app/media:ro", Mount(kind="volume", source="media", target="/app/media", read_only=True)),
        ("media:/app/media/:rw", Mount(kind="volume", source="media", target="/app/media")),
        ("./src:/app", Mount(kind="bind", source="src", target="/app")),
        (".:/app", Mount(kind="bind", source=".", target="/app")),
        ("./a/../b/:/app", Mount(kind="bind", source="b", target="/app")),
        ("/etc/x:/x", Mount(kind="bind", source="/etc/x", target="/x")),
        ("/var/lib/x", Mount(kind="volume", source=None, target="/var/lib/x")),
        ("..:/x", Mount(kind="bind", source="..", target="/x")),
    ],
)
def test_mount(text: str, mount: Mount) -> None:
    assert mounts.mount(text) == mount


GOOD: list[tuple[Parse, list[str]]] = [
    (
        references.image,
        [
            "postgres",
            "postgres:17",
            "ghcr.io/a/b:1.2-x",
            "localhost:5000/a",
            "a/b@sha256:" + "0" * 64,
            "a__b/c-d.e",
        ],
    ),
    (
        references.registry,
        ["registry.example.com", "registry.example.com:5000/a/b", "localhost:5000", "acme"],
    ),
    (references.subnet, ["10.20.0.0/24", "fd00::/64"]),
    (values.python, ["3.13", "3.12.4"]),
    (values.package, ["libmagic1", "g++", "libfoo2t64:amd64", "curl=7.88.1-10+deb12u8"]),
    (values.extra, ["postgres", "web_ui", "a.b-c", "x1"]),
    (values.moment, ["2024-05-01", "2024-05-01T12:00:00Z", "2024-05-01t12:00:00.5+02:00"]),
    (values.user, ["1000", "1000:1000", "www-data", "app:app"]),
    (values.restart, ["no", "always", "unless-stopped", "on-failure", "on-failure:3"]),
    (values.host, ["db:10.0.0.1", "host.docker.internal:host-gateway", "a=::1"]),
    (mounts.tmpfs, ["/tmp", "/run:size=16m,mode=1777", "/x:ro,noexec"]),
]


@pytest.mark.parametrize(("parse", "text"), [(parse, text) for parse, texts in GOOD for text in texts])
def test_it_stays_as_written(parse: Parse, text: str) -> None:
    assert parse(text) == text


HOSTILE = [
    "",
    " ",
    "a\nb",
    "a b\n",
    "$(id)",
    "`id`",
    "a;b",
    "a'b",
    'a"b',
    "-x y",
    "a\x1b[0m",
    "é\x00",
    "../..",
]
STRICT: list[Parse] = [
    values.duration,
    values.memory,
    mounts.publish,
    mounts.mount,
    mounts.tmpfs,
    references.image,
    references.registry,
    references.subnet,
    references.name,
    references.engine_name,
    references.secret,
    values.python,
    values.package,
    values.extra,
    values.moment,
    values.user,
    values.restart,
    values.host,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("parse", STRICT)
def test_nothing_hostile_passes(parse: Parse, text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


@pytest.mark.parametrize(
    ("parse", "value", "title", "hint"),
    [
        (values.duration, "10", "is no duration", 'did you mean "10s"?'),
        (values.duration, "5 m", "is no duration", "write it as in"),
        (values.duration, "-1s", "is no duration", "write it as in"),
        (values.duration, -1, "between 0 and a year", "write it as in"),
        (values.duration, 10**30, "between 0 and a year", "write it as in"),
        (values.duration, "9000000h", "between 0 and a year", "write it as in"),
        (values.interval, "0s", "at least 1ms", "write it as in"),
        (values.memory, "512", "less than the 6 MiB", 'did you mean "512M"?'),
        (values.memory, "12MB/s", "no amount of memory", "write it as in"),
        (values.memory, "99999999T", "more than any machine", "write it as in"),
        (values.command, "a 'b", "cannot be split", "close the quote"),
        (values.command, "", "an empty command", "remove the key"),
        (values.command, [], "an empty command", "remove the key"),
        (values.command, ["", "x"], "program to run", "name it"),
        (values.entrypoint, "''", "an empty command", "remove the key"),
        (mounts.publish, "8000-8010", "ranges of ports", "one by one"),
        (mounts.publish, "80-81:80-81", "ranges of ports", "one by one"),
        (mounts.publish, "0", "port 0", "127.0.0.1::8000"),
        (mounts.publish, "70000", "no port", "1 to 65535"),
        (mounts.publish, "80:٣", "no port", "1 to 65535"),
        (mounts.publish, ":80", "names no host port", "127.0.0.1::8000"),
        (mounts.publish, "127.0.0.1:80", "names no host port", "127.0.0.1::PORT"),
        (mounts.publish, "localhost:80:80", "no IP address", "127.0.0.1:80:80"),
        (mounts.publish, "::1:80:80", "no published port", "[::1]:80:8000"),
        (mounts.publish, "[fe80::1%eth0]:80:80", "is no IP address", "127.0.0.1:80:8000"),
        (mounts.publish, "80/sctp", "unknown protocol", "/udp"),
        (mounts.publish, "80/", "unknown protocol", "/udp"),
        (mounts.mount, "src/data:/x", "no volume's name", "./src/data"),
        (mounts.mount, "~/data:/x", "another folder for everyone", "${env:HOME}"),
        (mounts.mount, "m:/x:z", "ro and rw", ":ro"),
        (mounts.mount, "m:/x:ro:ro", "ro and rw", ":ro"),
        (mounts.mount, "m:x", "is absolute", 'did you mean "/x"?'),
        (mounts.mount, "m:/", "over the container's root", "a folder in it"),
        (mounts.mount, "m://..", "over the container's root", "a folder in it"),
        (mounts.mount, "media", "names no place", "media:/srv/data"),
        (mounts.tmpfs, "/x:a b", "'a b' is no option of a tmpfs", "size=16m"),
        (mounts.tmpfs, "/x:ro,size=16mb", "'size=16mb' is no option of a tmpfs", "size=16m"),
        (values.user, "2147483648", "2147483648 is no number of a user or group", "2147483647"),
        (values.user, "app:99999999999", "99999999999 is no number", "2147483647"),
        (references.image, "Postgres:17", "lower-case", 'did you mean "postgres:17"?'),
        (references.image, "a:b:c", "no image reference", "postgres:17"),
        (references.registry, "https://r.example.com/", "without https://", 'write "r.example.com"'),
        (references.registry, "r.example.com/a/", "no registry", 'as in "r.example.com/a"'),
        (references.registry, "r.example.com/a:tag", "no registry", "registry.example.com"),
        (references.subnet, "10.1.2.3/8", "own address", 'did you mean "10.0.0.0/8"?'),
        (references.name, "Web", "is no name", "lower-case"),
        (references.name, "x" * 64, "is no name", "63"),
        (values.python, ">=3.12", "no Python version", "3.13"),
        (values.python, "3", "no Python version", "3.13"),
        (values.url_path, "healthz", "no path of a URL", "/healthz"),
        (values.url_path, "/ü?x=1", "wants encoded", "/%C3%BC?x=1"),
        (values.extra, "a b", "no name of an extra", "letters, digits"),
        (values.extra, "-x", "no name of an extra", "letters, digits"),
        (values.moment, "2024-13-01", "no date", "2024-05-01"),
        (values.moment, "May 2024", "no date", "2024-05-01"),
        (values.moment, "2024-05-01T12:00:00", "no date", "2024-05-01T12:00:00Z"),
        (values.word, "--reload", "not one word", "dashes"),
    ],
)
def test_what_is_said(parse: Parse, value: object, title: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(value)
    assert title in caught.value.title
    assert hint in str(caught.value.hint)
