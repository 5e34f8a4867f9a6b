"""Which stages are for development."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from shipyard.cli.developing import NotForDevelopment, _end_in_order, for_development
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.manifest import load


def declared(root: Path, stage: str, lines: str) -> str | None:
    (root / "shipyard.toml").write_text(
        f'name = "a"\n[services.cache]\nimage = "redis:7"\n[stages.{stage}]\n{lines}\n'
    )
    environ = {"XDG_CACHE_HOME": str(root / "cache")}
    return for_development(load(root, stage=stage, instance=None, environ=environ).manifest).mode


def test_those_that_say_so_and_those_of_developers(tmp_path: Path) -> None:
    assert declared(tmp_path, "dev", "") == "develop"
    assert declared(tmp_path, "default", "") == "develop"
    assert declared(tmp_path, "work", 'mode = "develop"') == "develop"
    for stage, lines in (
        ("prod", ""),
        ("dev", 'mode = "production"'),
        ("dev", "protect = true"),
    ):
        with pytest.raises(NotForDevelopment) as caught:
            declared(tmp_path, stage, lines)
        assert 'mode = "develop"' in str(caught.value)


def test_a_protected_stage_is_none(tmp_path: Path) -> None:
    with pytest.raises((ShipyardError, ErrorGroup), match="none for development"):
        declared(tmp_path, "work", 'mode = "develop"\nprotect = true')
    with pytest.raises((ShipyardError, ErrorGroup), match="mode"):
        declared(tmp_path, "work", 'mode = "quick"')


def test_an_end_that_is_asked_for_is_remembered_and_asked_for_once() -> None:
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(one, signal.getsignal(one)) for one in kinds]
    ending = threading.Event()
    try:
        _end_in_order(ending)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert ending.is_set()
        signal.raise_signal(signal.SIGINT)
    finally:
        for one, handler in before:
            signal.signal(one, handler)
