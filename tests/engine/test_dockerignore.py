"""Ignore files mean to Shipyard what they mean to the builder: compared with what it takes of a context."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from ignore_cases import KINDS, BuildRefused, Case, random_case, sent, sent_by
from project import PROJECT_LABEL, Project, docker

from shipyard.compile.context import dockerignore_text, own_ignore, own_ignores, recipe_ignores
from shipyard.source import EMPTIED, IgnorePatternError, SourceError, SourceTree, parse_ignore

BATCH = 50
"""Contexts in one build: with more, each takes longer."""
FILES = ("a", "b", "ab", "foo/a", "foo/b", "foo/bar/a", "foo/bar/b", "foo/bar/x/a", ".env", "foo/.env", "a.b")


def digests(case: Case, top: Path) -> dict[str, str]:
    return SourceTree(top).digests(".", parse_ignore(case.ignore))


def differences(cases: Sequence[Case], work: Path) -> list[str]:
    """Cases that the builder takes otherwise than Shipyard thinks, in words."""
    tops = [work / str(number) for number in range(len(cases))]
    for case, top in zip(cases, tops, strict=True):
        case.write(top)
    found = []
    for case, top, taken in zip(cases, tops, sent(tops, work / "build"), strict=True):
        made = digests(case, top)
        emptied = {path for path, digest in made.items() if digest == EMPTIED}
        hollow = {path for path, size in taken.items() if size == 0 and case.files.get(path) != "="}
        if set(made) != set(taken) or emptied != hollow - {".dockerignore"}:
            found.append(
                f"{case.ignore!r} over {sorted(case.files)}: left out {sorted(set(taken) - set(made))}, "
                f"let in {sorted(set(made) - set(taken))}, emptied {sorted(emptied ^ hollow)}"
            )
    return found


def parsed(cases: Sequence[Case]) -> list[Case]:
    """Without those that Shipyard refuses."""
    kept = []
    for case in cases:
        try:
            parse_ignore(case.ignore)
        except IgnorePatternError:
            continue
        kept.append(case)
    return kept


def test_random_trees_and_patterns(tmp_path: Path) -> None:
    cases = parsed([random_case(seed) for seed in range(2 * BATCH)])[:BATCH]
    assert len(cases) == BATCH
    assert differences(cases, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(12))
def test_many_random_trees_and_patterns(batch: int, tmp_path: Path) -> None:
    first = 1000 + batch * BATCH
    cases = parsed([random_case(seed) for seed in range(first, first + BATCH)])
    assert len(cases) > BATCH / 2
    assert differences(cases, tmp_path) == []


IGNORES = (
    "",
    "#a\n #b\n\n  \n",
    "\ufeff#a\na",
    "a\r\nb\r\n",
    "  a\t\n\u00a0b\u3000\n",
    "/a\n//b\n./ab\n",
    "foo/\n",
    "foo/./bar/../a\n../a\n..\n.\n",
    "*\n!foo/bar\n",
    "*\n!foo/bar\nfoo/bar/x\n",
    "foo\n!foo/bar/a\n",
    "*\n!foo/*\n",
    "*\n!foo/**\n",
    "*\n!foo/*/**\n",
    "*\n!**/a\n",
    "foo/bar\n!foo\n",
    "foo\n!foo/bar\nfoo\n",
    "**\n!a\n",
    "**/a\n",
    "**a\n",
    "**a*\n",
    "foo/**/a\n",
    "foo/**a\n",
    "foo**\n",
    "foo/**\n",
    "foo/*/a\n",
    "**/bar/**\n",
    "?\n",
    "[a-b]\n[^a]b\n",
    "[!a]b\n",
    "a.b\n",
    "a?b\n",
    "\\a\\.b\n",
    "!a\n*\n",
    "!!a\n*\n/!ab\n",
    "*\n! a\n",
    "**/.env\n!.env\n",
    "**/.env*\n!foo\n",
    "a|b*\n",
    "Dockerfile\n.dockerignore\n",
)


def test_the_usual_and_the_odd(tmp_path: Path) -> None:
    cases = [Case(files=dict.fromkeys((*FILES, "Dockerfile"), ""), ignore=ignore) for ignore in IGNORES]
    assert differences(cases, tmp_path) == []
    kinds = Case(files={f"x/{name.split()[-1]}": kind for kind, name in KINDS.items()}, ignore="")
    assert len(digests(kinds, tmp_path / "0")) == len(FILES) + 2


REFUSED = ("a[", "[b-a]", "!/", "\\e", "a\tb", "x" * 66_000)
REFUSED_TOO = ("[", "a[]", "a[b-", "a\\", "!", "a\rb", "\\é", "{1001}?", "*{2}", "*[[:nothing:]]")


@pytest.mark.parametrize(
    "pattern", [*REFUSED, *(pytest.param(one, marks=pytest.mark.slow) for one in REFUSED_TOO)]
)
def test_what_the_builder_refuses_is_refused_with_its_line(pattern: str, tmp_path: Path) -> None:
    ignore = f"# one\nb\n{pattern}\n"
    with pytest.raises(IgnorePatternError) as caught:
        parse_ignore(ignore)
    assert caught.value.where == ".dockerignore:3"
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a").touch()
    with pytest.raises(BuildRefused):
        sent_by(tmp_path / "tree", ignore, tmp_path / "build")


def test_a_name_that_no_build_takes(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    Path(os.fsdecode(bytes(tree) + b"/a\xff")).touch()
    with pytest.raises(SourceError, match="not UTF-8") as caught:
        SourceTree(tree).digests(".", parse_ignore(""))
    assert caught.value.where == "a\\xff"
    with pytest.raises(BuildRefused, match="UTF-8"):
        sent_by(tree, "", tmp_path / "build")
    assert SourceTree(tree).digests(".", parse_ignore("a?")) == {}
    assert sent_by(tree, "a?", tmp_path / "again") == set()


SECRET_FILES = (".env", ".env.prod", "sub/.env", "sub/.envs/prod/db", ".ssh/id", "a/.netrc", ".git/config")
OWN = "\n".join(
    ("*.log", "!.env", "!**/.env*", "!.env.prod", ".ssh", "!.ssh/id", "sub/.envs", "!sub/.envs/prod/db")
)


def test_secrets_reach_no_image_whatever_the_ignore_file_says(project: Project) -> None:
    for path in (*SECRET_FILES, "kept/.environment.py", "main.txt", "x.log"):
        project.write(path, "content")
    project.write(".dockerignore", OWN)
    project.write("Dockerfile", "FROM scratch\nCOPY . /\n")
    project.manifest("""
        [services.web]
        build = { dockerfile = "Dockerfile" }
    """)
    project.run("build")
    told = json.loads(project.run("explain", "--format", "json").stdout)["services"]["web"]
    container = docker("create", "--label", f"{PROJECT_LABEL}={project.name}", told["image"], "/none")
    tar = subprocess.run(["docker", "export", container], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tar)) as image:
        files = {member.name for member in image if member.isreg() and member.size}
    assert files == {".dockerignore", ".git/config", "Dockerfile", "main.txt", "shipyard.toml"}
    assert told["files"]["count"] == len(files)
    assert told["files"]["bytes"] == sum((project.root / path).stat().st_size for path in files)


def test_a_recipe_leaves_out_secrets_and_version_control(tmp_path: Path) -> None:
    case = Case(files=dict.fromkeys((*SECRET_FILES, "uv.lock", "sub/.git", "x.py", "x.pyc"), ""), ignore=OWN)
    tree = tmp_path / "tree"
    case.write(tree)
    own = own_ignore(SourceTree(tree), ".")
    text = dockerignore_text(recipe_ignores(own, ("uv.lock",)))
    taken = sent_by(tree, text, tmp_path / "build")
    assert taken == {".dockerignore", "uv.lock", "x.py"}
    assert set(SourceTree(tree).digests(".", parse_ignore(text))) == taken


def test_an_ignore_file_beside_the_dockerfile_stands_in_for_the_other(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    Case(files={"a": "", "Dockerfile.dockerignore": ""}, ignore="*").write(tree)
    assert sent_by(tree, None, tmp_path / "without") == set()
    for text, taken in (("", {"a", ".dockerignore", "Dockerfile.dockerignore"}), ("D*\n.*", {"a"})):
        (tree / "Dockerfile.dockerignore").write_text(text)
        assert sent_by(tree, text, tmp_path / f"with{len(text)}") == taken
        own = own_ignore(SourceTree(tree), ".", "Dockerfile")
        rules = parse_ignore(dockerignore_text(own_ignores(own)))
        assert set(SourceTree(tree).digests(".", rules)) == taken
