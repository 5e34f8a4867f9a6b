"""The comment of a pull request's plan: found by its first line, in both services' API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from examples import EXAMPLES

MARK = "<!-- shipyard-plan shop prod -->"
ENVIRON = {
    "github": {"GITHUB_REPOSITORY": "acme/shop", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": "t"},
    "gitlab": {"CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7", "GITLAB_TOKEN": "t"},
}
ALL = {
    "github": "/repos/acme/shop/issues/7/comments",
    "gitlab": "/projects/3/merge_requests/7/notes",
}
ONE = {"github": "/repos/acme/shop/issues/comments/", "gitlab": ALL["gitlab"] + "/"}


class Comments(ThreadingHTTPServer):
    """The part of the API that the script uses, over a list of texts."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.texts = texts
        self.asked: list[tuple[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    server: Comments

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        page = int(parse_qs(urlsplit(self.path).query)["page"][0])
        listed = [{"id": index, "body": text} for index, text in enumerate(self.server.texts)]
        self.answer(listed[(page - 1) * 100 : page * 100])

    def do_POST(self) -> None:
        self.server.texts.append(self.body())
        self.answer({})

    def do_PATCH(self) -> None:
        number = re.fullmatch(r".*/([0-9]+)", self.path)
        assert number is not None
        self.server.texts[int(number[1])] = self.body()
        self.answer({})

    def do_PUT(self) -> None:
        self.do_PATCH()

    def body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def answer(self, document: object) -> None:
        self.server.asked.append((self.command, urlsplit(self.path).path))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())


@pytest.fixture
def comments() -> Iterator[Comments]:
    with Comments([]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_one_comment_kept_up_to_date(comments: Comments, tmp_path: Path, service: str) -> None:
    others = [*(f"comment {number}" for number in range(120)), "<!-- shipyard-plan shop dev -->\nof dev"]
    comments.texts = list(others)
    address = f"http://127.0.0.1:{comments.server_port}"
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_"))},
        **ENVIRON[service],
        "GITHUB_API_URL" if service == "github" else "CI_API_V4_URL": address,
    }
    file = tmp_path / "release.plan.md"
    for text in ("first", "second"):
        file.write_text(f"{MARK}\n{text}\n")
        subprocess.run(
            [sys.executable, str(EXAMPLES / "ci" / "comment.py"), str(file)], env=environ, check=True
        )
        assert comments.texts == [*others, f"{MARK}\n{text}\n"]
    changes = [one for one in comments.asked if one[0] != "GET"]
    method = "PATCH" if service == "github" else "PUT"
    assert changes == [("POST", ALL[service]), (method, f"{ONE[service]}{len(others)}")]
