"""Other numbers of containers, and what happened to containers by hand."""

from __future__ import annotations

from compose_table import by_hand
from compose_table.by_hand import Hand
from compose_table.driven import Model
from compose_table.row import NEW, NOTHING, SAME, Outcome, R, Row, happens, made, model, recreated, removed


def replicas(number: int) -> Model:
    return model({"deploy": {"replicas": number}})


OUTDATED = model({"environment": {"LEVEL": "info"}})
ENDS: Model = model({"command": ["true"]})

STARTED = happens({"old web-1": "start +shared"})
R_OF_STOPPED = happens({"old web-1": "destroy", "new web-1": "create rename start +shared"})
R_UNDER_ITS_NAME = happens(
    {"old elsewhere": "kill stop die destroy -shared", "new web-1": "create rename start +shared"}
)
RAN = "start die +shared -shared"
CONFLICT = happens(fails="is already in use by container")


def _noticed_only_by_force(change: str, hand: Hand, forced: Outcome = R) -> Row:
    return Row(
        change=change, before=SAME, by_hand=hand, after=SAME, kept=NOTHING, plain=NOTHING, forced=forced
    )


ROWS = (
    Row(
        change="replicas up, from 1 to 3",
        before=SAME,
        after=replicas(3),
        kept=happens(made(2), made(3)),
        plain=happens(made(2), made(3)),
        forced=happens(recreated(), made(2), made(3)),
        quick=("kept",),
    ),
    Row(
        change="replicas up, where deploy was absent",
        before=model({"deploy": None}),
        after=replicas(2),
        kept=happens(made(2)),
        plain=happens(recreated(), made(2)),
        forced=happens(recreated(), made(2)),
    ),
    Row(
        change="replicas down, from 3 to 1",
        before=replicas(3),
        after=SAME,
        kept=happens(removed(2), removed(3)),
        plain=happens(removed(2), removed(3)),
        forced=happens(recreated(), removed(2), removed(3), numbered=False),
    ),
    Row(
        change="stopped by hand",
        before=SAME,
        by_hand=by_hand.stopped,
        after=SAME,
        kept=STARTED,
        plain=STARTED,
        forced=R_OF_STOPPED,
        quick=("kept",),
    ),
    Row(
        change="stopped by hand, and outdated",
        before=SAME,
        by_hand=by_hand.stopped,
        after=OUTDATED,
        kept=STARTED,
        plain=R_OF_STOPPED,
        forced=R_OF_STOPPED,
        quick=("kept", "plain"),
    ),
    Row(
        change="killed by hand",
        before=SAME,
        by_hand=by_hand.killed,
        after=SAME,
        kept=STARTED,
        plain=STARTED,
        forced=R_OF_STOPPED,
    ),
    Row(
        change="paused",
        before=SAME,
        by_hand=by_hand.paused,
        after=SAME,
        kept=happens(fails="cannot start a paused container"),
        plain=happens(fails="cannot start a paused container"),
        forced=happens({**recreated(), "old web-1": "unpause kill stop die destroy -shared"}),
        quick=("kept",),
    ),
    Row(
        change="disconnected by hand",
        before=SAME,
        by_hand=by_hand.disconnected,
        after=SAME,
        kept=NOTHING,
        plain=happens({"old web-1": "kill stop die destroy", "new web-1": "create rename start +shared"}),
        forced=happens({"old web-1": "kill stop die destroy", "new web-1": "create rename start +shared"}),
    ),
    _noticed_only_by_force("renamed by hand", by_hand.renamed, R_UNDER_ITS_NAME),
    _noticed_only_by_force("restart policy changed by hand", by_hand.policy_changed),
    _noticed_only_by_force("limits changed by hand", by_hand.limits_changed),
    Row(
        change="its name is taken by a container without labels",
        before=None,
        by_hand=by_hand.name_taken,
        after=SAME,
        kept=CONFLICT,
        plain=CONFLICT,
        forced=CONFLICT,
        quick=("kept",),
    ),
    Row(
        change="a one-shot that has ended",
        before=ENDS,
        by_hand=by_hand.ended,
        after=ENDS,
        until_ended="web-1",
        kept=happens({"old web-1": RAN}),
        plain=happens({"old web-1": RAN}),
        forced=happens({"old web-1": "destroy", "new web-1": f"create rename {RAN}"}),
        quick=("kept",),
    ),
    Row(
        change="new, and crashes at once",
        before=None,
        after=model({"command": ["false"]}),
        until_ended="web-1",
        kept=happens({"new web-1": f"create {RAN}"}),
        plain=happens({"new web-1": f"create {RAN}"}),
        forced=happens({"new web-1": f"create {RAN}"}),
    ),
    Row(
        change="new, with --wait",
        before=None,
        after=SAME,
        flags=("--wait",),
        kept=NEW,
        plain=NEW,
        forced=NEW,
    ),
    Row(
        change="new and ends with 0, with --wait",
        before=None,
        after=ENDS,
        flags=("--wait",),
        kept=happens({"new web-1": f"create {RAN}"}, fails="exited (0)"),
        plain=happens({"new web-1": f"create {RAN}"}, fails="exited (0)"),
        forced=happens({"new web-1": f"create {RAN}"}, fails="exited (0)"),
    ),
)
