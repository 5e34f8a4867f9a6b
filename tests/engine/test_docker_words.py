"""The README's table of what is typed to Docker and Compose: every command of Shipyard's in it is run, and
does what those beside it do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from project import Project, docker
from registry import registry

README = Path(__file__).parents[2] / "README.md"
MANIFEST = """
registry = "{address}"
[services.web]
path = "web"
build = {{ dockerfile = "web/Dockerfile" }}
publish = []
health = {{ command = ["redis-cli", "ping"], interval = "1s" }}
"""


def typed() -> list[str]:
    """The commands of the table's right column."""
    table = README.read_text().partition("| docker, docker compose | shipyard |")[2].partition("\n\n")[0]
    rows = [line.rpartition(" | ")[2] for line in table.splitlines()[2:]]
    return [command for row in rows for command in re.findall(r"`shipyard ([^`]+)`", row)]


class Typist:
    """Runs commands of the table, and knows which."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.done: set[str] = set()

    def __call__(self, command: str, *more: str) -> str:
        """What it prints. `more` are options for a test that cannot answer a question."""
        self.done.add(command)
        words = command.replace("COMMAND", "echo said").split()
        # Options before what follows a lone --.
        at = words.index("--") if "--" in words else len(words)
        return self.project.run(*words[:at], *more, *words[at:]).stdout

    def states(self) -> list[str]:
        """Of the service's containers."""
        return [
            str(json.loads(docker("inspect", one))[0]["State"]["Status"])
            for one in self.project.ids("label=shipyard.service=web")
        ]


def followed(project: Project, words: str, until: str) -> None:
    """A command that goes on until it is ended, once it has printed something."""
    command = [sys.executable, "-m", "shipyard", *words.split()]
    with subprocess.Popen(
        command, cwd=project.root, env=project.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = ""
        while until not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        process.kill()


def test_every_row_does_what_it_says(project: Project, tmp_path: Path) -> None:
    project.write("web/Dockerfile", "FROM redis:7\nCOPY word /word\n")
    project.write("web/word", "one\n")
    with registry(tmp_path) as address:
        project.manifest(MANIFEST.format(address=address))
        typist = Typist(project)
        image = f"{address}/{project.name}/web"

        typist("build")
        assert len(docker("image", "ls", "-q", image).split()) == 1
        assert "(unchanged)" in typist("build")
        assert "(unchanged)" not in typist("build --no-cache")
        assert f"{image}:in-" in typist("build --push")
        typist("apply", "--yes")
        assert typist.states() == ["running"]
        assert "healthy" in typist("status")
        for words, until in (("logs -f web", "Ready to accept connections"), ("stats", "CPU %")):
            followed(project, words, until)
            typist.done.add(words)
        assert typist("exec web COMMAND") == "said\n"
        # Nobody types here, so that the shell ends at once.
        assert typist("run web bash") == ""
        typist("stop web")
        assert typist.states() == ["exited"]
        typist("start web")
        assert typist.states() == ["running"]
        before = project.container("web")["State"]["StartedAt"]
        typist("restart web")
        assert project.container("web")["State"]["StartedAt"] > before
        typist("scale web=3")
        assert typist.states() == ["running"] * 3
        assert f"{project.name}-web-1" in typist("compose -- ps --format json")
        assert address in typist("config")
        assert image in typist("images")

        project.write("web/word", "two\n")
        typist("apply", "--yes")
        old = typist("prune")
        assert f"{image}:in-" in old
        assert len(docker("image", "ls", "-q", image).split()) == 2
        typist("prune --yes")
        assert len(docker("image", "ls", "-q", image).split()) == 1
        typist("down", "--yes")
        assert typist.states() == []
        assert typist.done == set(typed())
