"""Base images: pulled where a registry answers, else made here under the same names.

A stand-in behaves like the official image where Shipyard and its examples look: paths, variables,
entrypoint, signals. It also carries this machine's certificates, so that builds reach its registries.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

LABEL = "shipyard.stand-in"
VERSION = 1  # raised when the code here makes another image of the same recipe
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CPYTHON_LIBRARIES = (
    *("ca-certificates", "netbase", "tzdata", "libssl3", "libsqlite3-0", "libffi8", "libreadline8", "zlib1g"),
    *("libbz2-1.0", "liblzma5", "libexpat1", "libncursesw6", "libuuid1", "libgdbm6", "libdb5.3"),
    *("libnsl2", "libtirpc3"),
)
ENVIRONMENT = {
    "SSL_CERT_FILE": str(CERTIFICATES),
    "PIP_CERT": str(CERTIFICATES),
    "REQUESTS_CA_BUNDLE": str(CERTIFICATES),
}
RECIPES = Path(__file__).resolve().parent / "standins"
TOOLS = RECIPES / "tools"
"""Of images that only builds use: no other stand-in is made of them."""
NODES = {"node:22-slim": "22.20.0"}
PULL_SECONDS = 600


class Failed(Exception):
    """An image can neither be pulled nor made."""


Say = Callable[[str], None]


def ensure(images: Sequence[str], say: Say) -> None:
    """Make sure that every image is on the engine."""
    missing = [image for image in images if not present(image, recipe_digest(image))]
    if not missing:
        say(f"base images are there: {', '.join(images)}")
        return
    with (Path(tempfile.gettempdir()) / "shipyard-base-images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reachable = True
        for image in missing:
            digest = recipe_digest(image)
            if present(image, digest):
                continue
            if reachable and not stand_in(image):
                say(f"pulling {image}")
                problem = pull(image)
                if problem is None:
                    continue
                say(f"cannot pull ({problem}); making stand-ins here")
                reachable = False
            make(image, digest, say)


def docker(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["docker", *arguments], capture_output=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


def labels(image: str) -> dict[str, str] | None:
    """An image's labels, None when it is not there."""
    done = docker("image", "inspect", "--format", "{{json .Config.Labels}}", image)
    return (json.loads(done.stdout) or {}) if done.returncode == 0 else None


def stand_in(image: str) -> bool:
    return LABEL in (labels(image) or {})


def present(image: str, digest: str) -> bool:
    """There, and not a stand-in of an older recipe."""
    found = labels(image)
    return found is not None and found.get(LABEL, digest) == digest


def recipe_digest(image: str) -> str:
    """Changes when any recipe does; a tool's changes that image alone."""
    digest = hashlib.sha256()
    digest.update(repr((VERSION, CPYTHON_LIBRARIES, ENVIRONMENT)).encode())
    for path in sorted((*RECIPES.iterdir(), *(TOOLS.iterdir() if image in NODES else ()))):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def pull(image: str) -> str | None:
    """Why an image cannot be pulled; None when it was."""
    try:
        done = docker("pull", "-q", image, timeout=PULL_SECONDS)
    except subprocess.TimeoutExpired:
        return "no answer in time"
    return (
        None if done.returncode == 0 else done.stderr.decode(errors="replace").strip().splitlines()[-1][:160]
    )


def make(image: str, digest: str, say: Say) -> None:
    """Make one stand-in, and the base that it needs."""
    if os.geteuid() != 0:
        raise Failed(f"{image} cannot be pulled, and making it here needs root: run this once with sudo")
    python = re.fullmatch(r"python:(3\.\d+)-slim", image)
    if python:
        base = debian("bookworm", CPYTHON_LIBRARIES, digest, say)
        say(f"making {image}")
        with python_files(python[1]) as folder:
            build(image, digest, "python.Dockerfile", {"BASE": base}, folder)
    elif image == "postgres:17":
        base = debian("trixie", ["ca-certificates", "netbase", "tzdata"], digest, say)
        say(f"making {image}")
        build(image, digest, "postgres.Dockerfile", {"BASE": base, "MAJOR": "17"}, RECIPES)
    elif image in NODES:
        make_node(image, digest, say)
    elif image == "redis:7":
        base = debian("bookworm", CPYTHON_LIBRARIES, digest, say)
        say(f"making {image}")
        build(image, digest, "redis.Dockerfile", {"BASE": base}, RECIPES)
    else:
        raise Failed(f"{image} cannot be pulled, and there is no recipe to make it here")


