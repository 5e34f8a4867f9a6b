"""What each example compiles to, in each of its stages, to the byte.

`pytest tests/golden --update-golden` writes the files anew; the difference is read before it is committed.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from examples import EXAMPLES, NAMES, SECRETS, copy_example
from shipyard.__main__ import run

HERE = Path(__file__).parent
CASES = [
    (name, stage)
    for name in NAMES
    for stage in tomllib.loads((EXAMPLES / name / "shipyard.toml").read_text()).get("stages", ("default",))
]
Shipyard = Callable[..., str]


@pytest.fixture
def shipyard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shipyard:
    """Runs one command line that must succeed, where there is no engine and no secret; what it prints."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    for variable in ("SHIPYARD_STAGE", "DOCKER_CONTEXT", *SECRETS):
        monkeypatch.delenv(variable, raising=False)

    def printed(*words: str) -> str:
        assert run(list(words)) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return printed


def compiled(root: Path, stage: str, shipyard: Shipyard) -> dict[str, str]:
    """All that a stage compiles to, by the name of its golden file."""
    place = ("--stage", stage, "-C", str(root))
    made = {
        "explain.txt": shipyard("explain", *place),
        "plan.txt": shipyard("plan", "--offline", *place),
        "plan.json": without_version(shipyard("plan", "--offline", "--format", "json", *place)),
    }
    for flags in ((), ("--applied",)):
        target = root / "".join(("deploy", *flags))
        shipyard("render", str(target), *flags, *place)
        # The two forms share names; a Dockerfile for people has one line more, and that is in its test.
        made |= {path.name: path.read_text() for path in target.iterdir()}
    # A bind mount of the project's own is absolute in what apply uses.
    return {name: text.replace(str(root), "/project") for name, text in made.items()}


def without_version(text: str) -> str:
    """A plan as JSON that the next release does not change."""
    document = json.loads(text)
    assert document.pop("shipyard")
    assert document.pop("digest").startswith("sha256:")
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(("name", "stage"), CASES)
def test_an_example_compiles_to_its_golden_files(
    name: str, stage: str, tmp_path: Path, shipyard: Shipyard, update_golden: bool
) -> None:
    root = tmp_path / name
    copy_example(name, root)
    made = compiled(root, stage, shipyard)
    own = (str(tmp_path), str(EXAMPLES.parent))
    assert [(file, path) for file, text in made.items() for path in own if path in text] == []
    folder = HERE / name / stage
    if update_golden:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file, text in made.items():
            (folder / file).write_text(text)
    for file, text in made.items():
        golden = folder / file
        assert golden.is_file(), f"{golden} is missing: make it with --update-golden"
        assert text == golden.read_text(), f"{golden} differs: --update-golden writes it anew"
    assert sorted(path.name for path in folder.iterdir()) == sorted(made)


def test_no_golden_files_without_an_example() -> None:
    found = {(file.parts[-3], file.parts[-2]) for file in HERE.glob("*/*/*")}
    assert {one for one in found if one[0] != "corpus"} == set(CASES)
