"""Changes of networks and volumes that Compose has made itself: what Shipyard keeps out of its hands."""

from __future__ import annotations

from compose_table import by_hand
from compose_table.driven import Model
from compose_table.row import NOTHING, SAME, R, Row, happens, model, recreated, service

ON_BACK = {"networks": ["default", "back"]}
ONLY_BACK = {"networks": ["back"]}
BACK = {"back": {}}
OTHER_BACK = {"back": {"internal": True}}

DATA: Model = {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}
OTHER_DATA = {"data": {"labels": {"team": "shop"}}}

KEEPING = {"image": by_hand.KEEPING}

STOPPED_ON_BACK = {"old web-1": "kill stop die -back"}
NETWORK_REPLACED = {"network back": "destroy create"}
SAME_ON_NEW_BACK = happens({"old web-1": "kill stop die -back start +back"}, NETWORK_REPLACED)
STILL_USED = happens(STOPPED_ON_BACK, fails="has active endpoints")

VOLUME_REPLACED = {"volume data": "destroy create"}
DATA_LOST = happens(
    {"old web-1": "kill stop die destroy -shared", "new web-1": "create start +shared"}, VOLUME_REPLACED
)

ROWS = (
    Row(
        change="volume added",
        before=SAME,
        after=model(DATA, volumes={"data": {}}),
        kept=happens({"volume data": "create"}),
        plain=happens(recreated(), {"volume data": "create"}),
        forced=happens(recreated(), {"volume data": "create"}),
        quick=("kept",),
    ),
    Row(
        change="network added",
        before=SAME,
        after=model(ON_BACK, networks=BACK),
        kept=happens({"network back": "create"}),
        plain=happens(recreated(after="shared back"), {"network back": "create"}),
        forced=happens(recreated(after="shared back"), {"network back": "create"}),
        quick=("kept",),
    ),
    Row(
        change="volume removed",
        before=model(DATA, volumes={"data": {}}),
        after=SAME,
        kept=NOTHING,
        plain=R,
        forced=R,
    ),
    Row(
        change="network removed",
        before=model(ON_BACK, networks=BACK),
        after=SAME,
        kept=NOTHING,
        plain=happens(recreated(before="shared back")),
        forced=happens(recreated(before="shared back")),
    ),
    Row(
        change="anonymous volume of the image, another change",
        prepare=by_hand.keeping,
        before=model(KEEPING),
        after=model({**KEEPING, "environment": {"LEVEL": "info"}}),
        kept=NOTHING,
        plain=R,
        forced=R,
        quick=("forced",),
    ),
    Row(
        change="anonymous volume of the image, another change, with -V",
        prepare=by_hand.keeping,
        before=model(KEEPING),
        after=model({**KEEPING, "environment": {"LEVEL": "info"}}),
        flags=("-V",),
        kept=happens(fails="--no-recreate and --renew-anon-volumes are incompatible"),
        plain=happens(recreated(), {"volume without a name": "create"}),
        forced=happens(recreated(), {"volume without a name": "create"}),
    ),
    Row(
        change="a network's own settings",
        before=model(ONLY_BACK, networks=BACK),
        after=model(ONLY_BACK, networks=OTHER_BACK),
        kept=SAME_ON_NEW_BACK,
        plain=SAME_ON_NEW_BACK,
        forced=happens(recreated(before="back", after="back"), NETWORK_REPLACED),
        quick=("kept",),
    ),
    Row(
        change="a network's own settings, another service is on it",
        before=model(ONLY_BACK, networks=BACK, others={"db": service(**ONLY_BACK)}),
        after=model(ONLY_BACK, networks=OTHER_BACK, others={"db": service(**ONLY_BACK)}),
        kept=STILL_USED,
        plain=STILL_USED,
        forced=STILL_USED,
        quick=("kept",),
    ),
    Row(
        change="a volume's own settings",
        before=model(DATA, volumes={"data": {}}),
        after=model(DATA, volumes=OTHER_DATA),
        kept=NOTHING,
        plain=NOTHING,
        forced=R,
    ),
    Row(
        change="a volume's own settings, with -y",
        before=model(DATA, volumes={"data": {}}),
        after=model(DATA, volumes=OTHER_DATA),
        flags=("-y",),
        kept=DATA_LOST,
        plain=DATA_LOST,
        forced=DATA_LOST,
        quick=("kept",),
    ),
)
