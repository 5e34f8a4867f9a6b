"""Who is dead, who may write, and what is read of a lease's container."""

from __future__ import annotations

import ast
import io
import json
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipyard.engine import lease, lease_holder, lease_record
from shipyard.engine.http import EngineReader, EngineUnreachable
from shipyard.engine.lease import Timing, _held
from shipyard.engine.lease_holder import ci_run, this_process
from shipyard.engine.lease_record import (
    TTL,
    UNKNOWN,
    clock,
    engine_time,
    heartbeat,
    lease_labels,
    lease_name,
    parse_heartbeat,
    parse_holder,
)
from shipyard.engine.lease_text import expiry_text, holder_text, since_text, span
from shipyard.model.lease import Holder, LeaseRecord
from shipyard.model.manifest import Manifest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOLDER = Holder(who="ci@runner-7", process=4711, command="apply", run=None, token="t1", ttl=45)


def record(silent: float, *, age: float = 600, holder: Holder = HOLDER) -> LeaseRecord:
    """A lease taken `age` seconds ago, without a sign of life for `silent`."""
    return LeaseRecord(
        id="c1",
        holder=holder,
        since=NOON - timedelta(seconds=age),
        renewed=NOON - timedelta(seconds=silent),
        read=NOON,
    )


@pytest.mark.parametrize(
    ("silent", "expired"),
    [(0, False), (10, False), (44, False), (45, True), (46, True), (86400, True), (-44, False), (-45, True)],
)
def test_who_is_silent_for_too_long_is_dead(silent: float, expired: bool) -> None:
    assert record(silent).expired is expired
    assert record(silent).expires == NOON + timedelta(seconds=45 - silent)


@pytest.mark.parametrize(
    ("silent", "may"), [(0, True), (34, True), (35, False), (45, False), (-34, True), (-35, False)]
)
def test_a_holder_stops_before_others_think_it_dead(silent: float, may: bool) -> None:
    assert Timing().may_write(NOON - timedelta(seconds=silent), NOON) is may


def test_a_killed_holder_is_out_of_the_way_within_a_minute() -> None:
    timing = Timing()
    assert timing.ttl + timing.poll + 1 < 60
    assert timing.renew * 3 < timing.ttl


@given(
    silent=st.floats(-200, 200),
    late=st.floats(-1, 1),
    ttl=st.floats(2, 600),
    share=st.floats(0, 0.5),
)
def test_nobody_may_write_while_another_may_take_over(
    silent: float, late: float, ttl: float, share: float
) -> None:
    """Even when their readings of the engine's clock, which are to the second, differ by one."""
    timing = Timing(ttl=ttl, renew=max(1.001, ttl * share))
    renewed = NOON - timedelta(seconds=silent)
    seen = LeaseRecord(
        id="c1",
        holder=Holder(who="", process=1, command="", run=None, token="", ttl=ttl),
        since=renewed,
        renewed=renewed,
        read=NOON + timedelta(seconds=late),
    )
    assert not (timing.may_write(renewed, NOON) and seen.expired)


def test_no_clock_of_the_client_is_read() -> None:
    for module in (lease, lease_holder, lease_record):
        tree = ast.parse(Path(str(module.__file__)).read_bytes())
        called = {ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)}
        assert {one for one in called if one.rpartition(".")[2] in ("now", "utcnow", "today")} == set()
        assert {one for one in called if one.startswith("time.")} <= {"time.monotonic", "time.sleep"}


def test_the_engines_clock() -> None:
    reader = EngineReader("unix:///nowhere")
    reader.date = "Sun, 01 Mar 2026 12:00:00 GMT"
    assert clock(reader) == NOON
    for odd in (None, "", "yesterday"):
        reader.date = odd
        with pytest.raises(EngineUnreachable, match="have no date"):
            clock(reader)
    assert engine_time("2026-03-01T12:00:00.123456789Z") == NOON + timedelta(microseconds=123456)
    assert engine_time("2026-03-01T12:00:00Z") == NOON


def test_a_lock_and_its_holder_are_made_at_once() -> None:
    manifest = Manifest(root=Path("/"), name="shop", stage="preview", instance="pr-1")
    assert lease_name(manifest.deployment) == "shop-preview-pr-1-shipyard-lease"
    found = lease_labels(manifest, HOLDER)
    assert {key: value for key, value in found.items() if key != "shipyard.lease"} == {
        "shipyard.project": "shop",
        "shipyard.stage": "preview",
        "shipyard.instance": "pr-1",
        "shipyard.role": "lease",
    }
    assert parse_holder(found["shipyard.lease"]) == HOLDER


