"""A registry on loopback, for as long as a test runs."""

from __future__ import annotations

import contextlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bring_up import HOME
from project import docker, free_port

BINARY = HOME / "root/usr/bin/docker-registry"
CONFIG = """\
version: 0.1
log: {{ level: error, accesslog: {{ disabled: true }} }}
storage: {{ filesystem: {{ rootdirectory: {folder} }} }}
http: {{ addr: 127.0.0.1:{port} }}
"""


USERS = "shop:$2b$05$abcdefghijklmnopqrstuu3Jd./u/rH1RxB6auX5v7gLP6uWhKCgG\n"
"""As htpasswd writes them: the password of shop is let-me-in."""


@contextlib.contextmanager
def registry(folder: Path, *, port: int | None = None, private: bool = False) -> Iterator[str]:
    """Its address, `127.0.0.1:PORT`: Debian's package where the engine came from there, else its image.
    `private`: it wants the login of USERS."""
    port = port or free_port()
    address = f"127.0.0.1:{port}"
    (folder / "users").write_text(USERS)
    if BINARY.exists():
        config = folder / "registry.yml"
        auth = f"auth: {{ htpasswd: {{ realm: test, path: {folder}/users }} }}\n" if private else ""
        config.write_text(CONFIG.format(folder=folder / "registry", port=port) + auth)
        process = subprocess.Popen([str(BINARY), "serve", str(config)], stderr=subprocess.DEVNULL)
        try:
            _wait(address)
            yield address
        finally:
            process.terminate()
            process.wait()
    else:
        auth = "-v {}/users:/users:ro -e REGISTRY_AUTH=htpasswd -e REGISTRY_AUTH_HTPASSWD_REALM=test"
        auth += " -e REGISTRY_AUTH_HTPASSWD_PATH=/users"
        words = auth.format(folder).split() if private else []
        container = docker("run", "-d", "-p", f"{address}:5000", *words, "registry:2")
        try:
            _wait(address)
            yield address
        finally:
            docker("rm", "-fv", container)


def _wait(address: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://{address}/v2/", timeout=1):
                return
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 401:
                    return
                raise
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no registry answers at {address}")
