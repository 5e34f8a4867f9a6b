"""What only the engine would refuse, and only in the middle of an apply, is a problem of the plan."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.model.observed import Foreign, Network
from shipyard.model.record import replace
from shipyard.reconcile.passing import LONGEST_VALUE
from shipyard.reconcile.reconcile import reconcile

Shop = Any
VPN = Foreign(
    name="vpn", ports=(), networks=(), volumes=(), compose_project=None, id="4f1d2a", state="running"
)
STOPPED = replace(VPN, name="old", id="beef01", state="exited")


def told(shop: Shop, **fields: Any) -> list[str]:
    observed = replace(
        shop.empty(), foreign=(VPN, STOPPED), networks=(Network(id="0a", name="there", owned=False),)
    )
    problems = reconcile(shop.desired(shop.service("web", **fields)), observed).problems
    assert {one.address for one in problems} <= {"service.web"}
    assert all(one.hint for one in problems)
    return [one.title for one in problems]


@pytest.mark.parametrize(
    ("compose", "title"),
    [
        ({"network_mode": "container:vpn"}, None),
        ({"network_mode": "container:4f1d"}, None),
        ({"network_mode": "container:db"}, "compose.network_mode: there is no container db"),
        ({"pid": "container:old"}, "compose.pid: container old is exited, and must run"),
        ({"ipc": "container:beef"}, "compose.ipc: container beef is exited, and must run"),
        ({"volumes_from": ["container:old"]}, None),
        ({"network_mode": "host"}, None),
        ({"network_mode": "there"}, None),
        ({"network_mode": "0a"}, None),
        ({"network_mode": "elsewhere"}, "compose.network_mode: there is no network elsewhere"),
        ({"volumes_from": ["container:vpn:ro"]}, None),
        ({"network_mode": "container:/vpn"}, None),
        ({"extra_hosts": ["*.x:10.0.0.1"]}, None),
        ({"volumes_from": ["container:x", "container:vpn"]}, "compose.volumes_from: there is no container x"),
        ({"extra_hosts": ["a:fe80::1%eth0"]}, "compose.extra_hosts: 'fe80::1%eth0' is no IP address"),
        ({"network_mode": "container:x"}, "compose.network_mode: there is no container x"),
        ({"pid": "container:x"}, "compose.pid: there is no container x"),
        ({"volumes_from": ["container:x:ro"]}, "compose.volumes_from: there is no container x"),
        ({"extra_hosts": ["a:10.0.0.1", "b=::1", "c:host-gateway", "d:[::1]"]}, None),
        ({"extra_hosts": {"a": "10.0.0.1", "b": ["10.0.0.1", "::1"]}}, None),
        ({"extra_hosts": ["a:b"]}, "compose.extra_hosts: 'b' is no IP address"),
        ({"extra_hosts": {"a": "b"}}, "compose.extra_hosts: 'b' is no IP address"),
    ],
)
def test_what_is_passed_through_as_it_is(shop: Shop, compose: dict[str, Any], title: str | None) -> None:
    assert told(shop, compose=compose) == ([title] if title else [])


def test_a_value_that_no_process_can_be_started_with(shop: Shop) -> None:
    assert told(shop, env={"V": ("a" * LONGEST_VALUE,)}) == []
    longer = told(shop, env={"V": ("ä" * (LONGEST_VALUE // 2), "aa")})
    assert longer == ["the value of V is longer than any environment variable may be"]