DOCUMENT: dict[str, Any] = {
    "who": "a@b",
    "process": 1,
    "command": "apply",
    "run": None,
    "token": "",
    "ttl": 45,
}


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "{", "[]", "1", '{"who": "x"}'),
        *(
            json.dumps({**DOCUMENT, "ttl": ttl})
            for ttl in (0, -1, 1e9, float("nan"), float("inf"), "x", None)
        ),
        json.dumps({**DOCUMENT, "process": "x"}),
    ],
)
def test_an_odd_label_locks_nobody_out(text: str | None) -> None:
    assert parse_holder(text) == UNKNOWN
    assert UNKNOWN.ttl == TTL


def test_a_label_of_a_later_version() -> None:
    assert parse_holder(json.dumps({**DOCUMENT, "more": 1, "ttl": 90})).ttl == 90


def tar(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def test_a_sign_of_life() -> None:
    assert parse_heartbeat(tar("heartbeat.json", heartbeat(NOON).encode())) == NOON


@pytest.mark.parametrize(
    "archive",
    [
        *(b"", b"no tar", tar("other", b"{}"), tar("heartbeat.json", b"")),
        *(
            tar("heartbeat.json", text)
            for text in (b"[]", b'{"renewed": 1}', b'{"renewed": "soon"}', b"\xff")
        ),
        tar("heartbeat.json", b'{"renewed": "2026-03-01T12:00:00"}'),
    ],
)
def test_no_sign_of_life(archive: bytes) -> None:
    assert parse_heartbeat(archive) is None


GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "17",
}


@pytest.mark.parametrize(
    ("environ", "run"),
    [
        ({}, None),
        (GITHUB, "https://github.com/acme/shop/actions/runs/17"),
        ({**GITHUB, "GITHUB_RUN_ID": ""}, None),
        ({"CI_JOB_URL": "https://gitlab.example.com/a/-/jobs/1"}, "https://gitlab.example.com/a/-/jobs/1"),
        ({"CI_JOB_URL": ""}, None),
    ],
)
def test_the_ci_run(environ: dict[str, str], run: str | None) -> None:
    assert ci_run(environ) == run


def test_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "deploy")
    monkeypatch.setattr("socket.gethostname", lambda: "db1")
    one, other = (this_process("apply", {"TOKEN": "hunter2"}, 45) for _ in range(2))
    assert (one.who, one.command, one.run, one.ttl) == ("deploy@db1", "apply", None, 45)
    assert one.token != other.token
    assert "hunter2" not in repr(one)

    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    assert this_process("apply", {}, 45).who.startswith("uid ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0s"), (0.4, "0s"), (-3, "0s"), (59, "59s"), (60, "1m"), (61, "1m 1s")),
        *((3599, "59m 59s"), (3600, "1h"), (3661, "1h 1m"), (90000, "1d 1h"), (86460, "1d 1m")),
    ],
)
def test_a_span_for_people(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


def test_a_lease_in_words() -> None:
    assert holder_text(HOLDER) == "ci@runner-7 (process 4711), running apply"
    assert since_text(record(5)) == "2026-03-01 11:50:00 UTC (10m ago)"
    assert expiry_text(record(5)) == "in 40s, unless it is renewed"
    assert expiry_text(record(50)) == "now: its holder is dead, and the next one takes it over"


def test_who_is_told_that_it_is_held() -> None:
    manifest = Manifest(root=Path("/"), name="shop", stage="preview", instance="pr-1")
    in_ci = Holder(who="ci@x", process=1, command="down", run="https://ci/1", token="t1", ttl=45)
    error = _held(manifest, record(5, holder=in_ci))
    assert error.exit_code == 4
    assert str(error) == (
        "shop / preview / pr-1: the lease is held by ci@x (process 1), running down\n"
        "  CI run: https://ci/1\n"
        "  since 2026-03-01 11:50:00 UTC (10m ago)\n"
        "  expires in 40s, unless it is renewed\n"
        "  -> wait for it with --lease-wait 5m; "
        "`shipyard lease` shows it, and `shipyard lease --break` ends it"
    )
    assert "at this moment" in str(_held(manifest, None))
