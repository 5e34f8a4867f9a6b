"""The plan as Markdown, for comments on pull requests and job summaries.

Whatever somebody else wrote (values, paths, names) stands in code spans: nothing in them is markup, a
link, a mention or a reference. There are no tables, because a pipe ends a code span in one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from shipyard.model.plan import FilesCause, Operation, Plan, Problem
from shipyard.render.describe import (
    SHOWN_FILES,
    Quoted,
    Words,
    address_words,
    causes_words,
    effect_words,
    title,
)
from shipyard.render.printable import printable, shortened
from shipyard.render.summary import (
    counts,
    destructive_first,
    glossary,
    grouped,
    nothing_to_do,
    secrets_text,
    summary_text,
)

LIMIT = 64_500
"""Characters. GitHub takes 65,536 in a comment."""

_VALUE = 160
_SENTENCE = 600
_CAUSES = 12
_PROBLEMS = 12_000
_DESTRUCTIVE = 20_000
_DETAILS = 6_000
"""Characters kept free for the foldable sections."""
_TAIL = 200
_NAMES = 100

# Words that no Markdown reads as anything else. Seven hexadecimal digits may be a commit.
_PLAIN_WORD = re.compile(
    r"->|\(?(?![0-9a-f]{7})(?:[A-Za-z]+(?:-[a-z]+)*(?:'[a-z]+)?|[0-9]{1,6}(?:\.[0-9]{1,3})?)[).,;:]{0,3}"
)
_MARKER_NAME = re.compile(r"[^A-Za-z0-9_.-]+")

T = TypeVar("T")


def plan_markdown(plan: Plan) -> str:
    """The whole plan, shorter than 65,000 characters. Its first line is a comment that tells whose plan
    it is, so that a job finds its own comment again and replaces it."""
    page = _Page()
    page.add(_head(plan))
    page.section("**Problems: `apply` refuses this plan**", plan.problems, _problem, _PROBLEMS)
    operations = destructive_first(plan)
    split = sum(operation.destructive for operation in operations)
    page.section("**Destructive**", operations[:split], _operation, _DESTRUCTIVE)
    page.section("**Changes**", operations[split:], _operation, page.room - _DETAILS)
    if plan.empty and not plan.problems:
        page.add(nothing_to_do(plan))
    page.section("**Attention**", plan.attention, lambda one: f"- {_of(one[0])}: {_prose(one[1])}", _PROBLEMS)
    page.fold("Files", list(_files(operations)), lambda line: line, "```diff", "```")
    page.fold("Unchanged", [f"- {_of(address)}" for address in plan.unchanged], str)
    page.fold("Notes", list(_notes(plan)), str)
    page.fold("Words", [f"- {_code(word)}: {_prose(text)}" for word, text in glossary(plan)], str)
    return "\n\n".join(page.blocks) + "\n"


class _Page:
    """Blocks of text, and how many more characters there is room for."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.room = LIMIT

    def add(self, block: str) -> None:
        self.blocks.append(block)
        self.room -= len(block) + 2

    def section(self, heading: str, items: Sequence[T], show: Callable[[T], str], room: int) -> None:
        """A heading and as many items as there is room for, with a line that counts the others."""
        if items:
            lines = _fitting(items, show, min(room, self.room) - len(heading), "- ")
            self.add("\n".join([heading, "", *lines]))

    def fold(
        self, name: str, items: Sequence[T], show: Callable[[T], str], begin: str = "", end: str = ""
    ) -> None:
        """The same, folded away; left out when there is no room even for a few."""
        frame = f"<details><summary>{name} ({len(items)})</summary>\n\n", "\n\n</details>"
        room = self.room - sum(map(len, (*frame, begin, end))) - 4
        if items and room > 2 * _TAIL:
            lines = [begin, *_fitting(items, show, room, "" if begin else "- "), end]
            self.add(frame[0] + "\n".join(line for line in lines if line) + frame[1])


def _fitting(items: Sequence[T], show: Callable[[T], str], room: int, mark: str) -> Iterator[str]:
    room -= _TAIL
    for index, item in enumerate(items):
        text = show(item)
        room -= len(text) + 1
        if room < 0:
            yield f"{mark}and {len(items) - index} more, left out here: the page would be too long"
            return
        yield text


