"""The plan as Markdown: what people see in a pull request, and that nothing in a value is markup there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shipyard.model.observed import Engine
from shipyard.model.plan import (
    BuildImage,
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
    ReasonCause,
    RemoveService,
    RemoveVolume,
    ReplaceService,
    RunJob,
)
from shipyard.model.record import replace
from shipyard.render.markdown import plan_markdown
from shipyard.render.printable import printable

Make = Callable[..., Plan]

LIMIT = 65_000
OWN_HTML = re.compile(
    r"<!-- shipyard-plan [A-Za-z0-9_. -]+ -->|"
    r"<details><summary>(Files|Unchanged|Notes|Words) \(\d+\)</summary>|</details>"
)
STRUCTURE = {
    *("html_block", "heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "fence"),
    *("text", "code_inline", "strong_open", "strong_close", "softbreak"),
}


def tokens(text: str) -> Iterator[Token]:
    """All tokens, as GitHub's flavour (tables, strike-through, bare links) has them."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in parser.parse(text):
        yield token
        yield from token.children or ()


def held(text: str) -> None:
    """Nothing but our own markup."""
    assert len(text) < LIMIT
    found = list(tokens(text))
    assert {token.type for token in found} <= STRUCTURE
    html = [token.content.strip() for token in found if token.type == "html_block"]
    assert [one for one in html if not OWN_HTML.fullmatch(one)] == []
    assert html.count("</details>") == len([one for one in html if one.startswith("<details>")])
    assert len([token for token in found if token.type == "heading_open"]) == 1
    # What is not in code is plain words: no mention, reference, entity, short code or link in them.
    for token in found:
        if token.type == "text":
            assert re.findall(r"[@#&<`*_\[\]~$!|\\]|://|www\.", token.content) == []
        if token.type == "fence":
            assert [
                line for line in token.content.splitlines() if line[:2] not in ("! ", "+ ", "- ", "an")
            ] == []


def code(text: str) -> set[str]:
    return {token.content for token in tokens(text) if token.type == "code_inline"}


def test_the_whole(release: Plan, golden: Callable[[str, str], None]) -> None:
    text = plan_markdown(release)
    held(text)
    golden("plan.md", text)
    assert plan_markdown(release) == text


def test_a_job_finds_its_comment_again(plan: Make) -> None:
    assert plan_markdown(plan()).splitlines()[0] == "<!-- shipyard-plan shop prod -->"
    instance = plan_markdown(plan(instance="pr-1"))
    assert instance.splitlines()[:2] == [
        "<!-- shipyard-plan shop prod pr-1 -->",
        "### `shop` / `prod` / `pr-1` on `ssh://deploy@db1`",
    ]
    assert plan_markdown(plan(project="--> <b>", engine=None)).splitlines()[:2] == [
        "<!-- shipyard-plan --_b_ prod -->",
        "### `--> <b>` / `prod` on no engine (offline)",
    ]


def test_nothing_to_do(plan: Make) -> None:
    assert plan_markdown(plan(unchanged=("service.web",))) == (
        "<!-- shipyard-plan shop prod -->\n"
        "### `shop` / `prod` on `ssh://deploy@db1`\n"
        "\n"
        "**1 unchanged**\n"
        "\n"
        "Nothing to do: everything is as declared.\n"
        "\n"
        "<details><summary>Unchanged (1)</summary>\n"
        "\n"
        "- `web`\n"
        "\n"
        "</details>\n"
    )


def replaced(
    *causes: FieldCause | DriftCause | ImageCause | ReasonCause, name: str = "web"
) -> ReplaceService:
    return ReplaceService(
        address=f"service.{name}",
        causes=causes,
        containers=("c",),
        replicas=(1, 1),
        strategy="stop-first",
        interruption=Interruption(seconds=3, why="port 80 is held"),
    )


