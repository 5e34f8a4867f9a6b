"""Errors as GitHub's own annotations."""

from __future__ import annotations

import pytest

from shipyard.apply import ApplyFailed
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.origin import Path
from shipyard.model.plan import Problem
from shipyard.render.annotations import Annotation, error_annotations, github_line, problem_annotations

LINES: dict[Path, int] = {
    ("services", "web"): 3,
    ("services", "web", "publish", 0): 7,
    ("services", "web", "before_deploy"): 8,
    ("services", "a b"): 9,
    ("networks", "back"): 12,
}


def lines(error: BaseException, folder: str = "") -> list[str]:
    return [github_line(one, folder) for one in error_annotations(error, "shipyard.toml", LINES.get)]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            ShipyardError("no port", where="shipyard.toml:12: services.web.port", hint="add one"),
            "::error file=shipyard.toml,line=12,title=Shipyard%3A services.web.port::no port%0A-> add one",
        ),
        (
            ShipyardError("bad", where="deep/uv.lock:3", details=("one", "two")),
            "::error file=deep/uv.lock,line=3,title=Shipyard::bad%0Aone%0Atwo",
        ),
        (
            ShipyardError("100%, really: yes", where="a,b%.toml:1: x,y:z"),
            "::error file=a%2Cb%25.toml,line=1,title=Shipyard%3A x%2Cy%3Az::100%25, really: yes",
        ),
        (
            ShipyardError("a\r\nb\x1b[31m", where="a:1"),
            "::error file=a,line=1,title=Shipyard::a%0D%0Ab\\u001b[31m",
        ),
        (
            ShipyardError("held", where="services.web.publish[0]"),
            "::error file=shipyard.toml,line=7,title=Shipyard%3A services.web.publish[0]::held",
        ),
        (
            ShipyardError("what?", where='services."a b"'),
            '::error file=shipyard.toml,line=9,title=Shipyard%3A services."a b"::what?',
        ),
        (
            ShipyardError("not here", where="volumes.data"),
            "::error file=shipyard.toml,title=Shipyard%3A volumes.data::not here",
        ),
        (
            ApplyFailed(ShipyardError("unhealthy", where="service.web"), (), "service.web/create", ()),
            "::error file=shipyard.toml,line=3,title=Shipyard%3A service.web::unhealthy",
        ),
    ],
)
def test_an_error_at_its_place(error: ShipyardError, line: str) -> None:
    assert lines(error) == [line]


@pytest.mark.parametrize(
    "error",
    [
        ShipyardError("nowhere"),
        ShipyardError("x", where="unix:///var/run/docker.sock"),
        ShipyardError("x", where="ssh://deploy@db1:22"),
        ShipyardError("x", where="engine"),
        ShipyardError("x", where="/srv/shop/shipyard.toml"),
        ShipyardError("x", where="shipyard.toml:0"),
        ApplyFailed(KeyboardInterrupt(), (), "service.web/create", ()),
    ],
)
def test_an_error_without_a_place(error: ShipyardError) -> None:
    assert lines(error) == []


def test_every_error_of_a_group() -> None:
    group = ErrorGroup(tuple(ShipyardError("x", where=f"shipyard.toml:{n}") for n in (1, 2)))
    assert [line.partition(",title")[0] for line in lines(group, "examples/shop")] == [
        "::error file=examples/shop/shipyard.toml,line=1",
        "::error file=examples/shop/shipyard.toml,line=2",
    ]


def test_nobody_can_put_a_command_of_their_own_into_a_line() -> None:
    evil = "x\n::set-output name=a::b\r::add-mask::c"
    line = github_line(Annotation(file=evil, line=1, what=evil, message=evil), evil)
    assert "\n" not in line
    assert "\r" not in line
    assert line.count("::") == 2 + evil.count("::")
    assert line.partition("::error ")[2].partition("::")[0].count(",") == 2


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("service.web", ",line=3"),
        ("job.web", ",line=8"),
        ("secret.web", ",line=3"),
        ("network.back", ",line=12"),
        ("volume.data", ""),
    ],
)
def test_problems_of_a_plan(address: str, place: str) -> None:
    problem = Problem(address=address, title="a title", hint="a hint")
    (found,) = problem_annotations([problem], "shipyard.toml", LINES.get)
    assert github_line(found, "") == (
        f"::error file=shipyard.toml{place},title=Shipyard%3A {address}::a title%0A-> a hint"
    )
