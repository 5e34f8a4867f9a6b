"""The plan for a terminal, and as plain text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from shipyard.model.plan import (
    BuildImage,
    Cause,
    ConnectService,
    CreateService,
    DriftCause,
    FieldCause,
    FilesCause,
    ImageCause,
    Interruption,
    MendService,
    Operation,
    Plan,
    Problem,
    PullImage,
    ReasonCause,
    RemoveRecords,
    RemoveVolume,
    ReplaceNetwork,
    ReplaceService,
    RunJob,
    ScaleService,
    StartService,
    StopService,
)
from shipyard.model.record import replace
from shipyard.render.describe import cause_text, causes_words, effect_words, plain, text_of
from shipyard.render.summary import summary_text
from shipyard.render.text import plan_lines, plan_text, print_plan

Make = Callable[..., Plan]
Golden = Callable[[str, str], None]

NEW = ReasonCause(reason="new", text="declared and not there")
REPLACE = ReplaceService(
    address="service.web",
    causes=(ImageCause(by="image.web/build"), FieldCause(path="env.LEVEL", before="info", after="warning")),
    containers=("c1",),
    replicas=(1, 1),
    strategy="stop-first",
    interruption=Interruption(seconds=3, why="port 80 is held"),
)


def painted(plan: Plan, width: int = 100, **options: Any) -> str:
    """What a terminal gets."""
    options = {"color_system": "standard", "force_terminal": True, **options}
    console = Console(file=io.StringIO(), width=width, highlight=False, **options)
    print_plan(plan, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_whole(release: Plan, golden: Golden, width: int) -> None:
    text = plan_text(release, width=width)
    assert [line for line in text.splitlines() if len(line) > width] == []
    golden(f"plan-{width}.txt", text)
    assert plan_text(release, width=width) == text
    assert bare(painted(release, width)) == text


def test_as_the_design_shows_it(plan: Make) -> None:
    files = FilesCause(changed=("app/views.py", "app/urls.py"))
    cause = DriftCause(path="restart", declared="unless-stopped", found="no")
    text = plan_text(
        plan(
            BuildImage(address="image.web", causes=(files,), reference="shop/web:in-2"),
            RunJob(address="job.web", causes=(ImageCause(by=None),), command=("migrate",)),
            REPLACE,
            replace(
                REPLACE,
                address="service.worker",
                causes=REPLACE.causes[:1],
                interruption=Interruption(seconds=300, why="up to 5 min to finish its jobs"),
            ),
            CreateService(
                address="service.cache",
                causes=(ReasonCause(reason="new", text="new service redis:7"),),
                replicas=1,
            ),
            StartService(address="service.db", causes=(cause,), containers=("c",)),
            unchanged=("service.a", "service.b"),
        ),
        width=110,
    )
    assert text == (
        "shop / prod on ssh://deploy@db1    "
        "1 to build, 2 to replace, 1 to create, 1 to repair, 1 to run, 2 unchanged\n"
        "\n"
        "+ build    web     app/views.py, app/urls.py changed (2 files)\n"
        "> run      web     before_deploy: image changed    migrate\n"
        '~ replace  web     image; env.LEVEL "info" -> "warning"    stop-first, about 3 s: port 80 is held\n'
        "~ replace  worker  image (shared with web)    stop-first, up to 5 min to finish its jobs\n"
        "+ create   cache   new service redis:7\n"
        '! start    db      drift: restart is "no", declared "unless-stopped"\n'
        "\n"
        "unchanged: a, b\n"
        "\n"
        "drift: what runs was changed by hand, or failed, since the last apply; the plan puts it back\n"
        "stop-first: the old container stops before the new one starts\n"
        "before_deploy: a command that runs once, before its service is replaced\n"
    )


def test_nothing_to_do(plan: Make) -> None:
    done = plan(unchanged=("service.web", "service.db"), secret_sources=(("TOKEN", "environment"),))
    assert plan_text(done) == (
        "shop / prod on ssh://deploy@db1    2 unchanged\n\nNothing to do: everything is as declared.\n"
    )
    assert bare(painted(done)) == plan_text(done)
    assert plan_text(plan(instance="pr-1")).startswith(
        "shop / prod / pr-1 on ssh://deploy@db1    nothing to do\n"
    )


def test_offline(plan: Make) -> None:
    text = plan_text(plan(PullImage(address="image.a", causes=(NEW,), reference="a"), engine=None))
    assert text.splitlines()[:3] == [
        "shop / prod on no engine (offline)    1 to pull",
        "offline: compared with nothing; this is what a first apply would do",
        "",
    ]


def test_what_is_destructive_is_red_and_first(release: Plan) -> None:
    lines = painted(release).splitlines()
    heads = [bare(line)[:8] for line in lines]
    assert lines[3].startswith("\x1b[1;31m- remove   old")
    assert lines[4].startswith("\x1b[1;31m- remove   volume old-data")
    # A network that nobody is on any more is no loss.
    (network,) = [line for line in lines if "network old" in line]
    assert network.startswith("\x1b[33m- remove")
    assert heads.index("+ build ") == 5
    assert [line for line in lines if line.startswith("\x1b[31mproblem: ")]


def test_no_colours_where_none_are_wanted(release: Plan) -> None:
    assert "\x1b" not in painted(release, color_system=None)
    assert "\x1b" not in plan_text(release)


LONG: tuple[Operation, ...] = (
    BuildImage(
        address="image.web",
        causes=(FilesCause(changed=tuple(f"app/some/deep/folder/module_{n}.py" for n in range(9))),),
        reference="registry.example.com/acme/shop/web:in-0123456789abcdef",
    ),
    REPLACE,
    RunJob(address="job.web", causes=(NEW,), command=("python", "manage.py", "x" * 90)),
    PullImage(address="image.db", causes=(NEW,), reference="registry.example.com/" + "long/" * 40 + "db:1"),
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


def crowded(plan: Make) -> Plan:
    long = "a long sentence " * 9
    return plan(
        *LONG,
        unchanged=tuple(f"service.service-{number}" for number in range(40)),
        attention=(("service.cache", "shop-prod-cache-1 is unhealthy " + "and so on " * 9),),
        feels=tuple((f"service.service-{number}", "feels the replacement of web") for number in range(40)),
        not_compared=tuple(f"service.service-{number}: secrets.TOKEN" for number in range(40)),
        notes=(long,),
        problems=(Problem(address="service." + "w" * 70, title=long, hint=long),),
        secret_sources=(("T" * 100, "environment"),),
    )


@pytest.mark.parametrize("width", [24, 40, 60, 66, 80, 100, 200])
def test_nothing_is_wider_than_the_terminal(plan: Make, width: int) -> None:
    text = plan_text(crowded(plan), width=width)
    assert [line for line in text.splitlines() if len(line) > width] == []
    assert "module_2.pyand6morechanged(9files)" in "".join(text.split())
    assert len([line for line in text.splitlines() if line.startswith("unchanged: ")]) == 1
    assert plan_text(crowded(plan), width=5) == plan_text(crowded(plan), width=24)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_wide_characters_take_two_columns(plan: Make, width: int) -> None:
    wide = FieldCause(path="env.TITLE", before="書" * 20, after="書類 " * 9 + "👍🏽é")
    made = plan(
        replace(REPLACE, causes=(wide,)),
        BuildImage(address="image.書類", causes=(FilesCause(added=("書類/" * 30 + "x.py",)),), reference="x"),
        notes=("注意 " * 50,),
    )
    lines = bare(painted(made, width)).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []


def test_columns_stand_below_each_other(plan: Make) -> None:
    wide = PullImage(address="image.書類", causes=(NEW,), reference="x")
    lines = bare(painted(plan(wide, REPLACE))).splitlines()[2:4]
    assert [cell_len(lines[0].partition("declared")[0]), lines[1].index("image;")] == [17, 17]


def test_a_narrow_operation_hangs_below_its_head(plan: Make) -> None:
    assert plan_text(plan(REPLACE), width=60).splitlines()[2:5] == [
        "~ replace  web  image",
        '                env.LEVEL "info" -> "warning"',
        "                stop-first, about 3 s: port 80 is held",
    ]
    assert plan_text(plan(REPLACE), width=30).splitlines()[4:10] == [
        "~ replace  web",
        "    image",
        '    env.LEVEL "info" ->',
        '      "warning"',
        "    stop-first, about 3 s:",
        "      port 80 is held",
    ]


EVIL = "a\x1b[2J\x9b31m\r\n\u202eb\u2066\u200b\u2028\udc80\x7f\U000e0041c"


def test_nothing_that_a_terminal_obeys_comes_through(plan: Make) -> None:
    """Values, paths, names and sentences may come from files, labels and containers of other people."""
    reason = ReasonCause(reason="interrupted", text=EVIL)
    made = plan(
        BuildImage(address=f"image.{EVIL}", causes=(FilesCause(changed=(EVIL,)), reason), reference=EVIL),
        replace(REPLACE, causes=(FieldCause(path=f"env.{EVIL}", before=EVIL, after=None),)),
        RunJob(address="job.a", causes=(DriftCause(path=EVIL, declared=EVIL, found=1),), command=(EVIL,)),
        PullImage(address="image.b", causes=(reason,), reference=EVIL),
        project=EVIL,
        unchanged=(f"service.{EVIL}",),
        attention=((f"service.{EVIL}", EVIL),),
        feels=((f"service.{EVIL}", EVIL),),
        not_compared=(EVIL, f"service.{EVIL}: {EVIL}"),
        notes=(EVIL,),
        problems=(Problem(address=EVIL, title=EVIL, hint=EVIL),),
        secret_sources=((EVIL, EVIL),),
    )
    told = plan_text(made), bare(painted(made))
    for text in told:
        assert re.findall(r"[^\n -~]", text) == []
        assert r"\u001b[2J\u009b31m" in text
        assert r"\u202eb\u2066\u200b\u2028\udc80\u007f\udb40\udc41c" in "".join(text.split())


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (FieldCause(path="a", before=None, after=1), "a (none) -> 1"),
        (FieldCause(path="a", before=["x"], after=("x", "y")), 'a ["x"] -> ["x", "y"]'),
        (FieldCause(path="a", before="x\n\x1b[31m", after=""), 'a "x\\n\\u001b[31m" -> ""'),
        (FieldCause(path="secrets.A", sensitive=True), "secrets.A changed (value hidden)"),
        (
            FieldCause(path="resources.memory", before=None, after=512 * 1024**2),
            "resources.memory no limit -> 512M",
        ),
        (FieldCause(path="resources.memory", before=3 * 1024**3, after=1000), "resources.memory 3G -> 1000"),
        (FieldCause(path="resources.cpus", before=0.5, after=None), "resources.cpus 0.5 -> no limit"),
        (
            FieldCause(path="build.install", before="0" * 64, after="a" * 64),
            "build.install changed: what is asked of the installer, or how",
        ),
        (
            FieldCause(
                path="health",
                before={"command": ["a"], "interval": 10, "retries": 3},
                after={"command": ["b"], "interval": 5, "retries": 3},
            ),
            'health.command ["a"] -> ["b"]; health.interval 10 -> 5',
        ),
        (FieldCause(path="health", before={"interval": 10}, after=None), 'health {"interval": 10} -> (none)'),
        (
            FieldCause(path="settings", before='{"driver":null,"internal":false}', after='{"internal":true}'),
            "settings.internal false -> true",
        ),
        (FieldCause(path="settings", before="{", after='{"a": 1}'), 'settings "{" -> "{\\"a\\": 1}"'),
        # What only looks like a table is a text.
        (FieldCause(path="env.A", before='{"a":1}', after='{"a":2}'), 'env.A "{\\"a\\":1}" -> "{\\"a\\":2}"'),
        (FilesCause(added=("a", "b"), removed=("c",)), "a, b added; c removed (3 files)"),
        (FilesCause(changed=("a", "b", "c", "d")), "a, b, c and 1 more changed (4 files)"),
        (FilesCause(changed=("a/",)), "a/ changed (1 file)"),
        (ImageCause(by="image.web/build"), "image"),
        (ImageCause(by=None), "image changed"),
        (ImageCause(by=None, before="a:1", after="a:2"), 'image "a:1" -> "a:2", already there'),
        (
            DriftCause(path="state", declared="running", found="paused"),
            'drift: state is "paused", declared "running"',
        ),
        (
            DriftCause(path="image", declared="53c2", found="0f12"),
            'drift: the tag now means image "53c2", what runs is "0f12"',
        ),
        (
            DriftCause(path="image.tag", declared="in-1", found="0f12"),
            'drift: its tag was moved by hand, to image "0f12"',
        ),
        (
            DriftCause(path="image.inputs", declared="those of its tag", found="0f12"),
            'drift: it runs image "0f12", which is not of these inputs',
        ),
        (
            DriftCause(path="compose.memswap_limit", declared=0, found=1024**3),
            "drift: compose.memswap_limit is 1G, declared no limit, which takes a new container",
        ),
        (
            DriftCause(path="resources.cpus", declared=0, found=1.5),
            "drift: resources.cpus is 1.5, declared no limit, which takes a new container",
        ),
        (ReasonCause(reason="new", text="new service x"), "new service x"),
    ],
)
def test_causes_in_words(cause: Cause, text: str) -> None:
    assert cause_text(cause) == text


def test_an_image_is_shared() -> None:
    for by in ("image.web/build", "image.web/pull"):
        worker = replace(REPLACE, address="service.worker", causes=(ImageCause(by=by),))
        assert cause_text(worker.causes[0], worker) == "image (shared with web)"
        assert cause_text(worker.causes[0], REPLACE) == "image"


def test_many_dependencies_are_counted() -> None:
    causes = tuple(
        FieldCause(path=f"build.dependencies.p{number:02}", before="1", after="2") for number in range(80)
    )
    operation = BuildImage(address="image.web", causes=(*causes, NEW), reference="x")
    words = [text_of(one) for one in causes_words(operation)]
    assert words[4:] == [
        'build.dependencies.p04 "1" -> "2"',
        "declared and not there",
        "and 75 more dependencies",
    ]


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (REPLACE, "stop-first, about 3 s: port 80 is held"),
        (
            replace(
                REPLACE, interruption=Interruption(seconds=300, why="up to 5 min to finish what it does")
            ),
            "stop-first, up to 5 min to finish what it does",
        ),
        (
            replace(
                REPLACE,
                strategy="start-first",
                interruption=Interruption(seconds=0, why="the new one is healthy before the old one stops"),
            ),
            "start-first, no interruption: the new one is healthy before the old one stops",
        ),
        (
            ReplaceNetwork(address="network.a", causes=(NEW,), network="n"),
            "those on it are disconnected for a moment",
        ),
        (CreateService(address="service.a", causes=(NEW,), replicas=1), ""),
        (CreateService(address="service.a", causes=(NEW,), replicas=2), "2 replicas"),
        (
            CreateService(
                address="service.a",
                causes=(NEW,),
                replicas=1,
                publish=("0.0.0.0:80:8000/tcp", "[::1]:80:8000/tcp", "127.0.0.1:53:53/udp"),
            ),
            "at 0.0.0.0:80, [::1]:80, 127.0.0.1:53/udp",
        ),
        (
            CreateService(address="service.a", causes=(NEW,), replicas=2, publish=("127.0.0.1::8000/tcp",)),
            "2 replicas, at a free port of 127.0.0.1",
        ),
        (ScaleService(address="service.a", causes=(NEW,), replicas=(1, 2)), ""),
        (
            ScaleService(address="service.a", causes=(NEW,), replicas=(3, 1), removed=("a", "b")),
            "removes 2 containers",
        ),
        (
            StopService(address="service.a", causes=(NEW,), containers=("a",)),
            "until it is replaced, later in this plan",
        ),
        (RemoveVolume(address="volume.a", causes=(NEW,), volume="v"), "the data in it is lost"),
        (PullImage(address="image.a", causes=(NEW,), reference="a:1"), "a:1"),
        (RunJob(address="job.a", causes=(NEW,), command=("a", "b\n")), "a b\\n"),
        (RunJob(address="job.a", causes=(NEW,), command=("a" * 300,)), "a" * 197 + "..."),
    ],
)
def test_effects_in_words(operation: Operation, text: str) -> None:
    assert text_of(effect_words(operation)) == text


def test_runs_of_a_service_are_not_taken_for_it(plan: Make) -> None:
    """What goes are the containers of an earlier before_deploy."""
    cause = ReasonCause(reason="removed", text="no longer declared")
    text = plan_text(plan(RemoveRecords(address="job.web", causes=(cause,), containers=("a",))))
    assert "- remove   runs of web  before_deploy: no longer declared    removes 1 container" in text


def test_long_values_are_cut() -> None:
    assert plain("x" * 58) == '"' + "x" * 58 + '"'
    assert plain("x" * 59) == '"' + "x" * 56 + "..."


def test_one_sees_where_long_values_differ() -> None:
    same = "x" * 100
    cause = FieldCause(path="a", before=same + "one", after=same + "two")
    assert cause_text(cause) == 'a "...xxxxxxxxone" -> "...xxxxxxxxtwo"'.replace('"...', "...")
    cause = FieldCause(path="a", before=same, after=same + "y" * 100)
    before, _, after = cause_text(cause).removeprefix("a ").partition(" -> ")
    assert before != after
    assert max(len(before), len(after)) <= 60


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
        StopService(address="service.d", causes=(NEW,), containers=("c",)),
        RemoveVolume(address="volume.data", causes=(NEW,), volume="v"),
    )
    lines = plan_text(plan(*operations)).splitlines()
    assert lines[0].endswith("1 to remove, 1 to pull, 1 to scale, 1 to stop, 2 to repair")
    assert lines[2] == "- remove   volume data  declared and not there    the data in it is lost"


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (REPLACE, ["stop-first"]),
        (replace(REPLACE, strategy="start-first"), ["start-first"]),
        (MendService(address="service.a", causes=(NEW,)), ["mend"]),
        (RunJob(address="job.a", causes=(NEW,), command=("a",)), ["before_deploy"]),
        (PullImage(address="image.a", causes=(NEW,), reference="drift:mend"), []),
        (
            StartService(
                address="service.a", causes=(DriftCause(path="state", declared=1, found=2),), containers=()
            ),
            ["drift"],
        ),
    ],
)
def test_unusual_words_are_explained_where_they_occur(
    plan: Make, operation: Operation, words: list[str]
) -> None:
    lines = plan_lines(plan(operation, operation), 100)
    asides = ["".join(text for text, style in line if style == "aside") for line in lines]
    assert [line.partition(":")[0] for line in asides if line] == words
