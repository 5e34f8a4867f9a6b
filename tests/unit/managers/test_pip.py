"""requirements.txt, by pip's own rules for its lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from shipyard.managers.pip import Pip
from shipyard.model.dependencies import Dependency

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
        ("-e .", "requirements.txt:2: a requirement that is a path of this project"),
        ("--editable=./lib", "requirements.txt:2: a requirement that is a path of this project"),
        ("./lib", "requirements.txt:2: a requirement that is a path of this project"),
        ("file:lib", "requirements.txt:2: a requirement that is a path of this project"),
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
