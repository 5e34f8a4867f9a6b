"""A Procfile's processes, and which services run them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sources import FASTAPI, write_tree

from shipyard.compile.procfile import processes

Compile = Callable[..., Any]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("web: gunicorn app:app", ("gunicorn", "app:app")),
        ("web:gunicorn 'a b'", ("gunicorn", "a b")),
        ("web: gunicorn -b :$PORT app:app", ("/bin/sh", "-c", "exec gunicorn -b :$PORT app:app")),
        ("web: A=1 gunicorn app:app", ("/bin/sh", "-c", "exec env A=1 gunicorn app:app")),
        ("web: migrate && gunicorn app:app", ("/bin/sh", "-c", "migrate && gunicorn app:app")),
        ("# a comment", None),
        ("web:", None),
        ("not a process: x", None),
        ("web: 'open", None),
    ],
)
def test_lines(tmp_path: Path, line: str, command: tuple[str, ...] | None) -> None:
    found = processes(write_tree(tmp_path, {"Procfile": f"{line}\n"}), ".")
    assert [one.command for one in found] == ([command] if command else [])


def test_order_lines_and_repetition(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"Procfile": "b: two\n\na: one\nb: three\n"})
    assert [(one.name, one.text, one.where) for one in processes(tree, ".")] == [
        ("b", "two", "Procfile:1"),
        ("a", "one", "Procfile:3"),
    ]


def test_a_known_framework_comes_before_the_procfiles_web(compiled: Compile) -> None:
    detected, _ = compiled(FASTAPI | {"Procfile": "web: something else\n"})
    assert detected.server == "uvicorn"


def test_where_the_framework_is_not_clear_the_procfile_is(compiled: Compile) -> None:
    files = FASTAPI | {"api.py": FASTAPI["main.py"], "Procfile": "web: uvicorn api:app\n"}
    detected, plan = compiled(files)
    assert detected.command == ("uvicorn", "api:app")
    assert "PORT=8000" in plan.dockerfile


def test_what_the_manifest_says_comes_before_all(compiled: Compile) -> None:
    files = {"requirements.txt": "", "Procfile": "web: one\n"}
    detected, plan = compiled(files, 'command = "two"')
    assert detected.command is None
    assert "PORT" not in plan.dockerfile


def test_no_process_of_the_services_name(refused: Callable[..., str]) -> None:
    told = refused({"requirements.txt": "", "Procfile": "api: one\nworker: two\n"})
    assert "Procfile has api, worker, and none is named web" in told


def test_beat_of_a_procfile_is_never_two_either(
    built: Callable[..., Any], refused: Callable[..., str]
) -> None:
    files = {"requirements.txt": "", "Procfile": "web: celery -A shop beat\n"}
    assert refused(files, "replicas = 2") == (
        "services.web.replicas: 2 replicas of Celery beat would send every scheduled task 2 times\n"
        "  Procfile:1 web: celery -A shop beat\n"
        "  -> remove replicas; workers are what there can be more of"
    )
    built(files)
