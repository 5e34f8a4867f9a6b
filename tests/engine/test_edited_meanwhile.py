"""An image's tag says what it was made of: an edit while it is built must not go under the old one."""

from __future__ import annotations

import os
import threading

import pytest
from project import Project, docker

from shipyard.cli.loading import load_project
from shipyard.compile.builds import compile_builds
from shipyard.engine.buildx import SourceEdited, bake
from shipyard.engine.connect import connect


def test_what_was_edited_while_it_was_built_keeps_no_tag(project: Project) -> None:
    project.write("Dockerfile", "FROM redis:7\nCOPY word /word\n")
    project.write("word", "one\n")
    project.manifest('[services.web]\nbuild.dockerfile = "Dockerfile"\nhealth = false\n')
    manifest = load_project(project.root, None, None).manifest
    (_, plan) = compile_builds(manifest)["web"]
    # Between the plan and what Buildx is sent.
    project.write("word", "two\n")
    with connect(None, os.environ) as connection:
        with pytest.raises(SourceEdited, match="the source of web was edited while it was built"):
            bake(connection, [plan], manifest.root, {}, progress="plain")
        assert docker("image", "ls", "-q", plan.tagged) == ""
        project.write("word", "one\n")
        bake(connection, [plan], manifest.root, {}, progress="plain")
        assert docker("run", "--rm", plan.tagged, "cat", "/word") == "one"

        # While it is built, which is in no cache of an earlier run.
        project.write("Dockerfile", f"FROM redis:7\nCOPY word /word\nRUN echo {project.name} && sleep 4\n")
        (_, plan) = compile_builds(manifest)["web"]
        edit = threading.Timer(1.5, project.write, ("word", "two\n"))
        edit.start()
        with pytest.raises(SourceEdited, match="the source of web was edited while it was built"):
            bake(connection, [plan], manifest.root, {}, progress="plain")
        edit.join()
        assert docker("image", "ls", "-q", plan.tagged) == ""
