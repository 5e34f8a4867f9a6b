#!/usr/bin/env python3
"""Building an example's image, next to the Dockerfiles that people write by hand.

    tests/bench/build.py [EXAMPLE...]      all by default

`plain` is one stage with pip; `uv` two stages with uv, its cache and byte code. Neither collects
static files. In turn, medians: cold (no layer and no download kept), one small dependency added, one
line of code edited; the bytes of the layers that the edit moves, the size over the base, the time to
import the application, and that from `docker run` to the first answer. Images and download caches made
here are removed.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "engine")]

from project import docker, free_port  # noqa: E402

from examples import NAMES, copy_example  # noqa: E402
from shipyard.compile.base_stages import TOOL  # noqa: E402
from shipyard.engine.connect import Connection  # noqa: E402
from shipyard.engine.installer import installer_folder  # noqa: E402

ADDED = ("itsdangerous==2.2.0", "blinker==1.9.0", "iniconfig==2.1.0")
"""One for each run: what was installed once is cached."""
PLAIN = """\
FROM {base}
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD {command}
"""
UV = """\
FROM {base} AS build
COPY --from=tool /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/uv \\
    uv venv -q /opt/venv && uv pip install -q --python /opt/venv -r requirements.txt
FROM {base}
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY . .
CMD {command}
"""
NAME = f"bench{os.getpid()}"
CACHE = re.compile(r"type=cache,(?:id=[^,]+,)?target=(/root/\.cache/(\w+))")
KINDS = ("plain", "uv", "shipyard")
EDITED = {"django-postgres": "shop/urls.py", "fastapi-postgres": "app/main.py"}
ENVIRONMENT = {
    "SECRET_KEY": "bench",
    "DATABASE_URL": "postgresql://a:b@127.0.0.1/a",
    "REDIS_URL": "redis://127.0.0.1",
    "ALLOWED_HOSTS": "*",
}


@dataclass(slots=True, kw_only=True)
class Bench:
    """One example in a folder, with all Dockerfiles. `built` counts the images, each with a tag."""

    folder: Path
    tool: Path
    base: str = ""
    command: str = ""
    port: int = 0
    built: int = 0

    def prepare(self, example: str) -> None:
        copy_example(example, self.folder, NAME)
        words = [sys.executable, "-m", "shipyard", "render", "deploy", "--applied"]
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True)
        text = (self.folder / "deploy" / "web.Dockerfile").read_text()
        self.base = re.findall(r"^FROM (\S+) AS base$", text, re.MULTILINE)[-1]
        self.command = re.findall(r"^CMD (.*)$", text, re.MULTILINE)[-1]
        self.port = int(re.findall(r"^EXPOSE (\d+)$", text, re.MULTILINE)[-1])
        for kind, form in (("plain", PLAIN), ("uv", UV)):
            path = self.folder / "deploy" / f"{kind}.Dockerfile"
            path.write_text(form.format(base=self.base, command=self.command))
        # Of what the others copy it is no part.
        (self.folder / ".dockerignore").write_text("deploy\n")

    def build(self, kind: str, cache: str, *flags: str) -> tuple[str, float]:
        """(name, seconds) of an image, its downloads and byte code kept under a name of their own."""
        name = "web" if kind == "shipyard" else kind
        file = self.folder / "deploy" / f"{name}.Dockerfile"
        text = CACHE.sub(
            lambda one: f"type=cache,id={cache}-{kind}-{one[2]},target={one[1]}", file.read_text()
        )
        file.write_text(text)
        self.built += 1
        tag = f"{NAME}/{kind}:{self.built}"
        words = ["docker", "build", "-q", "--provenance=false", "-t", tag, "-f", str(file), *flags]
        words += [f"--build-context={TOOL}={self.tool}"] if kind != "plain" else []
        words += ["--build-arg", "SOURCE_DATE_EPOCH=315532800"] if kind == "shipyard" else []
        began = time.perf_counter()
        done = subprocess.run([*words, str(self.folder)], capture_output=True, text=True)
        took = time.perf_counter() - began
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: {done.stderr}")
        return tag, took

    def each(
        self, cache: Callable[[int], str], before: Callable[[int], None], *flags: str
    ) -> dict[str, float]:
        """Medians by kind, of as many builds in turn as there are dependencies to add."""
        times: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for number in range(len(ADDED)):
            before(number)
            for kind in KINDS:
                times[kind].append(self.build(kind, cache(number), *flags)[1])
        return {kind: statistics.median(found) for kind, found in times.items()}

    def append(self, path: str, text: str) -> None:
        with (self.folder / path).open("a") as file:
            file.write(text)


def layers(image: str) -> dict[str, int]:
    """The bytes of each layer as it is kept, by its digest or that of what it holds."""
    saved = subprocess.run(["docker", "save", image], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        (found,) = json.load(manifest)
        return {name: archive.getmember(name).size for name in found["Layers"]}


def import_seconds(image: str, module: str) -> float:
    """In the container, by its own clock."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    given = [word for name, value in ENVIRONMENT.items() for word in ("-e", f"{name}={value}")]
    words = ["run", "--rm", *given, "--entrypoint", "python", image, "-c", code]
    return statistics.median(float(docker(*words)) for _ in range(5))


