"""The script that collects static files: again whenever something that they are made of has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shipyard.compile import collected

MANAGE = """
import sys, pathlib
from settings import WORD
here = pathlib.Path(__file__).parent
print("collecting", *sys.argv)
pathlib.Path({out!r}).mkdir(exist_ok=True)
pathlib.Path({out!r}, "site.css").write_text(WORD + (here / "style").read_text())
{more}
"""
PREPARED = """
import sys
sys.path.insert(0, {script!r})
import collected
for name in ("ROOT", "SOURCE", "TARGET", "BEGUN", "CACHE"):
    setattr(collected, name, sys.argv.pop(1))
collected.KEPT = 3
collected.ELSEWHERE = (collected.TARGET, collected.CACHE)
sys.exit(collected.main(sys.argv[1:]))
"""


class Project:
    """A project whose `manage.py` writes one file, made of a module and of a file that is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "app"
        self.target = folder / "static"
        self.environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        self.source.mkdir()
        self.write(**{"settings.py": "WORD = 'a'\n", "views.py": "x = 1\n", "style": "{}"})
        self.manage()

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.source / name).write_text(text)

    def manage(self, more: str = "") -> None:
        self.write(**{"manage.py": MANAGE.format(out=str(self.folder / "out"), more=more)})

    def collect(self, *words: str, code: int = 0, begun: bool = True) -> str:
        """What the command said: nothing where it was not run."""
        for old in (self.target, self.folder / "out"):
            subprocess.run(["rm", "-rf", old], check=True)
        if begun:
            (self.folder / "begun").touch()
        places = [self.folder, self.source, self.target, self.folder / "begun", self.folder / "cache"]
        script = PREPARED.format(script=str(Path(collected.__file__).parent))
        command = [sys.executable, "-c", script, *map(str, places), *(words or ("manage.py", "collect"))]
        ended = subprocess.run(
            command, cwd=self.source, env=self.environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == code, ended.stderr
        return ended.stdout + ended.stderr

    def collected(self) -> str:
        out = self.folder / "out"
        assert not (out / "site.css").exists(), "it was moved"
        return Path(f"{self.target}{out}", "site.css").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    assert made.collect() == "collecting manage.py collect\n"
    assert made.collected() == "a{}"
    return made


def test_what_nothing_was_made_of_may_change(project: Project) -> None:
    project.write(**{"views.py": "x = 2\n"})
    assert project.collect() == ""
    assert project.collected() == "a{}"


@pytest.mark.parametrize(
    ("files", "made"),
    [
        ({"settings.py": "WORD = 'b'\n"}, "b{}"),
        ({"style": "{ }"}, "a{ }"),
        ({"style.html": "<p>"}, "a{}"),
        ({"other.py": ""}, "a{}"),
    ],
)
def test_what_they_are_made_of_is_collected_anew(project: Project, files: dict[str, str], made: str) -> None:
    project.write(**files)
    assert project.collect() != ""
    assert project.collected() == made
    assert project.collect() == ""
    assert project.collected() == made


def test_links_count_and_pipes_are_not_read(project: Project) -> None:
    os.mkfifo(project.source / "pipe")
    (project.source / "link").symlink_to("style")
    assert project.collect() != ""
    (project.source / "link").unlink()
    (project.source / "link").symlink_to("views.py")
    assert project.collect() != ""
    assert project.collect() == ""


def test_earlier_results_are_found_again(project: Project) -> None:
    project.write(**{"settings.py": "WORD = 'b'\n"})
    project.collect()
    project.write(**{"settings.py": "WORD = 'a'\n"})
    assert project.collect() == ""
    assert project.collected() == "a{}"


def test_another_environment_command_or_package_is_another_result(project: Project, tmp_path: Path) -> None:
    project.environment["DEBUG"] = "1"
    assert project.collect() != ""
    assert project.collect("manage.py", "collect", "--clear") == "collecting manage.py collect --clear\n"
    record = tmp_path / "site" / "one-1.dist-info" / "RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("one.py,,\n")
    project.environment["PYTHONPATH"] = str(tmp_path / "site")
    assert project.collect() != ""
    assert project.collect() == ""
    record.write_text("two.py,,\n")
    assert project.collect() != ""


@pytest.mark.parametrize(
    ("more", "again"),
    [
        ("import subprocess; subprocess.run(['true'])", True),
        ("import os; os.fork() or os._exit(0)", True),
        ("sys.exit()", False),
    ],
)
def test_what_starts_programs_is_run_each_time(project: Project, more: str, again: bool) -> None:
    project.manage(more)
    project.collect()
    assert (project.collect() != "") is again
    assert project.collected() == "a{}"


def test_a_failure_is_the_commands_own(project: Project) -> None:
    project.manage("sys.exit(3)")
    for _ in range(2):
        project.collect(code=3)
    project.manage("1 / 0")
    assert "ZeroDivisionError" in project.collect(code=1)


def test_a_module_is_run_as_python_runs_one(project: Project) -> None:
    (project.source / "manage.py").rename(project.source / "admin.py")
    project.collect("-m", "admin", "collect")
    assert project.collected() == "a{}"
    assert project.collect("-m", "admin", "collect") == ""


def test_without_its_mark_nothing_is_moved(project: Project) -> None:
    (project.folder / "begun").unlink()
    project.environment["V"] = "1"
    project.collect(code=1, begun=False)
    assert (project.folder / "out" / "site.css").exists()


def test_old_results_go(project: Project) -> None:
    for number in range(4):
        project.write(style=str(number))
        project.collect()
    assert len(list((project.folder / "cache").glob("*/*"))) == 3
    assert project.collect() == ""
