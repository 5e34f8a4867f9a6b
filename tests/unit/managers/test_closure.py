"""What is reached, and under which marker."""

from __future__ import annotations

from typing import Any

from shipyard.managers.closure import Edge, closure
from shipyard.managers.markers import known, marker_text

OLD, NEW = "python_version < '3.11'", "python_version >= '3.11'"
ARM = "platform_machine == 'aarch64'"


def reached(graph: dict[str, list[tuple[str, str]]], *roots: tuple[str, str]) -> dict[str, str]:
    """Names with markers; `name[extra]` in the graph is what the extra asks for."""
    packages: dict[str, dict[str, Any]] = {key: {"name": key} for key in graph if "[" not in key}

    def edges(entries: list[tuple[str, str]]) -> list[Edge]:
        found = []
        for word, marker in entries:
            name, _, extra = word.rstrip("]").partition("[")
            found.append(Edge(package=packages[name], marker=known(marker), extras=(extra,) if extra else ()))
        return found

    def further(package: dict[str, Any], extra: str) -> list[Edge]:
        return edges(graph.get(f"{package['name']}[{extra}]" if extra else package["name"], []))

    return {one["name"]: marker_text(marker) for one, marker in closure(edges(list(roots)), further)}


def test_markers_add_up_on_a_way_and_widen_over_several() -> None:
    graph = {"a": [("b", OLD)], "b": [("c", ARM)], "c": [], "d": [("c", "")]}
    assert reached(graph, ("a", "")) == {"a": "", "b": OLD, "c": f"{OLD} and {ARM}"}
    assert reached(graph, ("a", ""), ("d", OLD))["c"] == OLD
    assert reached(graph, ("a", ""), ("d", ""))["c"] == ""
    assert reached(graph, ("b", ""), ("d", NEW))["c"] == f"{ARM} or {NEW}"


def test_what_no_image_reaches_is_left_out() -> None:
    assert reached({"a": [("b", "sys_platform == 'win32'")], "b": []}, ("a", "")) == {"a": ""}


def test_extras_bring_more() -> None:
    graph = {"a": [], "a[x]": [("b", "")], "b": []}
    assert reached(graph, ("a", "")) == {"a": ""}
    assert reached(graph, ("a", ""), ("a[x]", OLD)) == {"a": "", "b": OLD}


def test_circles_end() -> None:
    graph = {"a": [("b", OLD)], "b": [("c", ARM)], "c": [("a", NEW), ("b", "")]}
    assert reached(graph, ("a", ARM)) == {"a": ARM, "b": f"{ARM} and {OLD}", "c": f"{ARM} and {OLD}"}


def test_a_marker_that_grows_too_long_holds_always() -> None:
    names = [f"a{number}" for number in range(80)]
    graph: dict[str, list[tuple[str, str]]] = {
        name: [("z", f"python_full_version == '3.11.{number}'")] for number, name in enumerate(names)
    }
    assert reached(graph | {"z": []}, *((name, "") for name in names))["z"] == ""
