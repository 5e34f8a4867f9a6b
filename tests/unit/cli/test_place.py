"""Errors that arise after loading name the line of the manifest all the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shipyard.__main__ import run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements.txt").write_text("fastapi==0.115.0\nuvicorn==0.30.0\n")
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n")
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    return tmp_path


def said(folder: Path, text: str, *words: str, capsys: pytest.CaptureFixture[str]) -> str:
    (folder / "shipyard.toml").write_text(text)
    assert run(["explain", "-C", str(folder), *words]) == 1
    return capsys.readouterr().err


def test_a_value_is_told_with_its_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'name = "shop"\n[services.web]\nport = 8000\nframework = "django"\n'
    assert said(project, text, capsys=capsys).startswith(
        "error: shipyard.toml:4: services.web.framework: the manifest says django"
    )


def test_a_value_of_a_stage_is_told_with_its_line_there(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        'name = "shop"\n[services.web]\nport = 8000\n\n[stages.dev]\n'
        '[stages.prod.services.web]\nframework = "django"\n'
    )
    for words in (("--stage", "prod"), ("--stage=prod",), ("-s", "prod"), ("-sprod",)):
        assert said(project, text, *words, capsys=capsys).startswith(
            "error: shipyard.toml:7: stages.prod.services.web.framework: the manifest says django"
        )


def test_what_has_no_place_stays_as_it_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "main.py").unlink()
    (project / "requirements.txt").write_text("-e ../../x\n")
    told = said(project, 'name = "shop"\n[services.web]\n', capsys=capsys)
    assert told.startswith("error: requirements.txt:1: ")
