"""A registry on loopback, for as long as a test runs."""

from __future__ import annotations

import contextlib
import subprocess
import time
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


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Its address, `127.0.0.1:PORT`: Debian's package where the engine came from there, else its image."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    if BINARY.exists():
        config = folder / "registry.yml"
        config.write_text(CONFIG.format(folder=folder / "registry", port=port))
        process = subprocess.Popen([str(BINARY), "serve", str(config)], stderr=subprocess.DEVNULL)
        try:
            _wait(address)
            yield address
        finally:
            process.terminate()
            process.wait()
    else:
        container = docker("run", "-d", "-p", f"{address}:5000", "registry:2")
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
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no registry answers at {address}")
