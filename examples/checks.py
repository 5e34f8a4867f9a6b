"""Run an example's checks.toml against a deployment. The format is described at the top of each file."""

from __future__ import annotations

import http.client
import json
import re
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT = 10.0
PAUSE = 0.5
_SAVED = re.compile(r"\{([a-z_]+)\}")


class CheckFailed(Exception):
    """An answer is not the expected one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One request and what its answer must be; `retry_seconds` is how long it may fail first."""

    path: str
    method: str = "GET"
    json: object = None
    form: Mapping[str, str] | None = None
    upload: Mapping[str, str] | None = None
    status: int = 200
    text: str = ""
    save: tuple[str, ...] = ()
    retry_seconds: float = 0


@dataclass(slots=True)
class _Run:
    host: str
    port: int
    saved: dict[str, str] = field(default_factory=dict)


def load_checks(path: Path) -> tuple[Check, ...]:
    """Raises TypeError for a key that no check has."""
    tables: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["check"]
    return tuple(Check(**{**table, "save": tuple(table.get("save", ()))}) for table in tables)


def run_checks(path: Path, url: str, report: Callable[[str], None] = print) -> int:
    """Run all checks of a file against a base URL and return how many passed; each one is reported.

    Raises CheckFailed at the first that does not pass.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise CheckFailed(f"{url!r} is no http:// URL")
    run = _Run(host=parts.hostname, port=parts.port or 80)
    checks = load_checks(path)
    for check in checks:
        _until_passed(check, run)
        report(f"passed: {check.method} {_filled(check.path, run)} {check.status}")
    return len(checks)


def _until_passed(check: Check, run: _Run) -> None:
    deadline = time.monotonic() + check.retry_seconds
    while True:
        try:
            return _pass(check, run)
        except CheckFailed:
            if time.monotonic() >= deadline:
                raise
        time.sleep(PAUSE)


def _pass(check: Check, run: _Run) -> None:
    """Send one request and compare its answer."""
    path, text = _filled(check.path, run), _filled(check.text, run)
    body, content_type = _body(check)
    headers = {"Content-Type": content_type} if content_type else {}
    connection = http.client.HTTPConnection(run.host, run.port, timeout=TIMEOUT)
    try:
        connection.request(check.method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise CheckFailed(f"{check.method} {path}: {error!r}") from error
    finally:
        connection.close()
    if answer.status != check.status or text not in content:
        expected = f"{check.status}" + (f" with {text!r}" if text else "")
        raise CheckFailed(
            f"{check.method} {path}: expected {expected}, got {answer.status}: {content[:500]!r}"
        )
    if check.save:
        values = json.loads(content)
        run.saved.update({name: str(values[name]) for name in check.save})


def _filled(text: str, run: _Run) -> str:
    """Saved values in place of their names; braces around anything else stay."""
    return _SAVED.sub(lambda found: run.saved.get(found[1], found[0]), text)


def _body(check: Check) -> tuple[bytes | None, str]:
    """The request's body and its content type."""
    if check.json is not None:
        return json.dumps(check.json).encode(), "application/json"
    if check.form is not None:
        return urlencode(check.form).encode(), "application/x-www-form-urlencoded"
    if check.upload is not None:
        boundary = "----checks"
        disposition = f'form-data; name="{check.upload["field"]}"; filename="{check.upload["name"]}"'
        lines = [f"--{boundary}", f"Content-Disposition: {disposition}", "Content-Type: text/plain", ""]
        lines += [check.upload["content"], f"--{boundary}--", ""]
        return "\r\n".join(lines).encode(), f"multipart/form-data; boundary={boundary}"
    return None, ""
