"""Changes of a service itself, and of what Compose does not look at."""

from __future__ import annotations

from compose_table import by_hand
from compose_table.driven import Model
from compose_table.row import NEW, NOTHING, SAME, R, Row, model, service

EVERY = ("kept", "plain", "forced")


def _seen(change: str, quick: tuple[str, ...] = ("plain",), **settings: object) -> Row:
    """A reason to recreate the container, unless that is forbidden."""
    return Row(
        change=change, before=SAME, after=model(settings), kept=NOTHING, plain=R, forced=R, quick=quick
    )


def _unseen(change: str, after: Model) -> Row:
    """No reason for anything."""
    return Row(change=change, before=SAME, after=after, kept=NOTHING, plain=NOTHING, forced=R)


def _content(change: str, settings: Model, **top: object) -> Row:
    """The same model over a file with other content."""
    same = model(settings, **top)
    return Row(
        change=change,
        prepare=by_hand.content,
        before=same,
        by_hand=by_hand.content_changed,
        after=same,
        kept=NOTHING,
        plain=NOTHING,
        forced=R,
    )


FILE = {"one": {"file": "@folder/content"}}
MOVED = model({"image": "@project/moved:1"})

ROWS = (
    Row(
        change="nothing",
        before=SAME,
        after=SAME,
        kept=NOTHING,
        plain=NOTHING,
        forced=R,
        quick=("kept", "plain"),
    ),
    Row(change="new service", before=None, after=SAME, kept=NEW, plain=NEW, forced=NEW, quick=("kept",)),
    _seen("environment", EVERY, environment={"LEVEL": "info"}),
    _seen("label", labels={"team": "shop"}),
    _seen("image by another name", image=by_hand.OTHER_IMAGE),
    _seen("port", ports=["127.0.0.1::8000"]),
    _seen("command", command=["sleep", "1000000"]),
    _seen("health check", healthcheck={"test": ["CMD", "true"], "interval": "60s"}),
    _seen("restart policy", restart="unless-stopped"),
    _seen("limits", deploy={"replicas": 1, "resources": {"limits": {"memory": "64M"}}}),
    _seen("alias", networks={"default": {"aliases": ["front"]}}),
    Row(
        change="same tag, another image",
        prepare=by_hand.tagged,
        before=MOVED,
        by_hand=by_hand.retagged,
        after=MOVED,
        kept=NOTHING,
        plain=R,
        forced=R,
    ),
    _unseen("depends_on", model({"depends_on": ["db"]}, others={"db": service()})),
    _unseen("profiles", model({"profiles": ["late"]})),
    _unseen("pull_policy", model({"pull_policy": "never"})),
    _unseen("build", model({"build": {"context": "@folder"}})),
    _content("content of a bind mount", {"volumes": ["@folder/content:/content:ro"]}),
    _content("content of a secret's file", {"secrets": ["one"]}, secrets=FILE),
    _content("content of a config's file", {"configs": ["one"]}, configs=FILE),
)