def _head(plan: Plan) -> str:
    names = [name for name in (plan.project, plan.stage, plan.instance) if name]
    marker = " ".join(_MARKER_NAME.sub("_", name)[:_VALUE] for name in names)
    engine = _code(plan.engine.address) if plan.engine else "no engine (offline)"
    lines = [
        f"<!-- shipyard-plan {marker} -->",
        f"### {' / '.join(map(_code, names))} on {engine}",
        "",
        f"**{summary_text(counts(plan))}**",
    ]
    if plan.engine is None:
        lines += ["", "Compared with nothing; this is what a first apply would do."]
    return "\n".join(lines)


def _problem(problem: Problem) -> str:
    return f"- {_of(problem.address)}: {_prose(problem.title)}\n  - {_prose(problem.hint)}"


def _operation(operation: Operation) -> str:
    """One line for one cause; more of them, and what it does, below it."""
    lines = [_sentence(words) for words in islice(causes_words(operation, _VALUE), _CAUSES + 1)]
    if len(lines) > _CAUSES:
        lines[_CAUSES:] = ["and more, which `shipyard plan` shows"]
    effect = effect_words(operation)
    does = f" ({_sentence(effect)})" if effect else ""
    head = f"- **{operation.action}** {_sentence(title(operation))}"
    if len(lines) == 1:
        return f"{head}: {lines[0]}{does}"
    return "\n".join([head + does, *(f"  - {line}" for line in lines)])


def _files(operations: Sequence[Operation]) -> Iterator[str]:
    """The files of builds of which not all are named above, one a line. None begins as a fence does."""
    for operation in operations:
        for cause in operation.causes:
            if not isinstance(cause, FilesCause):
                continue
            groups = (("!", cause.changed), ("+", cause.added), ("-", cause.removed))
            if any(len(paths) > SHOWN_FILES for _, paths in groups):
                yield from (
                    f"{mark} {shortened(printable(f'{operation.name}: {path}'), _VALUE)}"
                    for mark, paths in groups
                    for path in paths
                )


def _notes(plan: Plan) -> Iterator[str]:
    for text, addresses in grouped(plan.feels):
        more = f" and {len(addresses) - _NAMES} more" if len(addresses) > _NAMES else ""
        yield f"- {_prose(text)}: {', '.join(map(_of, addresses[:_NAMES]))}{more}"
    for entry in plan.not_compared:
        yield f"- not compared, for want of a value or a key here, or of a record: {_code(entry)}"
    yield from (f"- {_prose(text)}" for text in secrets_text(plan))
    for note in plan.notes:
        yield f"- {_prose(note)}"


def _of(address: str) -> str:
    return _sentence(address_words(address))


def _sentence(words: Words) -> str:
    """A sentence that can stand where a line's text begins: never empty, no space at its ends."""
    text = "".join(_code(word) if isinstance(word, Quoted) else _words(word) for word in words)
    return text.strip(" ") or _code("")


def _prose(text: str) -> str:
    return _sentence((text,))


def _code(text: str) -> str:
    """A code span: it ends with as many backticks as it begins with, more than there are inside."""
    text = shortened(printable(text[: _VALUE + 1]), _VALUE) or '""'
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    # One space at either end is taken away again.
    space = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{space}{text}{space}{fence}"


def _words(text: str) -> str:
    """Own words as they are; what is more than a plain word stands in code spans, and what stands between
    backticks in one."""
    pieces = re.split(
        r"(?<![^\s(])`([^`\n]+)`(?![^\s).,;:])", shortened(printable(text[: _SENTENCE + 1]), _SENTENCE)
    )
    return "".join(_code(piece) if index % 2 else _plain(piece) for index, piece in enumerate(pieces))


def _plain(text: str) -> str:
    parts: list[str] = []
    for word in re.split("( +)", text):
        if not word.strip(" ") or _PLAIN_WORD.fullmatch(word):
            parts.append(word)
            continue
        lead = "(" if word.startswith("(") and ")" not in word else ""
        bare = word[len(lead) :].rstrip(".,;:" if "(" in word else ").,;:")
        parts.append(lead + (_code(bare) if bare else "") + word[len(lead + bare) :])
    return "".join(parts)
