"""A registry on loopback, for as long as a test runs."""

from __future__ import annotations

import contextlib
import ssl
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
http: {{ addr: {address}{tls} }}
"""


USERS = "shop:$2b$05$abcdefghijklmnopqrstuu3Jd./u/rH1RxB6auX5v7gLP6uWhKCgG\n"
"""As htpasswd writes them: the password of shop is let-me-in."""


@contextlib.contextmanager
def registry(
    folder: Path,
    *,
    port: int | None = None,
    private: bool = False,
    host: str = "127.0.0.1",
    tls: Path | None = None,
) -> Iterator[str]:
    """Its address, `HOST:PORT`: Debian's package where the engine came from there, else its image.
    `private`: it wants the login of USERS; `tls` is a folder with its certificate and key, and the
    authority's."""
    port = port or free_port()
    address = f"{host}:{port}"
    (folder / "users").write_text(USERS)
    if BINARY.exists():
        config = folder / "registry.yml"
        auth = f"auth: {{ htpasswd: {{ realm: test, path: {folder}/users }} }}\n" if private else ""
        secure = f", tls: {{ certificate: {tls}/cert.pem, key: {tls}/key.pem }}" if tls else ""
        config.write_text(CONFIG.format(folder=folder / "registry", address=address, tls=secure) + auth)
        process = subprocess.Popen([str(BINARY), "serve", str(config)], stderr=subprocess.DEVNULL)
        try:
            _wait(address, tls)
            yield address
        finally:
            process.terminate()
            process.wait()
    else:
        auth = "-v {}/users:/users:ro -e REGISTRY_AUTH=htpasswd -e REGISTRY_AUTH_HTPASSWD_REALM=test"
        auth += " -e REGISTRY_AUTH_HTPASSWD_PATH=/users"
        words = auth.format(folder).split() if private else []
        if tls:
            words += ["-v", f"{tls}:/tls:ro", "-e", "REGISTRY_HTTP_TLS_CERTIFICATE=/tls/cert.pem"]
            words += ["-e", "REGISTRY_HTTP_TLS_KEY=/tls/key.pem"]
        container = docker("run", "-d", "-p", f"{address}:5000", *words, "registry:2")
        try:
            _wait(address, tls)
            yield address
        finally:
            docker("rm", "-fv", container)


def _wait(address: str, tls: Path | None) -> None:
    context = ssl.create_default_context(cafile=f"{tls}/ca.pem") if tls else None
    url = f"{'https' if tls else 'http'}://{address}/v2/"
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=1, context=context):
                return
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 401:
                    return
                raise
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no registry answers at {address}")
