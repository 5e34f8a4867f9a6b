"""What a project's own Dockerfile tells, by the instructions of the Dockerfile reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipyard.source import SourceTree
from shipyard.starter.dockerfile import port_of, python_of

STAGES = """\
# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM python:3.12 AS Builder
EXPOSE 1
CMD ["gunicorn", "-b", ":1"]
FROM node:22 AS assets

FROM builder AS last
RUN echo \\
    # a comment between
    EXPOSE 2
EXPOSE 8080/tcp
"""


def tree(tmp_path: Path, text: str) -> SourceTree:
    (tmp_path / "Dockerfile").write_text(text)
    return SourceTree(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FROM python:3.9\n", ("3.9", "Dockerfile:1 FROM python:3.9")),
        (
            "\nfrom docker.io/library/python:3.11.4-slim-bookworm\n",
            ("3.11", "Dockerfile:2 FROM docker.io/library/python:3.11.4-slim-bookworm"),
        ),
        (STAGES, ("3.12", "Dockerfile:2 FROM python:3.12")),
        ("ARG V=3.9\nFROM python:$V\n", None),
        ("FROM debian:12\n", None),
        ("FROM python:3.9\nFROM debian:12\n", None),
        ("FROM\n", None),
        ("", None),
    ],
)
def test_the_python_of_the_last_stage(tmp_path: Path, text: str, told: tuple[str, str] | None) -> None:
    found = python_of(tree(tmp_path, text))
    assert (found and (found.value, found.evidence)) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('FROM x\nCMD ["fastapi", "run", "app/main.py", "--port", "80"]\n', (80, "Dockerfile:2 CMD")),
        (
            "FROM x\nEXPOSE 9000\nENTRYPOINT gunicorn -b 0.0.0.0:5000 shop.wsgi\n",
            (5000, "Dockerfile:3 ENTRYPOINT"),
        ),
        (STAGES, (8080, "Dockerfile:11 EXPOSE")),
        ("FROM x\nEXPOSE 80 443\n", None),
        ("FROM x\nEXPOSE 53/udp $PORT\n", None),
        ('FROM x\nCMD ["sh", 3]\n', None),
        ("FROM x\nCMD gunicorn -b 'open\n", None),
        ("", None),
    ],
)
def test_the_port_of_its_command(tmp_path: Path, text: str, told: tuple[int, str] | None) -> None:
    found = port_of(tree(tmp_path, text))
    assert (found and (found.value, found.evidence)) == told


def test_no_dockerfile(tmp_path: Path) -> None:
    assert python_of(SourceTree(tmp_path)) is None
    assert port_of(SourceTree(tmp_path)) is None
