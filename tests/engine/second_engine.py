"""Another engine beside the first, with the other image store, in a network namespace of its own.

Two engines in one namespace would take each other's bridge and firewall rules away. This one reaches the
outside through a pair of virtual interfaces, behind the first one's address.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bring_up
from authority import new_authority, signed


def root(*words: str, check: bool = True) -> str:
    """Standard output of a command that needs root."""
    command = words if os.geteuid() == 0 else ("sudo", "-n", *words)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


class SecondEngine:
    """`url` is its socket; over TCP it answers at `tcp`, by TLS with the files in `certificates`. What it
    publishes is at `host`; it finds this machine at `gateway`, whose registries need no TLS."""

    def __init__(self, folder: Path, host: str, gateway: str) -> None:
        self.host = host
        self.gateway = gateway
        self.url = f"unix://{folder}/s"
        self.tcp = f"tcp://{host}:2376"
        self.certificates = folder / "client"

    def docker(self, *words: str) -> str:
        done = subprocess.run(["docker", "-H", self.url, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()


@contextlib.contextmanager
def second_engine(room: str | None = None) -> Iterator[SecondEngine]:
    """Its images, and all else that it kept, are gone afterwards. `room` is what its disk holds, such as
    "64m"; else it has this machine's."""
    number = os.getpid() % 16000
    name, outside, inside = f"shipyard{number}", f"sya{number}", f"syb{number}"
    net = f"10.213.{number // 64}"
    first = number % 64 * 4
    here, there = f"{net}.{first + 1}", f"{net}.{first + 2}"
    nat = ("POSTROUTING", "-s", f"{there}/32", "-j", "MASQUERADE")
    rules = [("DOCKER-USER", flag, outside, "-j", "ACCEPT") for flag in ("-i", "-o")]
    folder = Path(tempfile.mkdtemp(prefix="shipyard-engine-", dir=bring_up.HOME))
    process = None
    try:
        root("ip", "netns", "add", name)
        root("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name)
        root("ip", "addr", "add", f"{here}/30", "dev", outside)
        root("ip", "link", "set", outside, "up")
        for words in (
            ("addr", "add", f"{there}/30", "dev", inside),
            ("link", "set", inside, "up"),
            ("link", "set", "lo", "up"),
            ("route", "add", "default", "via", here),
        ):
            root("ip", "-n", name, *words)
        root("iptables", "-w", "-t", "nat", "-I", *nat)
        for rule in rules:
            root("iptables", "-w", "-I", *rule)
        if room is not None:
            (folder / "data").mkdir()
            root("mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(folder / "data"))
        _certify(folder, there)
        process = _started(name, folder, there, here)
        yield SecondEngine(folder, there, here)
    finally:
        if process is not None:
            root("kill", str(_pid(folder)), check=False)
            process.wait(60)
        root("iptables", "-w", "-t", "nat", "-D", *nat, check=False)
        for rule in rules:
            root("iptables", "-w", "-D", *rule, check=False)
        root("ip", "netns", "del", name, check=False)
        root("ip", "link", "del", outside, check=False)
        if room is not None:
            root("umount", "-l", str(folder / "data"), check=False)
        root("rm", "-rf", str(folder), check=False)


def _certify(folder: Path, host: str) -> None:
    """An authority, and what it signed for the engine and for its client."""
    client = folder / "client"
    client.mkdir()
    new_authority(folder)
    shutil.copy(folder / "ca.pem", client)
    signed(folder, folder, f"subjectAltName=IP:{host}")
    signed(folder, client, "extendedKeyUsage=clientAuth")


def _started(namespace: str, folder: Path, host: str, gateway: str) -> subprocess.Popen[bytes]:
    settings = {
        "features": {"containerd-snapshotter": not keeps_indexes()},
        "insecure-registries": [f"{gateway}/32"],
    }
    (folder / "daemon.json").write_text(json.dumps(settings))
    binaries = f"{bring_up.HOME}/root/usr/bin:{bring_up.HOME}/root/usr/sbin"
    command = ["dockerd", "--config-file", str(folder / "daemon.json"), "--data-root", str(folder / "data")]
    command += ["--exec-root", str(folder / "exec"), "--pidfile", str(folder / "pid")]
    command += ["-H", f"unix://{folder}/s", "--group", str(os.getgid()), "-H", f"tcp://{host}:2376"]
    command += ["--tlsverify", "--tlscacert", f"{folder}/client/ca.pem"]
    command += ["--tlscert", f"{folder}/cert.pem", "--tlskey", f"{folder}/key.pem"]
    path = f"PATH={binaries}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    words = ["nsenter", f"--net=/run/netns/{namespace}", "env", path, *command]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            words if os.geteuid() == 0 else ["sudo", "-n", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    deadline = time.monotonic() + 60
    probe = ["docker", "-H", f"unix://{folder}/s", "version"]
    while subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        assert time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
        time.sleep(0.2)
    return process


def keeps_indexes() -> bool:
    """Whether the first engine has containerd's image store."""
    words = ["docker", "info", "--format", "{{json .DriverStatus}}"]
    return "io.containerd.snapshotter" in subprocess.run(words, capture_output=True, text=True).stdout


def _pid(folder: Path) -> int:
    return int((folder / "pid").read_text())


def hand_over(image: str, engine: str) -> None:
    """The first engine's image for the second."""
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
        load = subprocess.run(["docker", "-H", engine, "load", "-q"], stdin=save.stdout, capture_output=True)
    assert (save.returncode, load.returncode) == (0, 0), load.stderr
