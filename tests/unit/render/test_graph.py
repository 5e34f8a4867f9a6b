"""The graph of a stage, as Mermaid and as a drawing."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from examples import EXAMPLES
from shipyard.cli.loading import load_project
from shipyard.compile.builds import compile_builds
from shipyard.compile.desired import compile_desired
from shipyard.model.desired import Desired, NetworkSpec, ServiceSpec
from shipyard.model.manifest import Manifest
from shipyard.render.drawing import svg
from shipyard.render.graph import Graph, graph_of, mermaid

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shop() -> Graph:
    manifest = load_project(EXAMPLES / "django-postgres", "prod", None).manifest
    return graph_of(compile_desired(manifest, compile_builds(manifest)))


def test_what_needs_something_stands_above_it(shop: Graph) -> None:
    rows = {node.id: node.row for node in shop.nodes}
    assert all(rows[start] < rows[end] for start, end in shop.edges)
    assert ("service.web", "service.db") in shop.edges
    assert ("service.db", "volume.shop-prod_db-data") in shop.edges
    lines = {node.id: node.lines for node in shop.nodes}
    assert lines["service.web"] == ("web", "built from source", "127.0.0.1:8081:8001/tcp")
    assert lines["service.worker"] == ("worker", "image of web", "2 replicas")
    assert lines["volume.shop-prod_media"] == ("media", "volume")


def test_networks_are_told_where_there_is_more_than_the_default_one() -> None:
    manifest = Manifest(root=Path("/x"), name="x", stage="default", services=())
    networks = (NetworkSpec(key="default", name="x_default"), NetworkSpec(key="back", name="x_back"))
    services = (
        ServiceSpec(name="db", image="a", built=None, networks=("x_back",)),
        ServiceSpec(name="plain", image="a", built=None, networks=("x_default",)),
        ServiceSpec(name="web", image="a", built=None, networks=("x_default", "x_back")),
    )
    drawn = graph_of(Desired(manifest=manifest, services=services, networks=networks))
    assert [node.lines[-1] for node in drawn.nodes] == ["on back", "a", "on default, back"]


def test_mermaid(shop: Graph) -> None:
    lines = mermaid(shop).splitlines()
    assert lines[0] == "flowchart TD"
    assert '    n0["db<br>postgres:17"]' in lines
    assert sum(" --> " in line for line in lines) == len(shop.edges)


def test_a_drawing_is_whole_and_its_boxes_stand_apart(shop: Graph) -> None:
    root = ElementTree.fromstring(svg(shop))
    _, _, width, height = map(int, root.attrib["viewBox"].split())
    boxes = [
        tuple(int(one.attrib[key]) for key in ("x", "y", "width", "height"))
        for one in root.iter(f"{SVG}rect")
    ]
    assert len(boxes) == len(shop.nodes)
    for x, y, wide, high in boxes:
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    apart = [
        one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0] or one[1] != other[1]
        for number, one in enumerate(boxes)
        for other in boxes[:number]
    ]
    assert all(apart)
    assert len(list(root.iter(f"{SVG}path"))) == len(shop.edges)


@pytest.mark.parametrize("name", ["a<b>&\"'", 'x"]; n0 --> n1', "\x00\ud800", "é" * 300])
def test_whatever_a_name_holds_is_text(name: str) -> None:
    manifest = Manifest(root=Path("/x"), name="x", stage="default", services=())
    spec = ServiceSpec(name="web", image=name, built=None)
    drawn = graph_of(Desired(manifest=manifest, services=(spec,)))
    assert len(list(ElementTree.fromstring(svg(drawn)).iter(f"{SVG}rect"))) == 1
    assert len(mermaid(drawn).splitlines()) == 2
    assert mermaid(drawn).count('"') == 2


def test_nothing_is_a_drawing_too() -> None:
    manifest = Manifest(root=Path("/x"), name="x", stage="default", services=())
    drawn = graph_of(Desired(manifest=manifest, services=()))
    assert ElementTree.fromstring(svg(drawn)).tag == f"{SVG}svg"
    assert mermaid(drawn) == "flowchart TD\n"
