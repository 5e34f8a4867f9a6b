"""Values of secrets on this machine: written so that they are found again, and shown nowhere."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipyard.__main__ import run
from shipyard.errors import ShipyardError
from shipyard.source.env_file import read_env_file
from shipyard.source.env_write import with_value, write_env_value

MANIFEST = """
name = "shop"
[services.web]
image = "acme/web:1"
secrets = { KEY = {}, DB = { as = "file" } }
env = { URL = "postgres://a:${secret:PASSWORD}@db" }
[services.worker]
image = "acme/web:1"
secrets = ["KEY"]
[stages.dev]
[stages.prod]
"""
NAMES = ("DB", "KEY", "PASSWORD")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shipyard.toml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def given_value(monkeypatch: pytest.MonkeyPatch, value: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(value)))


def test_a_value_is_set_for_a_stage_and_never_shown(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given_value(monkeypatch, b"s3cr3t $x 'q' \"d\" \\n #\n")
    assert run(["secret", "set", "KEY", "--stage", "prod"]) == 0
    assert read_env_file(root / ".env.prod") == {"KEY": "s3cr3t $x 'q' \"d\" \\n #"}
    assert stat.S_IMODE((root / ".env.prod").stat().st_mode) == 0o600
    assert run(["secret", "list", "--stage", "prod", "--format", "json"]) == 0
    said = capsys.readouterr()
    assert "s3cr3t" not in said.out + said.err
    document = json.loads(said.out.partition("\n")[2])
    assert document["secrets"] == [
        {"name": "DB", "services": ["web"], "source": None},
        {"name": "KEY", "services": ["web", "worker"], "source": ".env.prod"},
        {"name": "PASSWORD", "services": ["web"], "source": None},
    ]


def test_what_is_missing_is_generated_and_what_is_there_stays(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".env.dev").write_text("# mine\nKEY=kept\n")
    assert run(["secret", "check"]) == 1
    assert "missing: DB, PASSWORD" in capsys.readouterr().err
    assert run(["secret", "generate"]) == 0
    values = read_env_file(root / ".env.dev")
    assert values["KEY"] == "kept"
    assert {len(values[name] or "") for name in ("DB", "PASSWORD")} == {40}
    assert values["DB"] != values["PASSWORD"]
    assert all((values[name] or "").isalnum() for name in NAMES)
    said = capsys.readouterr()
    assert not any(str(values[name]) in said.out + said.err for name in ("DB", "PASSWORD"))
    assert run(["secret", "check"]) == 0
    assert run(["secret", "generate", "KEY"]) == 64
    assert "--force" in capsys.readouterr().err
    assert run(["secret", "generate", "KEY", "--force"]) == 0
    assert read_env_file(root / ".env.dev")["KEY"] != "kept"
    assert (root / ".env.dev").read_text().startswith("# mine\nKEY='")


def test_the_environment_counts_first(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEY", "from the environment")
    assert run(["secret", "list", "KEY"]) == 0
    assert capsys.readouterr().out == "KEY  environment  (for web, worker)\n"
    given_value(monkeypatch, b"x")
    assert run(["secret", "set", "KEY"]) == 0
    assert "counts before the file" in capsys.readouterr().err


def test_a_file_that_git_would_take_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    assert run(["secret", "generate"]) == 0
    assert "git does not ignore .env.dev" in capsys.readouterr().err
    assert run(["secret", "check"]) == 1
    (root / ".gitignore").write_text(".env*\n")
    assert run(["secret", "check"]) == 0


@pytest.mark.parametrize(
    ("words", "value", "code", "told"),
    [
        (["set", "KEI"], b"x", 64, "did you mean KEY?"),
        (["set"], b"x", 64, "name one secret to set"),
        (["set", "KEY", "DB"], b"x", 64, "name one secret to set"),
        (["set", "KEY", "a-value"], b"", 64, "without its value"),
        (["set", "KEY"], b"\n", 64, "no value was given"),
        (["set", "KEY"], b"\xff\xfe", 64, "encode it in base64"),
        (["set", "KEY"], b"a\0b", 1, "encode it in base64"),
        (["list", "--stage", "nowhere"], b"", 64, "nowhere"),
        (["show", "KEY"], b"", 64, "show"),
    ],
)
def test_bad_input(
    words: list[str], value: bytes, code: int, told: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path,
) -> None:  # fmt: skip
    given_value(monkeypatch, value)
    assert run(["secret", *words]) == code
    said = capsys.readouterr().err
    assert told in said
    assert "a-value" not in said
    assert not (root / ".env.dev").exists()


def test_a_damaged_file_is_left_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".env.dev").write_text("KEY='open\n")
    given_value(monkeypatch, b"x")
    assert run(["secret", "set", "DB"]) == 1
    assert "this line cannot be parsed" in capsys.readouterr().err
    assert (root / ".env.dev").read_text() == "KEY='open\n"


VALUES = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), min_size=1)


@given(value=VALUES, other=VALUES)
def test_any_value_is_found_again_beside_any_other(value: str, other: str) -> None:
    text = with_value(with_value("# a\nexport A=1 # b\n\nX='y'", "KEY", other), "OTHER", other)
    text = with_value(text, "KEY", value)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, ".env")
        file.write_text(text, encoding="utf-8", newline="")
        assert read_env_file(file) == {"A": "1", "X": "y", "KEY": value, "OTHER": other}


def test_the_ends_of_lines_stay() -> None:
    assert with_value("# a\r\nA=1\r\nB=2", "A", "x") == "# a\r\nA='x'\r\nB=2"
    assert with_value("A=1\r\nB=2", "C", "x") == "A=1\r\nB=2\r\nC='x'\r\n"
    assert with_value("A=1\nB=2", "C", "x") == "A=1\nB=2\nC='x'\n"


def test_the_mode_of_a_file_stays(root: Path) -> None:
    path = root / ".env"
    path.write_text("A=1")
    path.chmod(0o640)
    write_env_value(path, "B", "2")
    assert path.read_text() == "A=1\nB='2'\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_cannot_be_written_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ShipyardError, match="cannot be written"):
        write_env_value(root / "nowhere" / ".env", "A", "b")


def test_no_address_is_generated(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (root / "shipyard.toml").read_text().replace('secrets = ["KEY"]', 'secrets = ["KEY", "CACHE_URL"]')
    (root / "shipyard.toml").write_text(text)
    assert run(["secret", "generate", "CACHE_URL"]) == 64
    assert "CACHE_URL is an address" in capsys.readouterr().err
    assert run(["secret", "generate"]) == 0
    assert "CACHE_URL: an address is for you to set" in capsys.readouterr().err
    assert set(read_env_file(root / ".env.dev")) == {"DB", "KEY", "PASSWORD"}
    assert run(["secret", "generate", "CACHE_URL", "--force"]) == 0
    assert "CACHE_URL" in read_env_file(root / ".env.dev")
