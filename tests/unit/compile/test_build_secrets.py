"""Secrets of a build: where its Dockerfile mounts them, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sources import FASTAPI

Compile = Callable[..., Any]
BUILD = 'build = { secrets = ["INDEX_PASSWORD", "NETRC"] }'


def test_commands_that_download_have_them(compiled: Compile) -> None:
    package = '{"scripts": {"build": "node build.js"}, "private": true}'
    text = compiled({**FASTAPI, "package.json": package}, BUILD)[1].dockerfile
    steps = [step for step in text.split("\nRUN ") if "--mount=type=secret" in step]
    assert ["uv venv" in step or "npm install" in step for step in steps] == [True, True]
    for step in steps:
        assert "--mount=type=secret,id=INDEX_PASSWORD,required=true" in step
        assert "--mount=type=secret,id=NETRC,target=/root/.netrc,required=true" in step
        assert 'export INDEX_PASSWORD="$(cat /run/secrets/INDEX_PASSWORD)"' in step
        assert "export NETRC" not in step


def test_they_are_no_input_of_the_image(compiled: Compile) -> None:
    without, plan = compiled(FASTAPI)[1], compiled(FASTAPI, BUILD)[1]
    assert plan.tag == without.tag
    assert plan.secrets == ("INDEX_PASSWORD", "NETRC")


def test_yarn_has_something_in_their_place_where_it_downloads_nothing(compiled: Compile) -> None:
    """It fails where its configuration names a variable that is not set."""
    package = '{"scripts": {"build": "node build.js"}, "private": true, "packageManager": "%s"}'
    steps = {}
    for manager in ("yarn@1.22.22", "pnpm@9.15.0"):
        files = {**FASTAPI, "package.json": package % manager}
        text = compiled(files, BUILD)[1].dockerfile
        steps[manager] = next(step for step in text.split("\nRUN ") if "run build" in step)
    assert "export INDEX_PASSWORD=unused" in steps["yarn@1.22.22"]
    assert "NETRC" not in steps["yarn@1.22.22"]
    assert "unused" not in steps["pnpm@9.15.0"]


def test_git_fetches_over_https_where_there_is_a_login(compiled: Compile) -> None:
    """Whatever the build is given: what it is given is no input of the image."""
    files = {**FASTAPI, "requirements.txt": "fastapi==0.115.0\ngit+ssh://git@git.example.com/a/b.git@1f2e\n"}
    assert "insteadOf" in compiled(files)[1].dockerfile
    assert "insteadOf" not in compiled(FASTAPI)[1].dockerfile
