"""What an error advises is about the stage that the error is about."""

from __future__ import annotations

import pytest

from shipyard.cli.stage_words import in_its_stage


@pytest.mark.parametrize(
    ("text", "arguments", "about", "expected"),
    [
        ("-> `shipyard logs web` tells", [], "", "-> `shipyard logs web` tells"),
        (
            "-> `shipyard logs web` tells, `shipyard plan` more",
            ["apply", "--stage", "prod"],
            "",
            "-> `shipyard logs --stage prod web` tells, `shipyard plan --stage prod` more",
        ),
        (
            "`shipyard plan`",
            ["apply", "-sprod", "--instance=pr-1"],
            "",
            "`shipyard plan --stage prod --instance pr-1`",
        ),
        ("`shipyard plan`", ["apply", "release.plan"], "--stage prod", "`shipyard plan --stage prod`"),
        ("`shipyard plan`", ["apply", "-s", "prod"], "--stage prod", "`shipyard plan --stage prod`"),
        ("`shipyard secret set A`", ["apply", "-s", "prod"], "", "`shipyard secret set --stage prod A`"),
        (
            "`shipyard secret set A --stage x`",
            ["apply", "-s", "prod"],
            "",
            "`shipyard secret set A --stage x`",
        ),
        ("`shipyard plan --help`", ["apply", "-s", "prod"], "", "`shipyard plan --help`"),
        (
            "`shipyard init` and shipyard plan",
            ["apply", "-s", "prod"],
            "",
            "`shipyard init` and shipyard plan",
        ),
        ("`shipyard planning`", ["apply", "-s", "prod"], "", "`shipyard planning`"),
    ],
)
def test_commands_are_about_the_same_stage(
    text: str, arguments: list[str], about: str, expected: str
) -> None:
    assert in_its_stage(text, arguments, about) == expected
