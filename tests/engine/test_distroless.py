"""base = "distroless": the examples run, hardened, from images that hold nothing but what runs."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tomllib

import pytest
from hardened import HARDENED
from project import Project, docker
from test_examples import checks

from examples import NAMES, SECRETS, copy_example
from shipyard.manifest.write import dumps

SEEN = (
    "import ctypes.util, json, locale, os, pwd, socket, ssl, tempfile, zoneinfo;"
    "print(json.dumps([len(ssl.create_default_context().get_ca_certs()), ctypes.util.find_library('ssl'),"
    "len(zoneinfo.available_timezones()), locale.setlocale(locale.LC_ALL, ''), pwd.getpwuid(10001)[0],"
    "socket.gethostbyname('localhost'), socket.getservbyname('https'), tempfile.gettempdir(),"
    "os.stat('/tmp').st_mode, os.environ['PATH']]))"
)
"""What a program sees of the system around it."""


def declare(project: Project, base: str) -> None:
    """The example's built services hardened, on this base, published nowhere but where the engine says."""
    file = project.root / "shipyard.toml"
    document = tomllib.loads(file.read_text())
    for service in document["services"].values():
        if "image" not in service:
            # Celery's processes share what they know through a temporary folder.
            service |= HARDENED | {"tmpfs": ["/tmp"]}
    document["services"]["web"] |= {"build": {"base": base}}
    document["stages"]["prod"]["services"]["web"]["publish"] = [
        f"127.0.0.1::{document['services']['web'].get('port', 8000)}"
    ]
    file.write_text(dumps(document))


def size(reference: str) -> int:
    return int(docker("image", "inspect", "--format", "{{.Size}}", reference))


def names_in(reference: str) -> set[str]:
    """The names of all files of an image, without their folders."""
    container = docker("create", reference)
    try:
        with (
            subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as process,
            tarfile.open(fileobj=process.stdout, mode="r|") as archive,
        ):
            return {member.name.rpartition("/")[2] for member in archive}
    finally:
        docker("rm", container)


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=() if one.startswith("fastapi") else pytest.mark.slow) for one in NAMES]
)
def test_an_example_runs_from_nothing_but_what_it_needs(project: Project, name: str) -> None:
    copy_example(name, project.root, project.name)
    project.environ |= SECRETS | {"SHIPYARD_STAGE": "prod"}
    declare(project, "slim")
    slim = project.run("build").stdout.split()[0]
    declare(project, "distroless")
    project.apply()
    container = project.container("web")
    assert container["State"]["Health"]["Status"] == "healthy"
    assert (container["Config"]["User"], container["HostConfig"]["ReadonlyRootfs"]) == ("10001:10001", True)
    assert container["HostConfig"]["CapDrop"] == ["ALL"]
    ports = container["NetworkSettings"]["Ports"].values()
    (port,) = (binding["HostPort"] for bindings in ports for binding in bindings)
    found = checks().run_checks(
        project.root / "checks.toml", f"http://127.0.0.1:{port}", report=lambda line: None
    )
    assert found >= 6
    assert project.changes() == []

    image = container["Config"]["Image"]
    seen = [json.loads(docker("run", "--rm", one, "python", "-c", SEEN)) for one in (slim, image)]
    assert seen[0] == seen[1]
    assert size(image) < 0.7 * size(slim)
    programs = {"sh", "dash", "bash", "dpkg", "apt", "apt-get", "pip", "pip3", "uv", "perl", "busybox"}
    assert programs & names_in(slim) >= {"sh", "bash", "dpkg", "apt"}
    assert programs & names_in(image) == set()


@pytest.mark.slow
def test_two_builds_are_the_same_image(project: Project) -> None:
    copy_example("fastapi-postgres", project.root, project.name)
    project.environ |= SECRETS | {"SHIPYARD_STAGE": "prod"}
    declare(project, "distroless")
    image = project.run("build").stdout.split()[0]
    before = docker("image", "inspect", "--format", "{{.Id}}", image)
    project.run("build", "--no-cache")
    assert docker("image", "inspect", "--format", "{{.Id}}", image) == before


@pytest.mark.slow
def test_what_was_compiled_has_its_libraries_or_the_build_names_them(project: Project) -> None:
    """psycopg2 is compiled here, and links to a library that is there only while it is built."""
    project.write("main.py", "import psycopg2\nprint(psycopg2.__libpq_version__ > 0)\n")
    project.write("requirements.txt", "psycopg2==2.9.10\n")
    text = '[services.web]\npython = "3.13"\ncommand = ["python", "main.py"]\n[services.web.build]\n'
    text += 'base = "distroless"\n'
    declared = 'find_packages = false\nbuild_packages = ["gcc", "libc6-dev", "libpq-dev"]\n'
    project.manifest(text + declared)
    said = project.run("build", code=1).stderr
    assert "libpq.so.5 for psycopg2 2.9.10: Debian's libpq5 has it" in said
    for mended in ('packages = ["libpq5"]\n' + declared, ""):
        project.manifest(text + mended)
        image = project.run("build").stdout.split()[0]
        assert docker("run", "--rm", "--read-only", image, "python", "main.py") == "True"
