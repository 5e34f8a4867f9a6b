"""Whatever is in the file: its meaning survives writing, and what is wrong is told as an error."""

from __future__ import annotations

import subprocess
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from shipyard.errors import ShipyardError
from shipyard.manifest import Loaded, load
from shipyard.manifest.errors import Invalid, Problems
from shipyard.manifest.locate import Locator
from shipyard.manifest.merge import merge_stage
from shipyard.manifest.values import command
from shipyard.manifest.write import dumps
from shipyard.model.manifest import Mount, Publish, SecretRef, Service

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
SECRETS = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
VARIABLES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="="), min_size=1, max_size=9
)
VALUES = st.one_of(
    TEXTS, st.integers(-(2**63), 2**63), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
)
PORTS = st.integers(1, 65535)
TOML = st.recursive(
    st.one_of(VALUES, st.dates(), st.just(float("nan"))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def loaded(text: str, environ: Mapping[str, str] | None = None) -> Loaded:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "shipyard.toml").write_bytes(text.encode())
        return load(root, stage=None, instance=None, environ=environ or {})


def wrong(text: str) -> str | None:
    """What loading this text tells; None when nothing is wrong. Anything but a told error passes through."""
    try:
        loaded(text)
    except ShipyardError as error:
        return str(error)
    return None


def escaped(text: str) -> str:
    return text.replace("${", "$${")


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    """A service from an image, as a document; only what belongs together."""
    return {
        "image": draw(st.sampled_from(["postgres:17", "ghcr.io/acme/web@sha256:" + "a" * 64])),
        "env": draw(
            st.dictionaries(VARIABLES, VALUES.map(lambda v: escaped(v) if isinstance(v, str) else v))
        ),
        "command": ["run", *map(escaped, draw(st.lists(TEXTS, max_size=4)))],
        "labels": draw(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), TEXTS.map(escaped))),
        "publish": [f"127.0.0.1::{port}" for port in draw(st.lists(PORTS, max_size=3))],
        "secrets": draw(
            st.dictionaries(
                SECRETS.filter(lambda name: not name.endswith("_FILE")),
                st.fixed_dictionaries({}, optional={"from": SECRETS, "as": st.sampled_from(["env", "file"])}),
            )
        ),
        "stop_timeout": draw(st.one_of(st.integers(0, 9999), st.integers(0, 9999).map("{}ms".format))),
        "replicas": draw(st.integers(1, 5)),
    }


def set_by_secrets(secrets: Mapping[str, Mapping[str, str]]) -> set[str]:
    return {f"{name}_FILE" if options.get("as") == "file" else name for name, options in secrets.items()}


@given(st.dictionaries(NAMES, services(), min_size=1, max_size=3), NAMES)
def test_what_is_written_means_what_was_said(document: dict[str, dict[str, Any]], name: str) -> None:
    for said in document.values():
        assume(not set_by_secrets(said["secrets"]) & set(said["env"]))
    written = dumps({"name": name, "services": document})
    assert tomllib.loads(written) == {"name": name, "services": document}
    manifest = loaded(written).manifest
    assert manifest.name == name
    assert [service.name for service in manifest.services] == list(document)
    for service, said in zip(manifest.services, document.values(), strict=True):
        assert service.image == said["image"]
        assert dict(service.env) == {
            key: (as_text(value).replace("$${", "${"),) for key, value in said["env"].items()
        }
        assert service.command == tuple(word.replace("$${", "${") for word in said["command"])
        assert dict(service.labels) == {k: v.replace("$${", "${") for k, v in said["labels"].items()}
        assert [port.container_port for port in service.publish] == [
            int(text.rpartition(":")[2]) for text in said["publish"]
        ]
        assert {(secret.name, secret.source, secret.delivery) for secret in service.secrets} == {
            (key, options.get("from", key), options.get("as", "env"))
            for key, options in said["secrets"].items()
        }
        assert service.replicas == said["replicas"]
        time = said["stop_timeout"]
        assert service.stop_timeout == (time if isinstance(time, int) else int(time[:-2]) / 1000)


@given(st.dictionaries(VARIABLES, TEXTS), SECRETS, TEXTS)
def test_what_the_environment_holds_stays_text(held: dict[str, str], secret: str, value: str) -> None:
    text = dumps({"name": "a", "services": {"web": {"env": {"X": "<${env:V}${secret:" + secret + "}>"}}}})
    parts = loaded(text, {**held, "V": value}).manifest.services[0].env["X"]
    assert parts == ("<" + value, SecretRef(name=secret), ">")


