"""The texts of errors and the table of exit codes."""

from __future__ import annotations

import pytest

from shipyard.apply import ApplyFailed
from shipyard.errors import ErrorGroup, ExitCode, ShipyardError, UsageError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ShipyardError("it broke"), "it broke"),
        (ShipyardError("it broke", where="shipyard.toml:3: name"), "shipyard.toml:3: name: it broke"),
        (ShipyardError("it broke", hint="mend it"), "it broke\n  -> mend it"),
        (
            ShipyardError("it broke", where="service.web", details=("one", "two"), hint="mend it"),
            "service.web: it broke\n  one\n  two\n  -> mend it",
        ),
        (
            ErrorGroup((ShipyardError("one", hint="a"), ShipyardError("two", where="x"))),
            "one\n  -> a\nx: two",
        ),
    ],
)
def test_an_error_in_words(error: ShipyardError, text: str) -> None:
    assert str(error) == text


def test_exit_codes_are_a_promise() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "CHANGES_PENDING": 2,
        "STALE_PLAN": 3,
        "LEASE_HELD": 4,
        "ROLLED_BACK": 5,
        "NEEDS_ATTENTION": 6,
        "USAGE": 64,
        "BUG": 70,
        "INTERRUPTED": 130,
    }
    assert ShipyardError("x").exit_code == 1
    assert UsageError("x").exit_code == 64


@pytest.mark.parametrize(
    ("cause", "done", "failed", "code"),
    [
        (ShipyardError("x"), (), "image.web/build", 1),
        (ShipyardError("x"), ("image.web/build",), "image.db/pull", 1),
        (ShipyardError("x"), (), "service.web/health", 1),
        (ShipyardError("x"), (), "job.web/run", 6),
        (ShipyardError("x"), ("image.web/build",), "service.web/replace", 6),
        (KeyboardInterrupt(), ("image.web/build",), "job.web/run", 130),
        (KeyboardInterrupt(), (), "job.web/run", 130),
    ],
)
def test_how_a_failed_apply_ends(cause: BaseException, done: tuple[str, ...], failed: str, code: int) -> None:
    assert ApplyFailed(cause, done, failed, ()).exit_code == code


def test_what_a_failed_apply_says() -> None:
    error = ApplyFailed(
        ShipyardError("it broke", where="job.web"),
        ("image.web/build", "network.default/create"),
        "job.web/run",
        ("service.web/create",),
    )
    assert str(error) == (
        "job.web: it broke\n"
        "\n"
        "done:     image.web/build, network.default/create\n"
        "failed:   job.web/run (part of it may be done)\n"
        "not done: service.web/create\n"
        "  -> `shipyard plan` shows what is left; `shipyard apply` goes on from here"
    )
    assert str(ApplyFailed(KeyboardInterrupt(), (), "service.web/create", ())).splitlines()[:3] == [
        "interrupted",
        "",
        "done:     nothing",
    ]
