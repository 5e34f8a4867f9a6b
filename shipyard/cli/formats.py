"""How an answer is printed, by the word of `--format`."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


class PlanFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class StatusFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    HTML = "html"
