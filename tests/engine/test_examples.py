"""The examples, deployed with their databases: their own checks pass, and their data stays."""

from __future__ import annotations

import importlib.util
import re
import sys
from types import ModuleType

import pytest
from project import Project, fetch, free_port

from examples import EXAMPLES, NAMES, SECRETS, STAGES, copy_example


def checks() -> ModuleType:
    """examples/checks.py, which is no package."""
    spec = importlib.util.spec_from_file_location("checks", EXAMPLES / "checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["checks"] = module
    spec.loader.exec_module(module)
    return module


def publish_on(project: Project, stage: str, port: int) -> None:
    """Give a stage a port of its own, whether it publishes one already or takes the default."""
    manifest = project.root / "shipyard.toml"
    text = manifest.read_text()
    section = f"[stages.{stage}.services.web]\n"
    inner = re.search(r"^port = (\d+)", text, re.MULTILINE)
    wanted = f'publish = ["{port}:{inner[1] if inner else 8000}"]\n'
    head, _, tail = text.partition(section)
    tail = re.sub(r"\Apublish = .*\n", "", tail)
    manifest.write_text(head + section + wanted + tail)


KEPT = {"django-postgres": ("/documents/1/", "/documents/1/file/"), "fastapi-postgres": ("/items",)}


@pytest.mark.parametrize("name", NAMES)
def test_both_stages_pass_the_checks_side_by_side_and_keep_their_data(project: Project, name: str) -> None:
    copy_example(name, project.root, project.name)
    project.environ |= SECRETS
    urls = {}
    for stage in STAGES:
        port = free_port()
        publish_on(project, stage, port)
        urls[stage] = f"http://127.0.0.1:{port}"
        done = project.apply("--stage", stage)
        assert urls[stage] in done.stdout
        assert "applied in" in done.stdout
        found = checks().run_checks(project.root / "checks.toml", urls[stage], report=lambda line: None)
        assert found >= 6
        assert project.changes("--stage", stage) == []
        services = project.status("--stage", stage)
        assert {one["health"] for one in services.values()} <= {"healthy", "no check"}
    built = {project.container("web", stage)["Image"] for stage in STAGES}
    assert len(built) == 1, "both stages run one image"

    before = {path: fetch(urls["prod"] + path) for path in KEPT[name]}
    assert all(status == 200 for status, _ in before.values())
    project.run("down", "--stage", "prod", "--confirm", "prod")
    project.apply("--stage", "prod")
    assert {path: fetch(urls["prod"] + path) for path in KEPT[name]} == before
    assert fetch(urls["dev"] + "/healthz")[0] == 200
