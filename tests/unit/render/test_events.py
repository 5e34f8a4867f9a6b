"""An apply as JSON lines, held against their schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shipyard.apply import ApplyFailed, Report
from shipyard.cli.progress import JsonReport, TextReport, reported
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.plan import Plan
from shipyard.render.events import finished_line, operation_line, output_line

BROKEN = ShipyardError("it broke", where="job.web", details=("exit code 1", "| \x1b[31mno\n"), hint="mend it")
FAILED = ApplyFailed(BROKEN, ("image.web/build",), "job.web/run", ("service.web/replace",))


def events(text: str) -> list[dict[str, Any]]:
    """Each line is a document."""
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    def printed() -> list[dict[str, Any]]:
        out, err = capsys.readouterr()
        assert err == ""
        return events(out)

    return printed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is 1.5 s later."""
    times = iter(range(100))
    monkeypatch.setattr("shipyard.cli.progress.time.monotonic", lambda: next(times) * 1.5)


@pytest.fixture
def schema(schemas: Path) -> Any:
    return json.loads((schemas / "events.schema.json").read_bytes())


def test_every_line_is_as_the_schema_says(schema: Any, release: Plan) -> None:
    told = [operation_line("started", one) for one in release.operations]
    told += [operation_line("ended", one, 1) for one in release.operations]
    told += [operation_line("failed", one) for one in release.operations]
    told += [output_line(None, "a"), output_line("job.web/run", "\x1b[2J\u202e\udc80")]
    errors = (None, BROKEN, FAILED, ErrorGroup((BROKEN, FAILED)), KeyboardInterrupt(), ValueError("x"))
    told += [finished_line(error, done=("a.b/c",), seconds=1.5) for error in errors]
    for line in told:
        (document,) = events(line)
        assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
        # Every key is described, those of an error too.
        assert document.keys() == schema["$defs"][document["event"]]["properties"].keys()
        for error in document.get("errors", ()):
            assert error.keys() == schema["$defs"]["error"]["properties"].keys()
        assert re.findall(r"[^\n -~]", line) == []


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        ({"event": "started"}, True),
        ({"event": "ended", "id": "a.b/c", "address": "a.b", "action": "c"}, True),
        ({"event": "ended", "id": "a.b/c", "address": "a.b", "action": "c", "seconds": 0}, False),
        ({"event": "ended", "id": "a.b/c", "address": "a.b", "action": "c", "seconds": 0, "new": 1}, False),
        ({"event": "boom"}, True),
        ({"event": "finished", "exit_code": 0}, True),
    ],
)
def test_what_the_schema_refuses(schema: Any, document: dict[str, Any], refused: bool) -> None:
    assert Draft202012Validator(schema).is_valid({"format": 1, **document}) is not refused


@pytest.mark.usefixtures("clock")
def test_a_run_that_goes_well(lines: Callable[[], list[dict[str, Any]]], release: Plan) -> None:
    first, second = release.operations[:2]
    with reported(json=True) as report:
        report.started(first)
        report.ended(first, 2.00049)
        report.started(second)
        report.output("hello")
        report.ended(second, 0)
    build = {"format": 1, "id": "image.web/build", "address": "image.web", "action": "build"}
    network = {"format": 1, "id": "network.back/create", "address": "network.back", "action": "create"}
    assert lines() == [
        {**build, "event": "started"},
        {**build, "event": "ended", "seconds": 2.0},
        {**network, "event": "started"},
        {"format": 1, "event": "output", "id": "network.back/create", "text": "hello"},
        {**network, "event": "ended", "seconds": 0},
        {
            "format": 1,
            "event": "finished",
            "exit_code": 0,
            "seconds": 1.5,
            "done": ["image.web/build", "network.back/create"],
            "failed": None,
            "not_done": [],
            "errors": [],
        },
    ]


@pytest.mark.parametrize(
    ("error", "code", "failed", "titles"),
    [
        (FAILED, 6, "job.web/run", ["it broke"]),
        (ApplyFailed(KeyboardInterrupt(), (), "job.web/run", ()), 130, "job.web/run", ["interrupted"]),
        (ErrorGroup((ShipyardError("a"), ShipyardError("b"))), 1, None, ["a", "b"]),
        (KeyboardInterrupt(), 130, None, ["interrupted"]),
        (ValueError("hunter2"), 70, None, ["a bug in Shipyard: ValueError"]),
    ],
)
def test_the_last_line_comes_however_it_ends(
    lines: Callable[[], list[dict[str, Any]]],
    release: Plan,
    error: BaseException,
    code: int,
    failed: str | None,
    titles: list[str],
) -> None:
    def run() -> None:
        with reported(json=True) as report:
            report.started(release.operations[0])
            report.failed(release.operations[0])
            raise error

    with pytest.raises(type(error)):
        run()
    told = lines()
    assert [line["event"] for line in told] == ["started", "failed", "finished"]
    assert (told[-1]["exit_code"], told[-1]["failed"]) == (code, failed)
    assert [one["title"] for one in told[-1]["errors"]] == titles
    assert "hunter2" not in json.dumps(told)


def test_an_error_is_told_whole() -> None:
    (document,) = events(finished_line(FAILED, done=(), seconds=0))
    assert document["not_done"] == ["service.web/replace"]
    assert document["errors"] == [
        {
            "title": "it broke",
            "where": "job.web",
            "details": ["exit code 1", "| \x1b[31mno\n"],
            "hint": "mend it",
        }
    ]


def test_for_people_it_is_told_on_standard_error(release: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    first = release.operations[0]
    with reported(json=False) as report:
        report.started(first)
        report.output("hello")
        report.ended(first, 1.26)
        report.failed(first)
    assert capsys.readouterr() == (
        "",
        "+ build web ...\n  | hello\n  build web done (1.3 s)\n  build web FAILED\n",
    )


def test_both_reports_are_what_apply_tells() -> None:
    found: list[Report] = [TextReport(), JsonReport()]
    assert len(found) == 2


@pytest.mark.usefixtures("clock")
def test_a_run_in_golden_lines(
    release: Plan, golden: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    report = JsonReport()
    for operation in release.operations[:3]:
        report.started(operation)
        report.ended(operation, 0.25)
    report.started(release.operations[3])
    report.output("Running migrations: 50 %\r\x1b[1mdone\x1b[0m")
    report.failed(release.operations[3])
    report.finished(FAILED)
    golden("events.jsonl", capsys.readouterr().out)
