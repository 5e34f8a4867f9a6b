"""Debian packages: compilers stay in the builder; libraries are there, or the build says what is missing."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from corpus import copy_fixture
from project import Project, docker

from shipyard.compile.debian import COMPILED, LOADED, SPATIAL
from shipyard.compile.links import PACKAGES

PSYCOPG2 = {
    "requirements.txt": "psycopg2==2.9.13\n",
    "main.py": "import psycopg2\nprint(psycopg2.__version__)\n",
}
NAMED = {package for _, package in PACKAGES if "\\" not in package} - {"libldap-2.5-0", "libldap2"}
"""Packages of libraries; the two of LDAP are each of one release."""
TINY = {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    '[project]\nname = "tiny"\nversion = "1"\n',
    "setup.py": "from setuptools import Extension, setup\n"
    "setup(ext_modules=[Extension('tiny', ['tiny.c'])])\n",
    "tiny.c": "#include <Python.h>\n"
    'static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "tiny", NULL, -1, NULL};\n'
    "PyMODINIT_FUNC PyInit_tiny(void) { return PyModule_Create(&module); }\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("image", ["python:3.13-slim", "postgres:17"])
def test_every_debian_package_that_is_known_can_be_installed(image: str) -> None:
    """In two releases of Debian, by the archive itself."""
    names = {name for one in (*COMPILED.values(), *LOADED.values()) for name in one.packages}
    names |= {*SPATIAL, *NAMED}
    install = (
        f"apt-get update -qq && apt-get install -s -qq --no-install-recommends {' '.join(sorted(names))}"
    )
    said = docker("run", "--rm", "--user", "0", "--entrypoint", "sh", image, "-c", install)
    assert said.count("Inst ") > len(names)


def write(project: Project, files: dict[str, str], build: str = "") -> None:
    for name, text in files.items():
        project.write(name, text)
    project.manifest(
        f'[services.web]\npython = "3.13"\ncommand = ["python", "main.py"]\nbuild = {{ {build} }}\n'
    )


def image(project: Project) -> str:
    """Build; the image's reference."""
    return project.run("build").stdout.split()[-1]


def ran(image: str) -> str:
    return docker("run", "--rm", image, "python", "main.py")


def packages(image: str) -> set[str]:
    """Debian packages of an image."""
    query = ("dpkg-query", "-W", "-f", "${Package}\n")
    return set(docker("run", "--rm", image, *query).split())


def archive(path: Path) -> None:
    """A source distribution with an extension in C."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in TINY.items():
            info = tarfile.TarInfo(f"tiny-1/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))


def test_a_compiled_package_leaves_its_library_in_the_image_and_no_compiler(project: Project) -> None:
    copy_fixture("sdist-compiled", project.root)
    project.manifest("[services.web]\n")
    made = image(project)
    said = docker("run", "--rm", made, "python", "-c", "import app; print(app.home())")
    assert said.endswith("PDF document, version 1.4")
    added = packages(made) - packages("python:3.13-slim")
    assert {"libpq5", "libmagic1"} <= added
    assert [one for one in added if one.endswith("-dev") or one.startswith(("gcc", "g++", "cpp"))] == []


def test_a_library_that_is_missing_fails_the_build_with_the_line_that_mends_it(project: Project) -> None:
    build = 'find_packages = false, build_packages = ["gcc", "libc6-dev", "libpq-dev"]'
    write(project, PSYCOPG2, build)
    failed = project.run("build", code=1)
    assert "libpq.so.5 for psycopg2 2.9.13: Debian's libpq5 has it" in failed.stderr
    line = 'packages = ["libpq5"]'
    assert f"Add {line} to [services.web.build] in shipyard.toml" in failed.stderr
    write(project, PSYCOPG2, f"{build}, {line}")
    assert ran(image(project)).startswith("2.9.13")
    write(project, PSYCOPG2, f'{build}, optional_libraries = ["libpq.so.5"]')
    assert "libpq5" not in packages(image(project))


@pytest.mark.slow
def test_an_unknown_source_that_cannot_be_compiled_says_what_to_declare(project: Project) -> None:
    archive(project.root / "tiny-1.tar.gz")
    files = {"requirements.txt": "./tiny-1.tar.gz\n", "main.py": "import tiny\nprint(tiny.__name__)\n"}
    write(project, files)
    failed = project.run("build", code=1)
    assert "a package is compiled, and the builder has no compiler" in failed.stderr
    assert 'build = { build_packages = ["build-essential"] }' in failed.stderr
    write(project, files, 'build_packages = ["gcc", "libc6-dev"]')
    made = image(project)
    assert ran(made) == "tiny"
    assert packages(made) == packages("python:3.13-slim"), "it links to the C library alone"


def test_wheels_and_pure_sources_need_nothing(project: Project) -> None:
    """docopt is published as a source alone."""
    files = {
        "requirements.txt": "docopt==0.6.2\nmsgspec\n",
        "main.py": "import docopt, msgspec\nprint('fine')\n",
    }
    write(project, files)
    project.run("render", "out")
    assert "apt-get" not in (project.root / "out/web.Dockerfile").read_text()
    made = image(project)
    assert ran(made) == "fine"
    assert packages(made) == packages("python:3.13-slim")


def test_the_check_costs_a_code_edit_nothing(project: Project) -> None:
    write(project, {"requirements.txt": "msgspec\n", "main.py": "print(1)\n"})
    first = image(project)
    project.write("main.py", "print(2)\n")
    done = project.run("build")
    assert "user 1/1" not in done.stderr
    layers = [
        json.loads(docker("inspect", one))[0]["RootFS"]["Layers"] for one in (first, done.stdout.split()[-1])
    ]
    assert len([one for one in layers[0] if one not in layers[1]]) == 1, "the source alone"
