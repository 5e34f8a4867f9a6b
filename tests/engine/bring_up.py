"""A working Docker engine: the one that is there, else one made of Debian's packages.

Standard library only and Python 3.9 or newer: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import base_images
import browser

HOME = Path("/opt/shipyard-engine")
SOCKET = "/var/run/docker.sock"
PLUGINS = Path("/usr/libexec/docker/cli-plugins")
PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd", "docker-registry")
OWN_SUITE_PACKAGES = ("runc", "iptables", "tini", "ca-certificates")
SUITES = ("sid", "trixie")
OLDEST_ENGINE = 25
DEFAULT_IMAGES = (
    "python:3.13-slim",
    "python:3.12-slim",
    "python:3.11-slim",
    "postgres:17",
    "redis:7",
    "node:22-slim",
)


class Failed(Exception):
    """Something that the user has to know or do."""


def say(text: str) -> None:
    print(f"engine: {text}", flush=True)


def output(*command: str) -> str | None:
    """Standard output of a command, None when it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def run(*command: str, **options: object) -> None:
    """Run a command that has to work."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode != 0:
        raise Failed(f"`{' '.join(command)}` failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")


def engine_version() -> str | None:
    return output("docker", "version", "--format", "{{.Server.Version}}")


def complete() -> bool:
    """Whether engine, Buildx and Compose all answer, recent enough."""
    version = engine_version()
    major = re.match(r"\d+", version or "")
    if major is None or int(major[0]) < OLDEST_ENGINE:
        return False
    return (
        output("docker", "buildx", "version") is not None
        and output("docker", "compose", "version") is not None
    )


def as_root(arguments: list[str]) -> None:
    """Start again under sudo when this is not root."""
    if os.geteuid() == 0:
        return
    sudo = shutil.which("sudo")
    if sudo is None:
        raise Failed("bringing up an engine needs root: run this as root or install sudo")
    os.execv(sudo, [sudo, sys.executable, str(Path(__file__).with_name("up")), *arguments])


def machine_source() -> tuple[str, str | None, str]:
    """(URI, Signed-By, code name) of the distribution's own package source, from the machine's files."""
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line
    )
    name = release.get("VERSION_CODENAME", "").strip('"')
    if release.get("ID", "").strip('"') != "debian":
        raise Failed(
            "no Docker engine answers, and only Debian's own packages can be used to bring one up here"
        )
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = dict(re.findall(r"^([A-Za-z-]+):\s*(.+)$", stanza, re.MULTILINE))
            if name in fields.get("Suites", "").split():
                return fields["URIs"].split()[0], fields.get("Signed-By"), name
    listed = Path("/etc/apt/sources.list")
    for line in listed.read_text().splitlines() if listed.exists() else []:
        match = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s", line)
        if match and match[3] == name:
            signed = re.search(r"signed-by=(\S+)", match[1] or "")
            return match[2], signed[1] if signed else None, name
    raise Failed(f"found no package source for {name} in /etc/apt")


def add_source(suites: tuple[str, ...]) -> None:
    """Newer suites as a source of their own, pinned below everything that is installed."""
    uri, signed, _ = machine_source()
    lines = ["Types: deb", f"URIs: {uri}", f"Suites: {' '.join(suites)}", "Components: main"]
    if signed:
        lines.append(f"Signed-By: {signed}")
    source = Path("/etc/apt/sources.list.d/shipyard-engine.sources")
    source.write_text("\n".join(lines) + "\n")
    pins = [
        f"Package: *\nPin: release n={suite}\nPin-Priority: {50 + index}\n"
        for index, suite in enumerate(suites)
    ]
    Path("/etc/apt/preferences.d/shipyard-engine").write_text("\n".join(pins))
    run("apt-get", "update", "-qq")


def install() -> None:
    """Unpack the engine below HOME; idempotent."""
    done = HOME / "installed.json"
    if done.exists():
        return
    say("no working engine: installing one from Debian's packages")
    root, downloads = HOME / "root", HOME / "packages"
    for folder in (root, downloads):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    add_source(SUITES)
    # apt fetches as its own user where it can.
    shutil.chown(downloads, "_apt")
    chosen = next((suite for suite in SUITES if _download(suite, downloads)), None)
    if chosen is None:
        raise Failed(f"Docker's packages can be downloaded from none of {', '.join(SUITES)}")
    for package in sorted(downloads.glob("*.deb")):
        run("dpkg", "-x", str(package), str(root))
    missing = [name for name in OWN_SUITE_PACKAGES if output("dpkg", "-s", name) is None]
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, env=environment)
    init = root / "usr/bin/docker-init"
    init.unlink(missing_ok=True)  # the package has a dangling link there
    shutil.copy2("/usr/bin/tini", init)
    PLUGINS.mkdir(parents=True, exist_ok=True)
    for plugin in (root / "usr/libexec/docker/cli-plugins").iterdir():
        if not (PLUGINS / plugin.name).exists():
            shutil.copy2(plugin.resolve(), PLUGINS / plugin.name)
    if shutil.which("docker") is None:
        Path("/usr/local/bin/docker").symlink_to(root / "usr/bin/docker")
    done.write_text(json.dumps({"suite": chosen}) + "\n")
    shutil.rmtree(downloads)


def _download(suite: str, folder: Path) -> bool:
    names = [f"{package}/{suite}" for package in PACKAGES]
    done = subprocess.run(
        ["apt-get", "download", "-qq", *names], cwd=folder, capture_output=True, check=False
    )
    return done.returncode == 0


def start(*, containerd: bool) -> None:
    """Start dockerd in the background and wait for its socket."""
    store = "containerd" if containerd else "classic"
    config = HOME / f"daemon-{store}.json"
    config.write_text(json.dumps({"features": {"containerd-snapshotter": containerd}}) + "\n")
    binaries = f"{HOME}/root/usr/bin:{HOME}/root/usr/sbin"
    environment = {
        **os.environ,
        "PATH": f"{binaries}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    for name in list(environment):
        if name.startswith(("DOCKER_", "COMPOSE_")):
            del environment[name]
    _mount_cgroups()
    log = HOME / "dockerd.log"
    say(f"starting dockerd ({store} image store), log in {log}")
    command = ["dockerd", "--config-file", str(config), "--data-root", str(HOME / f"data-{store}")]
    command += ["--exec-root", "/run/shipyard-engine", "--pidfile", "/run/shipyard-engine.pid"]
    # Under sudo the socket is for the user who asked.
    command += ["--group", os.environ.get("SUDO_GID", "0")]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "-H", f"unix://{SOCKET}"],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment,
            start_new_session=True,
        )
    for _ in range(300):
        if engine_version():
            return
        if process.poll() is not None:
            break
        time.sleep(0.2)
    tail = log.read_text(errors="replace").splitlines()[-15:]
    raise Failed("dockerd did not start; its last lines:\n" + "\n".join(tail))


def _mount_cgroups() -> None:
    """Bare machines may have no control groups mounted; limits need them."""
    base = Path("/sys/fs/cgroup")
    if any(base.iterdir()):
        return
    if "cgroup2" in Path("/proc/filesystems").read_text():
        run("mount", "-t", "cgroup2", "cgroup2", str(base))


def stop() -> int:
    """Stop the daemon that `start` recorded."""
    record = Path("/run/shipyard-engine.pid")
    try:
        pid = int(record.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (OSError, ValueError):
        say("no engine of ours is running")
        return 0
    if str(HOME) not in " ".join(command):
        say("no engine of ours is running")
        return 0
    os.kill(pid, signal.SIGTERM)
    for _ in range(300):
        if not Path(f"/proc/{pid}").exists():
            say("stopped")
            return 0
        time.sleep(0.1)
    say(f"process {pid} did not stop within 30 s")
    return 1


def install_browser() -> None:
    """What pages are looked at with, from the distribution's packages."""
    if shutil.which("apt-get") is None:
        raise Failed(f"pages are tested in {' or '.join(browser.NAMES)}: install one of them")
    say(f"installing {browser.PACKAGE}")
    run("apt-get", "update", "-qq")
    options = ("-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-unsafe-io")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    words = ("install", "-y", "-qq", "--no-install-recommends", browser.PACKAGE)
    run("apt-get", *options, *words, env=environment)


