"""Which engine is meant, and the environment in which docker's own commands run."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from shipyard.engine.certificates import Certificates
from shipyard.engine.connect import Connection, EngineAddressError, connect, without_password
from shipyard.errors import ShipyardError

LOCAL = "unix:///var/run/docker.sock"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A docker client's folder with two contexts."""
    endpoints = {"prod": "tcp://10.0.0.5:2375", "box": "unix:///run/box.sock"}
    for name, host in endpoints.items():
        folder = tmp_path / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
        folder.mkdir(parents=True)
        meta = {"Name": name, "Endpoints": {"docker": {"Host": host}}}
        (folder / "meta.json").write_text(json.dumps(meta))
    broken = tmp_path / "contexts" / "meta" / hashlib.sha256(b"broken").hexdigest()
    broken.mkdir()
    (broken / "meta.json").write_text('{"Endpoints": {}}')
    return tmp_path


def connected(engine: str | None, **environ: str) -> tuple[str, str, bool]:
    with connect(engine, environ) as made:
        return made.url, made.address, made.local


def refused(engine: str | None, **environ: str) -> ShipyardError:
    with pytest.raises(EngineAddressError) as caught, connect(engine, environ):
        pass
    return caught.value


def test_the_local_engine_is_meant_when_nothing_is_said(store: Path) -> None:
    assert connected(None, HOME="/nonexistent") == (LOCAL, "local engine", True)
    assert connected(None, DOCKER_CONFIG=str(store)) == (LOCAL, "local engine", True)
    (store / "config.json").write_text("{}")
    assert connected(None, DOCKER_CONFIG=str(store)) == (LOCAL, "local engine", True)
    (store / "config.json").write_text("{ no json")
    assert connected(None, DOCKER_CONFIG=str(store)) == (LOCAL, "local engine", True)
    assert connected(None, DOCKER_CONFIG=str(store), DOCKER_CONTEXT="default") == (
        LOCAL,
        "local engine",
        True,
    )


@pytest.mark.parametrize(
    ("engine", "environ", "url", "address", "local"),
    [
        (None, {"DOCKER_HOST": "unix:///x"}, "unix:///x", "unix:///x", True),
        (None, {"DOCKER_HOST": "tcp://1.2.3.4:2375"}, "tcp://1.2.3.4:2375", "tcp://1.2.3.4:2375", False),
        (None, {"DOCKER_HOST": "tcp://localhost:2375"}, "tcp://localhost:2375", "tcp://localhost:2375", True),
        ("unix:///y", {"DOCKER_HOST": "unix:///x"}, "unix:///y", "unix:///y", True),
        ("tcp://127.0.0.1:1", {}, "tcp://127.0.0.1:1", "tcp://127.0.0.1:1", True),
        ("tcp://[::1]:1", {}, "tcp://[::1]:1", "tcp://[::1]:1", True),
        ("prod", {}, "tcp://10.0.0.5:2375", "prod", False),
        ("prod", {"DOCKER_HOST": "unix:///x"}, "tcp://10.0.0.5:2375", "prod", False),
        ("default", {"DOCKER_CONTEXT": "prod"}, LOCAL, "default", True),
        (None, {"DOCKER_CONTEXT": "box"}, "unix:///run/box.sock", "unix:///run/box.sock", True),
        (None, {"DOCKER_CONTEXT": "prod", "DOCKER_HOST": "unix:///x"}, "unix:///x", "unix:///x", True),
    ],
)
def test_who_has_the_word(
    store: Path, engine: str | None, environ: dict[str, str], url: str, address: str, local: bool
) -> None:
    assert connected(engine, DOCKER_CONFIG=str(store), **environ) == (url, address, local)


def test_the_clients_own_choice(store: Path) -> None:
    (store / "config.json").write_text('{"currentContext": "prod"}')
    assert connected(None, DOCKER_CONFIG=str(store))[0] == "tcp://10.0.0.5:2375"
    home = store / "home"
    home.mkdir()
    (home / ".docker").symlink_to(store)
    assert connected(None, HOME=str(home))[0] == "tcp://10.0.0.5:2375"
    assert connected(None, HOME=str(home), DOCKER_CONTEXT="box")[0] == "unix:///run/box.sock"


def test_an_empty_variable_is_none_at_all(store: Path) -> None:
    (store / "config.json").write_text('{"currentContext": "prod"}')
    assert connected(None, DOCKER_CONFIG=str(store), DOCKER_HOST="")[0] == "tcp://10.0.0.5:2375"
    assert connected(None, DOCKER_CONFIG=str(store), DOCKER_CONTEXT="")[0] == "tcp://10.0.0.5:2375"


