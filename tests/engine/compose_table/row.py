"""A row of the table: a change, and what each way to bring a service up again does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compose_table.by_hand import IMAGE, Hand
from compose_table.driven import Found, Model, steps

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "kept": ("--no-recreate",),
    "plain": (),
    "forced": ("--force-recreate",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happens to each object, and what Compose says when it fails over it. Without `numbered` the same
    may happen to others of the service's containers: which of them is left to chance."""

    events: Mapping[str, str]
    fails: str | None = None
    numbered: bool = True

    def is_what(self, found: Found) -> bool:
        wanted = steps(self.events)
        if self.numbered:
            return found == wanted
        return _without_numbers(found) == _without_numbers(wanted)


def _without_numbers(found: Found) -> list[tuple[str, list[tuple[str, int]]]]:
    return sorted((about.rstrip("0123456789"), sorted(counted.items())) for about, counted in found.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`before` is what runs, nothing when None; `prepare` is done before that and `by_hand` after it, then
    `after` is brought up with each column's flag and the row's own. `until_ended` is a container whose end
    belongs to what happens. `quick` are the columns of a run without --slow."""

    change: str
    before: Model | None
    after: Model
    kept: Outcome
    plain: Outcome
    forced: Outcome
    prepare: Hand | None = None
    by_hand: Hand | None = None
    flags: tuple[str, ...] = ()
    until_ended: str | None = None
    quick: tuple[str, ...] = ("plain",)

    def outcome(self, column: str) -> Outcome:
        return {"kept": self.kept, "plain": self.plain, "forced": self.forced}[column]


def service(**settings: object) -> Model:
    """A service that only sleeps, quick to stop. A setting of None leaves out what it would have."""
    whole = {
        "image": IMAGE,
        "command": ["sleep", "infinity"],
        "init": True,
        "stop_grace_period": "1s",
        "deploy": {"replicas": 1},
        **settings,
    }
    return {key: value for key, value in whole.items() if value is not None}


def model(
    settings: Mapping[str, object] | None = None, *, others: Model | None = None, **top: object
) -> Model:
    """A model of the service `web`, with `others` beside it and whatever stands at its top level."""
    return {"services": {"web": service(**(settings or {})), **(others or {})}, **top}


def happens(*events: Mapping[str, str], fails: str | None = None, numbered: bool = True) -> Outcome:
    return Outcome(
        events={about: words for some in events for about, words in some.items()},
        fails=fails,
        numbered=numbered,
    )


def recreated(number: int = 1, *, before: str = "shared", after: str = "shared") -> Mapping[str, str]:
    """Compose's recreate of one container, from the networks that it was on to those that it will be on."""
    off, on = (
        " ".join(sign + name for name in names.split()) for sign, names in (("-", before), ("+", after))
    )
    return {
        f"old web-{number}": f"kill stop die destroy {off}",
        f"new web-{number}": f"create rename start {on}",
    }


def made(number: int = 1, networks: str = "shared") -> Mapping[str, str]:
    on = " ".join(f"+{name}" for name in networks.split())
    return {f"new web-{number}": f"create start {on}"}


def removed(number: int) -> Mapping[str, str]:
    return {f"old web-{number}": "kill stop die destroy -shared"}


SAME = model()
NOTHING = happens()
R = happens(recreated())
NEW = happens(made())
