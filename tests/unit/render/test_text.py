"""The plan for a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from shipyard.model.plan import (
    BuildImage,
    ConnectService,
    CreateNetwork,
    CreateService,
    DriftCause,
    FieldCause,
    FilesCause,
    ImageCause,
    Interruption,
    MendService,
    Plan,
    Problem,
    PullImage,
    ReasonCause,
    RemoveService,
    RemoveVolume,
    ReplaceService,
    RunJob,
    ScaleService,
    StartService,
    UpdateService,
)
from shipyard.render.describe import cause_text, plain, summary_text
from shipyard.render.text import plan_text

Make = Callable[..., Plan]

NEW = ReasonCause(reason="new", text="declared and not there")
GONE = ReasonCause(reason="removed", text="no longer declared")
REPLACE = ReplaceService(
    address="service.web",
    causes=(ImageCause(by="image.web/build"), FieldCause(path="env.LEVEL", before="info", after="warning")),
    containers=("c1",),
    replicas=(1, 1),
    strategy="stop-first",
    interruption=Interruption(seconds=3, why="port 80 is held"),
)
OPERATIONS = (
    BuildImage(
        address="image.web", causes=(FilesCause(changed=("app/views.py",)),), reference="shop/web:in-2"
    ),
    CreateNetwork(address="network.back", causes=(NEW,)),
    RunJob(address="job.web", causes=(ImageCause(by=None),), command=("python", "manage.py", "migrate")),
    REPLACE,
    RemoveService(address="service.old", causes=(GONE,), containers=("c2",)),
    UpdateService(
        address="service.db",
        causes=(DriftCause(path="restart", declared="unless-stopped", found="no"),),
        containers=("c3",),
    ),
)


def test_the_whole(plan: Make) -> None:
    text = plan_text(
        plan(
            *OPERATIONS,
            unchanged=("service.cache", "service.queue"),
            attention=(("service.cache", "shop-prod-cache-1 is unhealthy"),),
            feels=(("service.queue", "feels the replacement of web"),),
            not_compared=("service.web: secrets.TOKEN",),
            notes=("requests is not pinned",),
            problems=(Problem(address="service.web", title="host port 80 is held", hint="stop it"),),
        ),
        width=130,
    )
    assert text == (
        "shop / prod on ssh://deploy@db1    "
        "1 to remove, 1 to build, 1 to replace, 1 to create, 1 to repair, 1 to run, 2 unchanged\n"
        "\n"
        "- remove   old           no longer declared\n"
        "+ build    web           app/views.py changed (1 file)    shop/web:in-2\n"
        "+ create   network back  declared and not there\n"
        "> run      web           image changed    python manage.py migrate\n"
        '~ replace  web           image; env.LEVEL "info" -> "warning"    '
        "stop-first, about 3 s: port 80 is held\n"
        '! update   db            drift: restart is "no", declared "unless-stopped"\n'
        "\n"
        "attention: cache: shop-prod-cache-1 is unhealthy\n"
        "unchanged: queue feels the replacement of web\n"
        "not compared: service.web: secrets.TOKEN (no value or no key here)\n"
        "note: requests is not pinned\n"
        "problem: service.web: host port 80 is held\n"
        "  -> stop it\n"
    )


def test_nothing_to_do(plan: Make) -> None:
    assert plan_text(plan(unchanged=("service.web", "service.db"))) == (
        "shop / prod on ssh://deploy@db1    2 unchanged\n\nNothing to do: everything is as declared.\n"
    )
    assert plan_text(plan(instance="pr-1")).startswith(
        "shop / prod / pr-1 on ssh://deploy@db1    nothing to do\n"
    )


def test_offline(plan: Make) -> None:
    text = plan_text(plan(OPERATIONS[1], engine=None))
    assert text.splitlines()[:2] == [
        "shop / prod on no engine (offline)    1 to create",
        "offline: compared with nothing; this is what a first apply would do",
    ]


def test_colours_only_when_asked(plan: Make) -> None:
    made = plan(*OPERATIONS, problems=(Problem(address="a", title="b", hint="c"),))
    bare, painted = plan_text(made), plan_text(made, colour=True)
    assert "\x1b" not in bare
    assert re.sub(r"\x1b\[\d*m", "", painted) == bare
    assert "\x1b[31m- remove   old" in painted


LONG = (
    BuildImage(
        address="image.web",
        causes=(FilesCause(changed=tuple(f"app/some/deep/folder/module_{n}.py" for n in range(9))),),
        reference="registry.example.com/acme/shop/web:in-0123456789abcdef",
    ),
    REPLACE,
    RunJob(address="job.web", causes=(NEW,), command=("python", "manage.py", "x" * 90)),
    ConnectService(
        address="service.web",
        causes=(DriftCause(path="networks.a", declared="connected", found="disconnected"),),
        links=(("c1", "shop-prod_default"), ("c2", "shop-prod_default"), ("c2", "other")),
    ),
    MendService(
        address="service.worker",
        causes=(ReasonCause(reason="interrupted", text="an interrupted replace left x behind"),),
        remove=("c",),
    ),
    CreateService(address="service.a-rather-long-name-of-a-service", causes=(NEW,), replicas=3),
)


@pytest.mark.parametrize("width", [66, 80, 100, 200])
def test_operations_are_never_wider_than_the_terminal(plan: Make, width: int) -> None:
    lines = plan_text(plan(*LONG), width=width).splitlines()[1:]
    assert [line for line in lines if len(line) > width] == []
    assert "module_2.pyand6morechanged(9files)" in "".join("".join(lines).split())


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_at_all_is_wider_than_the_terminal(plan: Make, width: int) -> None:
    made = plan(
        *OPERATIONS,
        unchanged=("service.a",),
        attention=(("service.cache", "shop-prod-cache-1 is unhealthy " + "and so on " * 9),),
        notes=("a long note " * 9,),
        problems=(Problem(address="service.web", title="a long title " * 9, hint="a long hint " * 9),),
    )
    assert [line for line in plan_text(made, width=width).splitlines() if len(line) > width] == []


def test_a_narrow_operation_hangs_below_its_head(plan: Make) -> None:
    assert plan_text(plan(REPLACE), width=60).splitlines()[2:] == [
        "~ replace  web  image",
        '                env.LEVEL "info" -> "warning"',
        "                stop-first, about 3 s: port 80 is held",
    ]


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (FieldCause(path="a", before=None, after=1), "a (none) -> 1"),
        (FieldCause(path="a", before=["x"], after=("x", "y")), 'a ["x"] -> ["x", "y"]'),
        (FieldCause(path="a", before="x\n\x1b[31m", after=""), 'a "x\\n\\u001b[31m" -> ""'),
        (FieldCause(path="secrets.A", sensitive=True), "secrets.A changed (value hidden)"),
        (FilesCause(added=("a", "b"), removed=("c",)), "a, b added; c removed (3 files)"),
        (FilesCause(changed=("a", "b", "c", "d")), "a, b, c and 1 more changed (4 files)"),
        (ImageCause(by="image.web/build"), "image"),
        (ImageCause(by=None), "image changed"),
        (
            DriftCause(path="state", declared="running", found="paused"),
            'drift: state is "paused", declared "running"',
        ),
        (ReasonCause(reason="new", text="new service x"), "new service x"),
    ],
)
def test_causes_in_words(cause: Any, text: str) -> None:
    assert cause_text(cause) == text


def test_long_values_are_cut() -> None:
    assert plain("x" * 58) == '"' + "x" * 58 + '"'
    assert plain("x" * 59) == '"' + "x" * 56 + "..."


def test_the_summary() -> None:
    assert summary_text({}) == "nothing to do"
    assert summary_text({"remove": 0, "build": 2, "repair": 1, "unchanged": 3}) == (
        "2 to build, 1 to repair, 3 unchanged"
    )


def test_every_action_is_counted(plan: Make) -> None:
    operations = (
        PullImage(address="image.db", causes=(NEW,), reference="x"),
        ScaleService(address="service.a", causes=(NEW,), replicas=(1, 2)),
        StartService(address="service.b", causes=(NEW,), containers=("c",)),
        MendService(address="service.c", causes=(NEW,)),
        RemoveVolume(address="volume.data", causes=(GONE,), volume="v"),
    )
    lines = plan_text(plan(*operations)).splitlines()
    assert lines[0].endswith("1 to remove, 1 to pull, 1 to scale, 2 to repair")
    assert lines[2] == "- remove   volume data  no longer declared"