def answer_seconds(image: str, inside: int) -> float:
    """From `docker run` to the first answer, whatever it says."""
    found = []
    given = [word for name, value in ENVIRONMENT.items() for word in ("-e", f"{name}={value}")]
    for _ in range(3):
        port = free_port()
        began = time.perf_counter()
        ident = docker("run", "-d", "--rm", *given, "-p", f"127.0.0.1:{port}:{inside}", image)
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/docs")
                connection.getresponse().read()
                break
            except (OSError, http.client.HTTPException):
                if time.perf_counter() - began > 60:
                    sys.exit(f"{image} does not answer: {docker('logs', ident)}")
                time.sleep(0.01)
            finally:
                connection.close()
        found.append(time.perf_counter() - began)
        docker("rm", "-f", ident)
    return statistics.median(found)


def measure(example: str, folder: Path) -> list[tuple[str, dict[str, float]]]:
    tool = installer_folder(Connection(url="", address="", local=True))
    assert tool is not None, "the installer of this machine"
    bench = Bench(folder=folder, tool=tool)
    bench.prepare(example)
    rows = [("cold, s", bench.each(lambda number: f"{NAME}{example}{number}", lambda _: None, "--no-cache"))]
    kept = f"{NAME}{example}0"
    # All with what the last release left behind.
    images = {kind: bench.build(kind, kept)[0] for kind in KINDS}
    rows.append(
        (
            "dependency, s",
            bench.each(lambda _: kept, lambda number: bench.append("requirements.txt", ADDED[number] + "\n")),
        )
    )
    before = {kind: layers(bench.build(kind, kept)[0]) for kind in KINDS}
    edit = EDITED[example]
    rows.append(
        (
            "code edit, s",
            bench.each(lambda _: kept, lambda number: bench.append(edit, f"\nEDIT = {number}\n")),
        )
    )
    after = {kind: layers(bench.build(kind, kept)[0]) for kind in KINDS}
    moved = {
        kind: sum(size for name, size in after[kind].items() if name not in before[kind]) / 1000
        for kind in KINDS
    }
    rows.append(("its layers, kB", moved))
    base = sum(layers(bench.base).values())
    rows.append(("over base, MB", {kind: (sum(after[kind].values()) - base) / 1e6 for kind in KINDS}))
    words = json.loads(bench.command)
    module = next(word.partition(":")[0] for word in words if ":" in word and not word[0].isdigit())
    rows.append(("import, s", {kind: import_seconds(image, module) for kind, image in images.items()}))
    rows.append(
        ("first answer, s", {kind: answer_seconds(image, bench.port) for kind, image in images.items()})
    )
    return rows


def clean() -> None:
    """Remove the images and the download caches of this run."""
    listed = ("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={NAME}/*")
    if names := docker(*listed).split():
        docker("image", "rm", "-f", *names, check=False)
    records = docker("buildx", "du", "--verbose", "--filter", "type=exec.cachemount").split("\n\n")
    for record in records:
        found = re.search(r"^ID:\s+(\S+)", record, re.MULTILINE)
        if found and NAME in record:
            docker("buildx", "prune", "-f", "--filter", f"id={found[1]}", check=False)


def main() -> None:
    try:
        for example in sys.argv[1:] or NAMES:
            with tempfile.TemporaryDirectory() as folder:
                print(
                    f"{example:<20}"
                    + "".join(f"{kind:>10}" for kind in KINDS)
                    + f"{'of plain':>10}{'of uv':>8}"
                )
                for what, found in measure(example, Path(folder)):
                    plain, uv, own = (found[kind] for kind in KINDS)
                    row = "".join(f"{one:>10.2f}" for one in (plain, uv, own, own / plain))
                    print(f"  {what:<18}{row}{own / uv:>8.2f}")
    finally:
        clean()
    version = docker("version", "--format", "{{.Server.Version}}")
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; docker {version}")


if __name__ == "__main__":
    main()
