"""A real sshd on loopback, and an ssh client that knows it, for engines behind ssh.

The server is Debian's, unpacked and not installed: nothing of it starts by itself. It wants a user of its own
that the machine may not have, and finds it in a mount namespace.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bring_up
from project import free_port
from second_engine import root

UNPACKED = bring_up.HOME / "ssh"
SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile {folder}/pid
StrictModes no
UsePAM no
LogLevel VERBOSE
"""
CLIENT = """\
IdentityFile {folder}/user
IdentitiesOnly yes
UserKnownHostsFile {folder}/known
"""


class SshServer:
    """`port` on 127.0.0.1; `path` is a PATH whose ssh knows server and key."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.address = f"ssh://{getpass.getuser()}@127.0.0.1:{port}"
        self.path = f"{folder}/bin:{os.environ['PATH']}"
        self._log = folder / "log"

    @property
    def logins(self) -> int:
        """How many there have been."""
        return self._log.read_text().count("Accepted publickey")


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Until the block ends. `folder` is for its files."""
    _unpack()
    port = free_port()
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    known = (folder / "host.pub").read_text()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {known}")
    (folder / "server").write_text(SERVER.format(port=port, folder=folder))
    (folder / "client").write_text(CLIENT.format(folder=folder))
    (folder / "bin").mkdir()
    client = folder / "bin" / "ssh"
    client.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/client "$@"\n')
    client.chmod(0o755)
    users = Path("/etc/passwd").read_text()
    (folder / "passwd").write_text(users + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n")
    root("mkdir", "-p", "/run/sshd")
    server = f"{UNPACKED}/usr/sbin/sshd -D -e -f {folder}/server"
    command = f"mount --bind {folder}/passwd /etc/passwd && exec {server} 2>{folder}/log"
    libraries = f"LD_LIBRARY_PATH={UNPACKED}/usr/lib/x86_64-linux-gnu"
    words = ["unshare", "--mount", "env", libraries, "sh", "-c", command]
    process = subprocess.Popen(words if os.geteuid() == 0 else ["sudo", "-n", *words])
    try:
        _wait(folder, process)
        yield SshServer(folder, port)
    finally:
        if (folder / "pid").exists():
            root("kill", (folder / "pid").read_text().strip(), check=False)
        process.wait(20)


def _unpack() -> None:
    """Once, whoever comes first."""
    with Path(tempfile.gettempdir(), "shipyard-ssh.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (UNPACKED / "usr/sbin/sshd").exists():
            return
        downloads = UNPACKED / "packages"
        root("mkdir", "-p", str(downloads))
        root("sh", "-c", f"cd {downloads} && apt-get download -qq openssh-server libwrap0")
        for package in sorted(downloads.glob("*.deb")):
            root("dpkg", "-x", str(package), str(UNPACKED))


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while not (folder / "pid").exists():
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