def main(arguments: list[str]) -> int:
    """The command line of `up`."""
    parser = argparse.ArgumentParser(prog="up", description=__doc__)
    parser.add_argument("--containerd", action="store_true", help="containerd's image store, not the classic")
    parser.add_argument("--images", help="comma-separated base images; default: all that tests need")
    parser.add_argument("--no-images", action="store_true", help="the engine alone")
    parser.add_argument("--browser", action="store_true", help="a headless Chromium, and no engine")
    options = parser.parse_args(arguments)
    images = tuple(options.images.split(",")) if options.images else DEFAULT_IMAGES
    try:
        if options.browser:
            if browser.installed() is None:
                as_root(arguments)
                install_browser()
            return 0
        if not complete():
            as_root(arguments)
            HOME.mkdir(parents=True, exist_ok=True)
            with (HOME / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not complete():
                    install()
                if engine_version() is None:
                    start(containerd=options.containerd)
                if not complete():
                    raise Failed(
                        "an engine answers, and Buildx or Compose is missing or too old: install them"
                    )
        say(f"Docker Engine {engine_version()} answers")
        if not options.no_images:
            base_images.ensure(images, say)
    except (Failed, base_images.Failed) as error:
        print(f"engine: error: {error}", file=sys.stderr)
        return 1
    return 0