def make_node(image: str, digest: str, say: Say) -> None:
    """Node with npm, out of a wheel: the one registry that the other stand-ins ask as well."""
    installer = "python:3.13-slim"
    own = recipe_digest(installer)
    if not present(installer, own):
        make(installer, own, say)
    base = debian("bookworm", CPYTHON_LIBRARIES, own, say)
    say(f"making {image}")
    arguments = {"BASE": base, "INSTALLER": installer, "VERSION": NODES[image]}
    build(image, digest, "tools/node.Dockerfile", arguments, TOOLS)


def debian(suite: str, packages: Sequence[str], digest: str, say: Say) -> str:
    """A minimal Debian of a suite, imported as an image; its name."""
    name = f"debian:{suite}-slim"
    if present(name, digest):
        return name
    if shutil.which("mmdebstrap") is None:
        subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap"]
        if subprocess.run(install, check=False, capture_output=True).returncode != 0:
            raise Failed("mmdebstrap cannot be installed: it makes the Debian base of the stand-ins")
    say(f"making {name}")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "root.tar"
        command = [
            "mmdebstrap",
            "--variant=minbase",
            "--quiet",
            f"--include={','.join(packages)}",
            suite,
            str(archive),
        ]
        done = subprocess.run(command, check=False, capture_output=True)
        if done.returncode != 0:
            raise Failed(f"mmdebstrap {suite} failed: {done.stderr.decode(errors='replace')[-800:]}")
        settings = [f"ENV {key}={value}" for key, value in ENVIRONMENT.items()]
        settings += [f"LABEL {LABEL}={digest}", 'CMD ["bash"]']
        changes = [word for setting in settings for word in ("--change", setting)]
        done = docker("import", *changes, str(archive), f"{name}-root")
        if done.returncode != 0:
            raise Failed(done.stderr.decode(errors="replace"))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy2(CERTIFICATES, Path(folder) / "ca-certificates.crt")
        build(name, digest, "debian.Dockerfile", {"BASE": f"{name}-root"}, Path(folder))
    docker("image", "rm", f"{name}-root")
    return name


def build(image: str, digest: str, recipe: str, arguments: dict[str, str], context: Path) -> None:
    """Build a recipe of standins/."""
    words = ["buildx", "build", "--builder", "default", "--load", "--provenance=false", "-q", "-t", image]
    words += ["--label", f"{LABEL}={digest}", "-f", str(RECIPES / recipe)]
    for key, value in arguments.items():
        words += ["--build-arg", f"{key}={value}"]
    done = docker(*words, str(context))
    if done.returncode != 0:
        raise Failed(f"building {image} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")


@contextlib.contextmanager
def python_files(version: str) -> Iterator[Path]:
    """A folder with `local`, a CPython as it stands in /usr/local of the official image."""
    source = find_python(version)
    with tempfile.TemporaryDirectory() as name:
        local = Path(name) / "local"
        skip = shutil.ignore_patterns("__pycache__", "*.a", "test", "idle_test", "site-packages", "share")
        shutil.copytree(source, local, symlinks=True, ignore=skip)
        for script in (local / "bin").iterdir():
            # Only the interpreter: tools installed beside it name the place where they stood.
            if not re.fullmatch(rf"python(3|{re.escape(version)})?", script.name):
                script.unlink()
        for alias in ("python", "python3"):
            (local / "bin" / alias).unlink(missing_ok=True)
            (local / "bin" / alias).symlink_to(f"python{version}")
        yield Path(name)


def find_python(version: str) -> Path:
    """The prefix of a CPython of this machine whose build can be moved: pyenv's."""
    roots = [
        os.environ.get("PYENV_ROOT"),
        str(Path.home() / ".pyenv"),
        Path("~root/.pyenv").expanduser(),
        "/opt/pyenv",
    ]
    for root in dict.fromkeys(root for root in roots if root):
        for prefix in sorted(Path(root, "versions").glob(f"{version}.*"), reverse=True):
            if (prefix / "bin" / f"python{version}").exists():
                return prefix
    raise Failed(
        f"python:{version}-slim cannot be pulled, and this machine has no CPython {version} to make it of"
    )


if __name__ == "__main__":
    ensure(sys.argv[1:], print)
