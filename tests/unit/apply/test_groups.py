"""What goes together in one step of an apply."""

from __future__ import annotations

from shipyard.apply.groups import TOGETHER, groups
from shipyard.model.plan import BuildImage, CreateNetwork, CreateService, Operation, RunJob

NETWORK = CreateNetwork(address="network.default", causes=())
JOB = RunJob(address="job.web", causes=(), command=("migrate",))


def new(name: str, *after: str) -> CreateService:
    return CreateService(address=f"service.{name}", replicas=1, causes=(), after=after)


def image(name: str) -> BuildImage:
    return BuildImage(address=f"image.{name}", causes=(), reference=f"shop/{name}:in-1")


def ids(*operations: Operation) -> list[list[str]]:
    return [[one.id for one in group] for group, _ in groups(operations)]


def test_builds_go_together_and_so_do_new_services_that_wait_for_nothing_of_each_other() -> None:
    assert ids(image("web"), image("api"), NETWORK, new("db", NETWORK.id), new("cache"), JOB, new("web")) == [
        ["image.web/build", "image.api/build"],
        ["network.default/create"],
        ["service.db/create", "service.cache/create"],
        ["job.web/run"],
        ["service.web/create"],
    ]


def test_what_waits_for_another_is_not_made_with_it() -> None:
    assert ids(new("db"), new("cache"), new("web", "service.db/create"), new("worker")) == [
        ["service.db/create", "service.cache/create"],
        ["service.web/create", "service.worker/create"],
    ]


def test_no_group_of_services_is_large_and_what_is_left_is_told() -> None:
    many = tuple(new(f"s{number}") for number in range(TOGETHER + 2))
    assert [(len(group), len(left)) for group, left in groups(many)] == [(TOGETHER, 2), (2, 0)]
    assert list(groups(())) == []
