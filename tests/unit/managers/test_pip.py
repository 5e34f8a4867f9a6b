"""requirements.txt, by pip's own rules for its lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from shipyard.managers.pip import Pip
from shipyard.model.dependencies import Dependency
from shipyard.model.manifest import Build

Read = Callable[..., Any]
Refused = Callable[..., str]


def requirements(text: str, **others: str) -> dict[str, str]:
    return {"requirements.txt": text, **{f"{name}.txt": text for name, text in others.items()}}


def test_a_pyproject_that_is_no_toml(refused: Refused) -> None:
    files = requirements("a==1\n") | {"pyproject.toml": "[project\n"}
    assert refused(Pip(), files).startswith("pyproject.toml: not valid TOML: ")


def test_no_file_no_evidence(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"api/requirements.txt": ""})
    assert Pip().evidence(tree, ".") is None
    assert Pip().evidence(tree, "api") == "requirements.txt"


def test_each_package_has_its_line(read: Read) -> None:
    found = read(
        Pip(), requirements("# web\n\nDjango==5.2.1  # lts\nuvicorn[standard]===0.34.0\nPsycopg_C>=3\n")
    )
    assert list(found.packages.values()) == [
        Dependency(name="django", version="5.2.1", where="requirements.txt:3"),
        Dependency(name="uvicorn", version="0.34.0", extras=("standard",), where="requirements.txt:4"),
        Dependency(name="psycopg-c", version=None, where="requirements.txt:5"),
    ]
    assert (found.manager, found.evidence) == ("pip", "requirements.txt")


def test_an_empty_file_is_a_project_without_dependencies(read: Read) -> None:
    found = read(Pip(), requirements("# none\n"))
    assert (found.packages, found.install.facts, found.notes) == ({}, (), ())


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("a==1 # x\n", ("a==1",)),
        ("a==1 \\\n    --hash=sha256:00\n", ("a==1 --hash=sha256:00",)),
        ("a  ==  1\t; python_version<'4'\n", ("a == 1 ; python_version<'4'",)),
        ("# a \\\nb==1\n", ("b==1",)),
        ("--index-url https://x/simple\na==1\n", ("--index-url https://x/simple", "a==1")),
    ],
)
def test_lines_as_pip_reads_them(read: Read, text: str, facts: tuple[str, ...]) -> None:
    """Comments begin after a blank, a backslash goes on with the next line."""
    found = read(Pip(), requirements(text))
    assert found.install.facts == facts
    assert len(found.packages) == 1


def test_comments_and_blanks_are_no_facts(read: Read, tmp_path: Path) -> None:
    plain = read(Pip(), requirements("a==1\nb==2\n")).install
    assert read(Pip(), requirements("# why\na==1   # this\n\nb==2\n")).install == plain


def test_included_files(read: Read) -> None:
    files = {
        "requirements.txt": "-r requirements/base.txt\n--requirement=requirements/base.txt\n"
        "-c pins.txt\nc==3\n",
        "requirements/base.txt": "a==1\n-r more.txt\n",
        "requirements/more.txt": "b==2\n",
        "pins.txt": "d==4\n",
    }
    found = read(Pip(), files)
    assert {name: one.where for name, one in found.packages.items()} == {
        "a": "requirements/base.txt:1",
        "b": "requirements/more.txt:1",
        "c": "requirements.txt:4",
    }
    # What a constraint decides is a fact; it installs nothing.
    assert found.install.facts == ("a==1", "b==2", "--constrained d==4", "c==3")
    assert found.install.files == (
        "requirements.txt",
        "requirements/base.txt",
        "requirements/more.txt",
        "pins.txt",
    )


def test_files_that_include_one_another(read: Read) -> None:
    assert list(read(Pip(), requirements("-r b.txt\nx==1\n", b="-r requirements.txt\ny==1\n")).packages) == [
        "y",
        "x",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("-r gone.txt", "requirements.txt:2: gone.txt is not in the project"),
        ("-r ../base.txt", "requirements.txt:2: ../base.txt is not in the project"),
        ("-r /etc/base.txt", "requirements.txt:2: cannot include '/etc/base.txt'"),
        ("-r 'a,b.txt'", "requirements.txt:2: cannot include"),
        ("a b", "requirements.txt:2: 'a b' is not a requirement"),
        ("a==1#x", "requirements.txt:2: 'a==1#x' is not a requirement"),
        ("a==1 \\", "requirements.txt:2: 'a==1 \\\\' is not a requirement"),
        ("-e .", "requirements.txt:2: . is no package: it has neither pyproject.toml nor setup.py"),
        ("--editable=./lib", "requirements.txt:2: there is no folder lib within the folder of shipyard.toml"),
        ("./lib", "requirements.txt:2: there is no folder lib within"),
        ("../lib", "requirements.txt:2: there is no folder ../lib within"),
        ("file:lib", "requirements.txt:2: there is no folder lib within"),
        ("file:///home/me/lib", "requirements.txt:2: /home/me/lib is a path of one machine"),
        ("hg+https://example.com/x", "requirements.txt:2: hg repositories cannot be installed"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(refused: Refused, line: str, told: str) -> None:
    assert refused(Pip(), requirements(f"x==1\n{line}")).startswith(told)


def test_hashes_are_required_when_every_package_has_one(read: Read) -> None:
    hashed = "a==1 --hash=sha256:00\nb==2 --hash=sha256:11\n"
    found = read(Pip(), requirements(f"--index-url https://x\n{hashed}"))
    assert found.install.install == ("install", "--require-hashes", "-r", "/p/requirements.txt")
    found = read(Pip(), requirements(hashed + "c==3\n"))
    assert found.install.install == ("install", "-r", "/p/requirements.txt")


def test_what_is_not_pinned_is_a_note(read: Read) -> None:
    found = read(Pip(), requirements("a\nb>=1\nc==1.*\nd~=1.0\ne==1\nf @ https://x/f.whl\n"))
    assert found.notes == (
        "requirements.txt does not pin a, b, c, ...: two builds may differ; rename it to requirements.in, "
        "and `uv pip compile requirements.in -o requirements.txt` pins everything",
    )


@pytest.mark.parametrize(
    ("project", "requires"),
    [
        ('[project]\nname = "a"\nrequires-python = ">=3.11,<3.13"\n', ">=3.11,<3.13"),
        ("[tool.ruff]\nline-length = 100\n", None),
        (None, None),
    ],
)
def test_the_pyproject_beside_it_says_the_python_version(
    read: Read, project: str | None, requires: str | None
) -> None:
    files = requirements("a==1\n") | ({"pyproject.toml": project} if project else {})
    found = read(Pip(), files)
    assert found.requires_python == requires
    if requires:
        assert found.requires_python_where == "pyproject.toml"


LIB = {
    "libs/x/pyproject.toml": '[project]\nname = "My_Lib"\ndependencies = ["six>=1"]\n'
    '[project.optional-dependencies]\nfast = ["b<3"]\nall = ["my-lib[fast]"]\n',
    "libs/x/my_lib.py": "",
}


@pytest.mark.parametrize(
    "line", ["./libs/x", "-e libs/x", "--editable=./libs/x/", "file:libs/x", "my_lib @ file:libs/x"]
)
def test_a_folder_of_the_project_is_installed_from_a_copy(read: Read, line: str) -> None:
    found = read(Pip(), requirements(f"{line}\na==1 # why\n-c pins.txt\n") | LIB | {"pins.txt": "six<2\n"})
    (package,) = found.install.local
    assert (package.name, package.folder, package.needed) == ("my-lib", "libs/x", ("pyproject.toml",))
    # What it asks for is installed before it, beside the others.
    assert found.install.texts == (("requirements.txt", ("a==1", "six>=1")), ("constraints.txt", ("six<2",)))
    assert found.install.install == (
        *("install", "-r", "/lock/requirements.txt", "-c", "/lock/constraints.txt"),
    )
    assert sorted(found.packages) == ["a", "six"]
    assert found.notes[0].startswith("requirements.txt does not pin six: ")
    assert found.install.files == ()


def test_extras_of_a_folder(read: Read) -> None:
    found = read(Pip(), requirements("./libs/x[all]\nsix==1.17.0\n") | LIB)
    assert found.install.texts == (("requirements.txt", ("six==1.17.0", "six>=1", "b<3")),)
    assert found.packages["six"].version == "1.17.0"
    assert found.notes[0].startswith("requirements.txt does not pin b: ")


def test_a_folder_whose_dependencies_are_known_when_it_is_built(read: Read) -> None:
    found = read(Pip(), requirements("-e .[web]\n") | {"setup.py": "import setuptools\nsetuptools.setup()\n"})
    (package,) = found.install.local
    assert package.resolve
    assert found.install.texts == (("requirements.txt", (f"/build/{package.name}[web]",)),)


@pytest.mark.parametrize(
    ("line", "text", "pinned"),
    [
        (
            f"six @ git+https://example.com/six@{'a' * 40}",
            f"six @ git+https://example.com/six@{'a' * 40}",
            True,
        ),
        (
            f"-e git+https://x.example/six@{'a' * 40}#egg=six",
            f"six @ git+https://x.example/six@{'a' * 40}",
            True,
        ),
        (
            "git+https://x.example/s@main#subdirectory=s&egg=six",
            "six @ git+https://x.example/s@main#subdirectory=s",
            False,
        ),
    ],
)
def test_a_repository(read: Read, line: str, text: str, pinned: bool) -> None:
    found = read(Pip(), requirements(line))
    assert found.install.git
    assert found.install.texts == (("requirements.txt", (text,)),)
    assert list(found.packages) == ["six"]
    assert bool(found.notes) is not pinned


def test_an_archive_of_the_project(read: Read) -> None:
    found = read(Pip(), requirements("./wheels/six.whl\n") | {"wheels/six.whl": "zip"}).install
    assert found.files == ("wheels/six.whl",)
    assert found.texts == (("requirements.txt", ("/p/wheels/six.whl",)),)
    other = read(Pip(), requirements("./wheels/six.whl\n") | {"wheels/six.whl": "zap"}).install
    assert other.facts != found.facts


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        (
            ("requirements/base.txt", "requirements/dev.txt", "requirements/production.txt"),
            "requirements/production.txt",
        ),
        (("requirements/base.txt", "requirements/dev.txt"), "requirements/base.txt"),
        (("requirements.txt", "requirements/base.txt"), "requirements.txt"),
        (("requirements-prod.txt", "requirements-dev.txt"), "requirements-prod.txt"),
    ],
)
def test_usual_layouts(read: Read, files: tuple[str, ...], taken: str) -> None:
    found = read(Pip(), dict.fromkeys(files, "a==1\n"))
    assert found.evidence == taken
    assert found.install.install == ("install", "-r", f"/p/{taken}")


def test_a_file_for_production_that_is_not_installed_is_told(read: Read) -> None:
    files = requirements("a==1\n") | {"requirements/prod.txt": "b==2\n", "requirements/dev.txt": "c==3\n"}
    (told,) = read(Pip(), files).notes
    assert "requirements/prod.txt is not" in told
    assert read(Pip(), files, build=Build(groups=("prod",))).notes == ()
    assert read(Pip(), files | requirements("-r requirements/prod.txt\n")).notes == ()


def test_two_folders_of_one_name_and_one_that_needs_the_other(read: Read) -> None:
    setup = "from setuptools import setup\nsetup(name='{}', version='1')\n"
    bar = '[project]\nname = "acme-bar"\nversion = "1"\ndependencies = ["acme.a", "six"]\n'
    files = requirements("-e ./a/pkg\n-e ./b/pkg\n-e ./bar\n-e ./c/pkg\n") | {
        "a/pkg/setup.py": setup.format("acme_a"),
        "b/pkg/setup.cfg": "[metadata]\nname = acme-b\n",
        "b/pkg/setup.py": "import setuptools\nsetuptools.setup()\n",
        "c/pkg/setup.py": "from setuptools import setup\nsetup(name=NAME)\n",
        "bar/pyproject.toml": bar,
    }
    install = read(Pip(), files).install
    assert {one.name: one.folder for one in install.local} == {
        "acme-a": "a/pkg",
        "acme-b": "b/pkg",
        "acme-bar": "bar",
        "c-pkg": "c/pkg",
    }
    ((_, lines),) = install.texts
    assert "six" in lines
    assert not any(line.startswith("acme") for line in lines), "the index may have a stranger of that name"


def test_groups_are_files(read: Read, refused: Refused) -> None:
    files = requirements("a==1\n") | {"requirements/jobs.txt": "b==2\n", "requirements-x.txt": "c==3\n"}
    found = read(Pip(), files, build=Build(groups=("jobs", "x")))
    assert sorted(found.packages) == ["a", "b", "c"]
    assert found.install.install[1:] == (
        *("-r", "/p/requirements.txt", "-r", "/p/requirements/jobs.txt", "-r", "/p/requirements-x.txt"),
    )
    told = refused(Pip(), files, build=Build(groups=("gone",)))
    assert told.startswith(
        "there are no requirements of a group 'gone'\n  looked for requirements/gone.txt, "
    )
    assert refused(Pip(), files, build=Build(extras=("gone",))).startswith("requirements.txt: extras are of")


def test_utf16_is_read_and_converted_for_uv(read: Read, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("a==1\n-r requirements/b.txt\n".encode("utf-16"))
    found = read(Pip(), {"requirements/b.txt": "b==2\n"})
    assert sorted(found.packages) == ["a", "b"]
    assert found.install.reduce == (
        "mkdir -p /lock/requirements",
        "iconv -f UTF-16 -t UTF-8 /p/requirements.txt > /lock/requirements.txt",
        "cp /p/requirements/b.txt /lock/requirements/b.txt",
    )
    assert found.install.install == ("install", "-r", "/lock/requirements.txt")


def test_a_date(read: Read) -> None:
    found = read(Pip(), requirements("a\n"), build=Build(exclude_newer="2024-05-01"))
    assert found.install.install == ("install", "--exclude-newer", "2024-05-01", "-r", "/p/requirements.txt")


PIP_TOOLS = (
    "#\n# This file is autogenerated by pip-compile with Python 3.12\n# by the following command:\n#\n"
)


@pytest.mark.parametrize(
    ("command", "source", "text"),
    [
        ("pip-compile requirements.in", "requirements.in", "six >= 1.2 , < 2\n-r more.in\n"),
        ("pip-compile --output-file=requirements.txt requirements.in", "requirements.in", "six>=1\nidna\n"),
        ("uv pip compile requirements.in -o requirements.txt", "requirements.in", "six>=1\nidna\n"),
        (
            "pip-compile pyproject.toml",
            "pyproject.toml",
            '[project]\nname = "a"\ndependencies = ["six>=1", "idna"]\n',
        ),
    ],
)
def test_a_compiled_file_out_of_date(
    read: Read, refused: Refused, command: str, source: str, text: str
) -> None:
    files = {source: text, "more.in": "idna\n"}
    made = f"{PIP_TOOLS}#    {command}\n#\n"
    assert read(Pip(), files | requirements(f"{made}idna==3.10\nsix==1.17.0\n")).packages
    told = refused(Pip(), files | requirements(f"{made}idna==3.10\n"))
    assert told.startswith(
        f"requirements.txt: requirements.txt is out of date with {source}\n  {source} asks for six"
    )
    assert told.endswith(f"-> run `{command}` in its folder")
    assert "out of date" in refused(Pip(), files | requirements(f"{made}idna==3.10\nsix==0.9\n"))
