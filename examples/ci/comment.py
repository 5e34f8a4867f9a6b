#!/usr/bin/env python3
"""The plan as one comment of a pull or merge request, kept up to date.

    comment.py release.plan.md

The comment is found by the first line of the file, which names project and stage: other bots' comments, and
other stages' plans, are left alone. In GitHub Actions it needs GITHUB_TOKEN, in GitLab GITLAB_TOKEN.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

PAGE = 100


def call(method: str, url: str, body: str | None = None) -> Any:
    """One request to the API; its JSON answer."""
    headers = {"Content-Type": "application/json", "User-Agent": "shipyard-ci"}
    if token := os.environ.get("GITHUB_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    else:
        headers["PRIVATE-TOKEN"] = os.environ["GITLAB_TOKEN"]
    data = json.dumps({"body": body}).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def places() -> tuple[str, str, str]:
    """Where the request's comments are, where one of them is, and the method that changes it."""
    environ = os.environ
    if "GITHUB_REPOSITORY" in environ:
        issues = f"{environ['GITHUB_API_URL']}/repos/{environ['GITHUB_REPOSITORY']}/issues"
        # refs/pull/NUMBER/merge
        number = environ["GITHUB_REF"].split("/")[2]
        return f"{issues}/{number}/comments", f"{issues}/comments", "PATCH"
    project = f"{environ['CI_API_V4_URL']}/projects/{environ['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{environ['CI_MERGE_REQUEST_IID']}/notes"
    return notes, notes, "PUT"


def main(path: str) -> None:
    body = Path(path).read_text(encoding="utf-8")
    mark = body.partition("\n")[0]
    comments, one, change = places()
    page = 1
    while found := call("GET", f"{comments}?per_page={PAGE}&page={page}"):
        for comment in found:
            if comment["body"].partition("\n")[0].rstrip("\r") == mark:
                call(change, f"{one}/{comment['id']}", body)
                return
        page += 1
    call("POST", comments, body)


if __name__ == "__main__":
    main(*sys.argv[1:])