@given(st.text())
def test_no_text_is_more_than_wrong(text: str) -> None:
    assume(not any(0xD800 <= ord(character) < 0xE000 for character in text))
    assert wrong(text) != ""


KEYS = st.sampled_from([*Service.fields, "unset", "nope"])
ANY_SERVICE = st.dictionaries(KEYS, TOML, max_size=4)


@given(
    st.dictionaries(st.one_of(NAMES, TEXTS), st.one_of(ANY_SERVICE, TOML), max_size=3),
    st.dictionaries(st.sampled_from(["services", "networks", "engine", "x"]), TOML, max_size=2),
    st.dictionaries(st.sampled_from(["web", "db"]), st.one_of(ANY_SERVICE, st.just(False)), max_size=2),
)
def test_no_document_is_more_than_wrong(
    services: dict[str, Any], stage: dict[str, Any], overrides: dict[str, Any]
) -> None:
    document = {
        "name": "a",
        "services": services,
        "stages": {"dev": {"services": overrides, **stage}},
    }
    told = wrong(dumps(document))
    assert told is None or "shipyard.toml" in told


DOCUMENTS = st.dictionaries(TEXTS, TOML, max_size=4)


def same(one: object, other: object) -> bool:
    """Equal, and nan is nan."""
    return repr(one) == repr(other)


@given(DOCUMENTS)
def test_written_documents_are_read_back(document: dict[str, Any]) -> None:
    def ordered(value: object) -> object:
        if isinstance(value, dict):
            return sorted((key, ordered(item)) for key, item in value.items())
        return [ordered(item) for item in value] if isinstance(value, list) else repr(value)

    assert same(ordered(tomllib.loads(dumps(document))), ordered(document))


@given(DOCUMENTS)
def test_every_place_of_a_document_has_a_line(document: dict[str, Any]) -> None:
    text = dumps(document)
    lines = text.split("\n")
    locator = Locator(text)

    def visit(value: object, path: tuple[str | int, ...]) -> None:
        if path:
            line = locator.line(path)
            assert line is not None
            assert 1 <= line <= len(lines)
        if isinstance(value, dict):
            for key, item in value.items():
                visit(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                visit(item, (*path, index))

    visit(document, ())


@given(st.dictionaries(NAMES, services(), max_size=3))
def test_overriding_with_the_same_changes_nothing(document: dict[str, Any]) -> None:
    base = {"name": "a", "services": document}
    plain, _ = merge_stage(base, "default", Problems())
    twice, origins = merge_stage({**base, "stages": {"x": {"services": document}}}, "x", Problems())
    assert twice == plain
    leaves = {path for path in origins if len(path) == 3 and path[2] == "image"}
    assert leaves == {("services", name, "image") for name in document}
    assert all(origins[path].stage == "x" for path in leaves)


@given(st.text("ab \t'\"\\$`|&;<>*\n=", min_size=1, max_size=10))
def test_a_command_means_what_a_shell_makes_of_it(text: str) -> None:
    """A text that is run without a shell has the words that a shell would have made."""
    try:
        words = command("run " + text)
    except Invalid:
        # An open quote, or a backslash at the end, which each shell takes as it likes.
        assume(False)
    if words[:2] == ("/bin/sh", "-c"):
        assert words[2] == "run " + text
        return
    script = 'run() { for word; do printf "%s\\0" "$word"; done; }\nrun ' + text
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True)
    assert tuple(shell.stdout.decode().split("\0")[:-1]) == words[1:]


@given(PORTS, PORTS, st.ip_addresses(), st.sampled_from(["", "/tcp", "/udp"]))
def test_published_ports(host: int, inner: int, address: Any, protocol: str) -> None:
    shown = f"[{address}]" if address.version == 6 else str(address)
    text = f"{shown}:{host}:{inner}{protocol}"
    port = (
        loaded(dumps({"name": "a", "services": {"w": {"publish": [text]}}})).manifest.services[0].publish[0]
    )
    assert port == Publish(
        host_ip=str(address),
        host_port=host,
        container_port=inner,
        protocol="udp" if "udp" in protocol else "tcp",
    )


@given(NAMES, st.lists(NAMES, min_size=1, max_size=4), st.booleans())
def test_volumes(name: str, folders: list[str], read_only: bool) -> None:
    target = "/" + "/".join(folders)
    text = f"{name}:{target}" + (":ro" if read_only else "")
    mount = (
        loaded(dumps({"name": "a", "services": {"w": {"volumes": [text]}}})).manifest.services[0].volumes[0]
    )
    assert mount == Mount(kind="volume", source=name, target=target, read_only=read_only)
