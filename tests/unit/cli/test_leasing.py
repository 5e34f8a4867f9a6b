"""How long to wait for the lease, and what is told meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer
from typer.testing import CliRunner

from shipyard.cli.leasing import LeaseWait, _tell
from shipyard.model.lease import Holder, LeaseRecord

app = typer.Typer()


@app.command()
def command(lease_wait: LeaseWait = None) -> None:
    print(lease_wait)


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "None"), (["--lease-wait", "5m"], "300.0"), (["--lease-wait", "1m30s"], "90.0")],
)
def test_how_long_to_wait(words: list[str], said: str) -> None:
    assert CliRunner().invoke(app, words).stdout == f"{said}\n"


def test_what_is_no_time() -> None:
    done = CliRunner().invoke(app, ["--lease-wait", "5"])
    assert done.exit_code == 2
    assert "did you mean" in done.stderr


def test_whom_it_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    holder = Holder(who="ci@x", process=1, command="apply", run="https://ci/1", token="t", ttl=45)
    _tell(LeaseRecord(id="c", holder=holder, since=noon, renewed=noon, read=noon))
    assert capsys.readouterr() == (
        "",
        "waiting for the lease of ci@x (process 1), running apply, https://ci/1, "
        "since 2026-03-01 12:00:00 UTC (0s ago)\n",
    )