@pytest.mark.parametrize("name", ["nope", "broken"])
def test_a_context_that_is_not_there(store: Path, name: str) -> None:
    error = refused(name, DOCKER_CONFIG=str(store))
    assert (error.title, error.where) == (f"there is no docker context {name!r}", "engine")
    assert "docker context ls" in (error.hint or "")


@pytest.mark.parametrize(
    ("engine", "what"),
    [
        ("http://x", "is not an engine's address"),
        ("npipe:////./pipe/x", "is not an engine's address"),
        ("ssh://", "is not of the form ssh://user@host:port"),
        ("ssh://a b", "is not of the form ssh://user@host:port"),
        ("ssh://user@host:port", "is not of the form ssh://user@host:port"),
        ("ssh://user@$(id)", "is not of the form ssh://user@host:port"),
        ("ssh://-oProxyCommand=x", "is not of the form ssh://user@host:port"),
    ],
)
def test_an_address_that_is_none(engine: str, what: str) -> None:
    assert refused(engine, HOME="/nonexistent").title == f"{engine!r} {what}"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As docker's client has them; the certificate signs itself."""
    folder = tmp_path_factory.mktemp("certificates")
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    words += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(words, check=True, capture_output=True)
    shutil.copy(folder / "cert.pem", folder / "ca.pem")
    return folder


@pytest.mark.parametrize("engine", [None, "tcp://box:2376"])
def test_tls_by_the_clients_own_variables(certificates: Path, engine: str | None) -> None:
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
    with connect(engine, {**environ, "DOCKER_HOST": "tcp://box:2376"}) as made:
        assert (made.url, made.local) == ("tcp://box:2376", False)
        assert made.certificates == Certificates(folder=certificates)
        assert made.environment({"DOCKER_TLS": "1", "HOME": "/h"}) == {
            **environ,
            "DOCKER_HOST": "tcp://box:2376",
            "HOME": "/h",
        }
    with connect("unix:///x", environ) as made:
        assert made.certificates is None
        assert "DOCKER_TLS_VERIFY" not in made.environment(environ)


def test_tls_by_a_context_or_beside_the_clients_settings(store: Path, certificates: Path) -> None:
    digest = hashlib.sha256(b"prod").hexdigest()
    folder = store / "contexts" / "tls" / digest / "docker"
    shutil.copytree(certificates, folder)
    with connect("prod", {"DOCKER_CONFIG": str(store)}) as made:
        assert made.certificates == Certificates(folder=folder)
    shutil.copytree(certificates, store, dirs_exist_ok=True)
    with connect("tcp://box:1", {"DOCKER_CONFIG": str(store), "DOCKER_TLS_VERIFY": "1"}) as made:
        assert made.certificates == Certificates(folder=store)


def test_certificates_that_cannot_be_used(tmp_path: Path, certificates: Path) -> None:
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    error = refused("tcp://box:1", **environ)
    assert error.title == "the certificates for the engine cannot be used: No such file or directory"
    assert error.where == str(tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_text("nothing")
    assert "cannot be used" in refused("tcp://box:1", **environ).title


def test_nothing_redirects_dockers_own_commands() -> None:
    connection = Connection(url="unix:///x", address="x", local=True)
    environ = {
        "PATH": "/bin",
        "HOME": "/root",
        "DOCKER_CONFIG": "/c",
        "SSH_AUTH_SOCK": "/s",
        "COMPOSE_FILE": "other.yaml",
        "COMPOSE_PROJECT_NAME": "other",
        "COMPOSE_PROFILES": "a",
        "BUILDX_BAKE_FILE": "x",
        "BUILDX_BUILDER": "remote",
        "DOCKER_CONTEXT": "prod",
        "DOCKER_HOST": "tcp://elsewhere",
    }
    before = dict(environ)
    assert connection.environment(environ) == {
        "PATH": "/bin",
        "HOME": "/root",
        "DOCKER_CONFIG": "/c",
        "SSH_AUTH_SOCK": "/s",
        "DOCKER_HOST": "unix:///x",
    }
    assert environ == before


@pytest.mark.parametrize(
    "address", ["ssh://u:S3NT@127.0.0.1:1", "S3NT://u:S3NT@x", "tcp://u:S3NT@127.0.0.1:1"]
)
def test_a_password_in_an_address_is_not_shown(address: str) -> None:
    assert "S3NT@" not in without_password(address)
    with pytest.raises(ShipyardError) as caught, connect(address, {}) as connection:
        raise ShipyardError(connection.address)
    assert ":S3NT@" not in str(caught.value)
