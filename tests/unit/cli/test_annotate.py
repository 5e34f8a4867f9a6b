"""Where annotations are printed, and where they are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipyard.cli import annotate
from shipyard.model.plan import Problem

Run = Callable[..., Any]

WRONG = 'name = "shop"\n[services.web]\nimagee = "x"\n[services.db]\nimage = "y"\nnope = 1\n'


@pytest.fixture
def actions(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of GitHub Actions whose checkout is the folder above the project."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    return project


def annotations(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("::")]


@pytest.mark.parametrize("command", ["plan", "apply", "config"])
def test_errors_are_annotations_too(shipyard: Run, actions: Path, command: str) -> None:
    (actions / "shipyard.toml").write_text(WRONG)
    done = shipyard(command)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: shipyard.toml:3: services.web.imagee: ")
    found = annotations(done.err)
    assert [line.partition("::")[2].partition("::")[0] for line in found] == [
        "error file=project/shipyard.toml,line=3,title=Shipyard%3A services.web.imagee",
        "error file=project/shipyard.toml,line=6,title=Shipyard%3A services.db.nope",
    ]


def test_from_wherever_it_was_started(shipyard: Run, actions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (actions / "shipyard.toml").write_text(WRONG)
    (actions / "deep").mkdir()
    monkeypatch.chdir(actions / "deep")
    found = annotations(shipyard("plan").err)
    monkeypatch.chdir("/")
    ways = [("-C", str(actions)), (f"-C{actions}",), ("--dir", str(actions)), (f"--dir={actions}",)]
    assert all(annotations(shipyard("plan", *words).err) == found for words in ways)
    assert found[0].startswith("::error file=project/shipyard.toml,line=3,")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(actions))
    assert annotations(shipyard("plan", "-C", str(actions)).err)[0].startswith(
        "::error file=shipyard.toml,line=3,"
    )
    monkeypatch.delenv("GITHUB_WORKSPACE")
    assert annotations(shipyard("plan", "-C", str(actions)).err)[0].startswith(
        "::error file=shipyard.toml,line=3,"
    )


def test_a_place_that_was_told_without_a_line(shipyard: Run, actions: Path) -> None:
    (actions / "shipyard.toml").write_text('name = "shop"\n\n[services.web]\npython = "3.13"\n')
    done = shipyard("plan", "--offline")
    assert done.code == 1
    (found,) = annotations(done.err)
    assert found.startswith("::error file=project/shipyard.toml,line=3,title=Shipyard%3A services.web")


def test_only_files_that_are_there(shipyard: Run, actions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "nowhere://x")
    assert annotations(shipyard("plan").err) == []
    assert annotations(shipyard("plan", "-C", str(actions.parent)).err) == []
    assert shipyard("plan", "-C").code == 64


@pytest.mark.parametrize("environ", [{}, {"GITLAB_CI": "true"}, {"GITHUB_ACTIONS": "false"}, {"CI": "true"}])
def test_nowhere_else(
    shipyard: Run, project: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    (project / "shipyard.toml").write_text(WRONG)
    done = shipyard("plan")
    assert "shipyard.toml:3: services.web.imagee" in done.err
    assert annotations(done.err) == []


def test_problems_of_a_plan(actions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems = (Problem(address="service.cache", title="port 80 is held", hint="stop it"),)
    annotate.annotate_problems(problems, actions)
    line = (actions / "shipyard.toml").read_text().splitlines().index("[services.cache]") + 1
    assert capsys.readouterr() == (
        "",
        f"::error file=project/shipyard.toml,line={line},title=Shipyard%3A service.cache::"
        "port 80 is held%0A-> stop it\n",
    )
    (actions / "shipyard.toml").unlink()
    annotate.annotate_problems(problems, actions)
    assert capsys.readouterr().err.startswith("::error file=project/shipyard.toml,title=")


def test_what_fails_here_does_not_hide_the_error(
    shipyard: Run, actions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr(annotate, "annotate_error", broken)
    (actions / "shipyard.toml").write_text(WRONG)
    done = shipyard("plan")
    assert done.code == 1
    assert "RuntimeError" not in done.err
