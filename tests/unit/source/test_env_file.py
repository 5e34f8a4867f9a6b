from __future__ import annotations

from pathlib import Path

import pytest

from shipyard.errors import ShipyardError
from shipyard.source.env_file import read_env_file


def test_values_are_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "\ufeff# a comment\nexport A=1\nB='two words # and a $sign'\nC=${A}\nD\nE=\nA=2\nF=\"a\\nb\"\n"
    )
    read = read_env_file(path)
    assert read == {"A": "2", "B": "two words # and a $sign", "C": "${A}", "D": None, "E": "", "F": "a\nb"}
    assert read_env_file(tmp_path / "none") == {}


def test_a_line_that_does_not_parse_is_told_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text('A=1\nB="hunter2\n')
    with pytest.raises(ShipyardError, match="this line cannot be parsed") as caught:
        read_env_file(path)
    assert caught.value.where == ".env:2"
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"