@pytest.mark.parametrize(
    "value",
    [
        "`", "``", "` `", "a`b``c", "`a", "a`", " ", "  ", " a ", "|", "a|b", "\\", "\\`", "a\\|b", "\n\n# x",
        "---", "<script>alert(1)</script>", "</details>", "<!--", "-->", "&lt;", "&#64;all", "@octocat", "#1",
        "GH-1", "[x](http://x.example)", "![x](x)", "http://x.example", "www.x.example", "me@x.example",
        ":smile:", "*a*", "_a_", "~~a~~", "$a$", "```\nx\n```", "/close", "- [ ] x", "0123456789abcdef", "",
    ],
)  # fmt: skip
def test_values_come_out_as_text(plan: Make, value: str) -> None:
    job = RunJob(
        address="job.a", causes=(ReasonCause(reason="new", text=f"because of {value}"),), command=(value,)
    )
    made = plan(
        replaced(DriftCause(path=f"p{value}", declared=value, found=None)),
        BuildImage(address="image.web", causes=(FilesCause(changed=(value,) * 4),), reference="x"),
        job,
        unchanged=(f"service.{value}",),
        problems=(Problem(address=f"service.{value}", title=value, hint=value),),
        notes=(value,),
        not_compared=(value,),
    )
    text = plan_markdown(made)
    held(text)
    shown = printable(value)
    assert {f"p{shown}", shown or '""'} <= {one if one.strip() else shown for one in code(text)}
    assert f"! web: {shown}\n" in text


def test_commands_stay_whole(plan: Make) -> None:
    note = (
        "web: rename it, and `uv pip compile requirements.in -o requirements.txt` pins everything (`--help`)."
    )
    text = plan_markdown(replace(plan(), notes=(note,)))
    assert note in text


def test_words_stay_words(plan: Make) -> None:
    hint = "stop it (docker stop shop_web-1), or publish another port; it's 80."
    text = plan_markdown(plan(problems=(Problem(address="service.web", title="port 80 is held", hint=hint),)))
    assert "- `web`: port 80 is held\n" in text
    assert "  - stop it (docker stop `shop_web-1`), or publish another port; it's 80.\n" in text


def test_destructive_operations_come_first(release: Plan) -> None:
    text = plan_markdown(release)
    order = ("**Problems", "**Destructive**", "**remove** `old`", "**Changes**", "**build**", "<details>")
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def many(plan: Make, count: int, operation: Operation) -> Plan:
    doomed = RemoveService(
        address="service.a", causes=(ReasonCause(reason="removed", text="gone"),), containers=()
    )
    return plan(
        *(replace(operation, address=f"service.{operation.name}{number}") for number in range(count)),
        *(replace(doomed, address=f"service.{number}") for number in range(count)),
        unchanged=tuple(f"service.u{number}" for number in range(count)),
        problems=tuple(
            Problem(address=f"service.{n}", title="t" * 900, hint="h" * 900) for n in range(count)
        ),
        attention=tuple((f"service.{number}", "x is unhealthy") for number in range(count)),
        notes=("a note " * 900,) * count,
    )


@pytest.mark.parametrize(("count", "size"), [(1, 1), (1, 10_000_000), (30, 100_000), (1000, 100)])
def test_it_is_never_too_long(plan: Make, count: int, size: int) -> None:
    giant = "`" * size
    causes = (FieldCause(path=giant, before=giant, after=None), ReasonCause(reason="new", text=giant))
    text = plan_markdown(many(plan, count, replaced(*causes, name="x")))
    held(text)
    if count == 1000:
        left_out = re.findall(
            r"^- and (\d+) more, left out here: the page would be too long$", text, re.MULTILINE
        )
        assert len(left_out) >= 3
        shown = text.count("- **replace** ")
        assert shown > 10
        assert str(1000 - shown) in left_out
        assert text.count("- **remove** ") > 200


def test_many_causes_are_cut(plan: Make) -> None:
    causes = tuple(FieldCause(path=f"env.A{number}", before="1", after="2") for number in range(40))
    text = plan_markdown(plan(replaced(*causes)))
    assert "`env.A11`" in text
    assert "`env.A12`" not in text
    assert "  - and more, which `shipyard plan` shows\n" in text


def test_files_are_folded_away(plan: Make) -> None:
    files = FilesCause(
        changed=("a.py",), added=tuple(f"n{number}.py" for number in range(50)), removed=("r.py",)
    )
    text = plan_markdown(plan(BuildImage(address="image.web", causes=(files,), reference="x")))
    held(text)
    head, _, folded = text.partition("<details>")
    assert "`n2.py` and 47 more added" in head
    assert "n3.py" not in head
    assert "<summary>Files (52)</summary>\n\n```diff\n! web: a.py\n+ web: n0.py\n" in text
    assert "- web: r.py\n```\n\n</details>" in folded
    few = BuildImage(address="image.web", causes=(FilesCause(changed=("a.py", "b.py")),), reference="x")
    assert "<summary>Files" not in plan_markdown(plan(few))


NASTY = st.text(
    st.sampled_from("`|<>&@#\\*_~[]()!$:/.-+ \n\t\r'\"aé書\x00\x1b\u202e\udc80") | st.characters(),
    max_size=40,
)
NAMES = NASTY.map(lambda text: f"service.{text}")
CAUSES = st.lists(
    st.builds(FieldCause, path=NASTY, before=NASTY, after=st.none() | st.lists(NASTY, max_size=3))
    | st.builds(FilesCause, changed=st.lists(NASTY, max_size=6).map(tuple), added=st.tuples(NASTY))
    | st.builds(ImageCause, by=st.none() | NASTY, before=NASTY, after=NASTY)
    | st.builds(DriftCause, path=NASTY, declared=NASTY, found=NASTY)
    | st.builds(ReasonCause, reason=st.just("new"), text=NASTY),
    min_size=1,
    max_size=4,
).map(tuple)
OPERATIONS = st.one_of(
    st.builds(BuildImage, address=NAMES, causes=CAUSES, reference=NASTY),
    st.builds(RunJob, address=NAMES, causes=CAUSES, command=st.tuples(NASTY, NASTY)),
    st.builds(CreateService, address=NAMES, causes=CAUSES, replicas=st.just(2)),
    st.builds(MendService, address=NAMES, causes=CAUSES),
    st.builds(RemoveVolume, address=NAMES, causes=CAUSES, volume=NASTY),
    st.builds(
        ReplaceService,
        address=NAMES,
        causes=CAUSES,
        containers=st.just(()),
        replicas=st.just((1, 1)),
        strategy=st.just("stop-first"),
        interruption=st.builds(Interruption, seconds=st.sampled_from([0, 3, 300]), why=NASTY),
    ),
)
PAIRS = st.lists(st.tuples(NAMES, NASTY), max_size=3).map(tuple)
PLANS = st.builds(
    Plan,
    project=NASTY.filter(bool),
    stage=NASTY.filter(bool),
    instance=st.none() | NASTY,
    deployment=NASTY,
    engine=st.none() | st.builds(Engine, id=NASTY, name=NASTY, version=NASTY, address=NASTY),
    operations=st.lists(OPERATIONS, max_size=5).map(tuple),
    unchanged=st.lists(NAMES, max_size=3).map(tuple),
    attention=PAIRS,
    feels=PAIRS,
    not_compared=st.lists(NASTY, max_size=3).map(tuple),
    problems=st.lists(st.builds(Problem, address=NAMES, title=NASTY, hint=NASTY), max_size=3).map(tuple),
    notes=st.lists(NASTY, max_size=3).map(tuple),
    secret_sources=st.lists(st.tuples(NASTY, NASTY), max_size=3).map(tuple),
)


@given(PLANS)
def test_whatever_is_in_a_plan_stays_text(made: Plan) -> None:
    text = plan_markdown(made)
    held(text)
    text.encode()
    assert plan_markdown(made) == text


@given(st.lists(NASTY.filter(bool), min_size=1, max_size=5, unique=True))
def test_every_value_can_be_read(values: list[str]) -> None:
    operations = [
        replaced(DriftCause(path=value, declared=1, found=2), name=str(number))
        for number, value in enumerate(values)
    ]
    made = Plan(
        project="shop", stage="prod", instance=None, deployment="x", engine=None, operations=tuple(operations)
    )
    found = code(plan_markdown(made))
    for value in values:
        # Markdown drops one space at both ends of a code span, unless there is nothing but spaces.
        assert {printable(value), f" {printable(value)} "} & found
