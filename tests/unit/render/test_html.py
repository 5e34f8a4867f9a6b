"""Plan and status as pages: what they tell, and that nothing in them is more than text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pages import Page, assert_sound

from shipyard.model import plan as model
from shipyard.model.desired import Desired, NetworkSpec, ServiceSpec, VolumeSpec
from shipyard.model.manifest import Manifest, Mount, Publish
from shipyard.model.observed import Container, Engine, HostPort, Observed
from shipyard.model.plan import Plan
from shipyard.model.record import replace
from shipyard.model.stored import Layer, LayeredImage
from shipyard.render.graph import graph_of
from shipyard.render.html import layers
from shipyard.render.html.plan import plan_html
from shipyard.render.html.status import status_html
from shipyard.render.html.style import STYLE
from shipyard.render.status import service_rows

Planned = Callable[..., Plan]
NEW = model.ReasonCause(reason="new", text="declared and not there")
GONE = model.ReasonCause(reason="removed", text="no longer declared")
MANIFEST = Manifest(root=Path("/x"), name="shop", stage="prod", services=())
HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "<!--",
    "]]>&amp;",
    "\x00\u202e",
)


def desired(*services: ServiceSpec) -> Desired:
    networks = (NetworkSpec(key="default", name="shop_default"), NetworkSpec(key="back", name="shop_back"))
    volumes = (VolumeSpec(key="data", name="shop_data"),)
    return Desired(manifest=MANIFEST, services=services, networks=networks, volumes=volumes)


DATA = Mount(kind="volume", source="shop_data", target="/data")
SHOP = desired(
    ServiceSpec(name="db", image="postgres:17", built=None, networks=("shop_back",), volumes=(DATA,)),
    ServiceSpec(
        name="web",
        image="shop/web:in-2",
        built="web",
        port=8000,
        needs=("db",),
        networks=("shop_default", "shop_back"),
        publish=(Publish(host_port=80, container_port=8000),),
    ),
)
IMAGES = (
    LayeredImage(
        name="postgres:17",
        services=("db",),
        layers=(
            Layer(size=1_000_000, made_by=""),
            Layer(size=80_000_000, made_by="RUN |1 MAJOR=17 /bin/sh -c apt-get update # buildkit"),
            Layer(size=0, made_by="CMD nothing"),
        ),
    ),
    LayeredImage(name="shop/web:in-2", services=("web",), layers=None, note="built at apply"),
)


def test_a_plan_tells_all_of_itself(release: Plan) -> None:
    problem = model.Problem(address="service.web", title="port 80 is held", hint="stop nginx")
    told = replace(release, problems=(problem,), notes=("look out",), unchanged=("service.cache",))
    text = assert_sound(plan_html(told, graph_of(SHOP), IMAGES)).text
    for words in ("shop / prod on ssh://deploy@db1", "port 80 is held", "stop nginx", "look out", "cache"):
        assert words in text
    for number, operation in enumerate(release.operations, 1):
        assert f"step {number} of {len(release.operations)}" in text
        assert operation.action in text
    order = [text.rindex(f" {word} ") for word in ("Destructive", "Problems", "Notes", "Graph", "Changes")]
    assert order == sorted(order)
    assert "All 7 files" in text
    assert "app/migrations/0005_step.py" in text


def test_what_is_destructive_comes_first(plan: Planned) -> None:
    gone = model.RemoveService(address="service.old", causes=(GONE,), containers=("c1",))
    made = model.CreateService(address="service.web", causes=(NEW,), replicas=1)
    text = Page(plan_html(plan(made, gone), graph_of(SHOP), ())).text
    assert text.index("remove old") < text.index("create web")
    # It is in the graph too, though no longer declared.
    assert "old, no longer declared, remove" in text


def test_nodes_lead_to_what_happens_to_them(plan: Planned) -> None:
    made = model.CreateService(
        address="service.web", causes=(NEW,), replicas=1, after=("volume.data/create",)
    )
    volume = model.CreateVolume(address="volume.data", causes=(NEW,))
    page = plan_html(plan(volume, made, unchanged=("service.db",)), graph_of(SHOP), ())
    read = assert_sound(page)
    assert {"#step-1", "#step-2", "#unchanged-1"} <= set(read.links)
    # Told by a sign and a word, not by a colour alone.
    assert ">+ create</text>" in page
    assert ">unchanged</text>" in page
    assert "on default, back" in read.text
    assert "on back" in read.text


def test_nothing_to_do_is_told(plan: Planned) -> None:
    read = assert_sound(plan_html(plan(unchanged=("service.web",)), graph_of(SHOP), ()))
    assert "Nothing to do: everything is as declared." in read.text


def test_without_an_engine_there_are_no_layers(plan: Planned) -> None:
    read = assert_sound(plan_html(plan(engine=None), graph_of(SHOP), None))
    assert "no engine (offline)" in read.text
    assert "The engine was not asked for images" in read.text


def test_layers_are_told_largest_first(plan: Planned) -> None:
    text = Page(plan_html(plan(), graph_of(SHOP), IMAGES)).text
    assert text.index(" 80 MB") < text.index("RUN apt-get update") < text.index(" 1 MB")
    assert "81 MB in 2 layers" in text
    assert "not recorded" in text
    assert "CMD nothing" not in text
    assert "built at apply" in text


def test_a_page_is_no_larger_than_what_is_in_it(plan: Planned) -> None:
    """Whatever the length of values and lists, a bound for each operation and image."""
    files = model.FilesCause(changed=tuple(f"{'d/' * 2000}{number}" for number in range(5000)))
    fields = tuple(
        model.FieldCause(path=f"env.N{number}", before="a" * 9000, after="b" * 9000) for number in range(500)
    )
    build = model.BuildImage(address="image.web", causes=(files, *fields), reference="x")
    layers = tuple(Layer(size=number + 1, made_by="x" * 9000) for number in range(2000))
    image = LayeredImage(name="x", services=tuple(f"s{number}" for number in range(500)), layers=layers)
    assert len(plan_html(plan(build), graph_of(SHOP), (image,))) < 200_000


def test_the_same_bytes(release: Plan) -> None:
    assert len({plan_html(release, graph_of(SHOP), IMAGES) for _ in range(2)}) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_others_wrote_is_text(plan: Planned, text: str, engine: Engine) -> None:
    causes = (
        model.FieldCause(path=f"env.{text}", before=text, after=text + "x"),
        model.FilesCause(changed=(text,) * 4),
        model.DriftCause(path=text, declared=text, found=text),
    )
    operations = (
        model.BuildImage(address=f"image.{text}", causes=causes, reference=text),
        model.RunJob(address=f"job.{text}", causes=causes, command=(text,)),
        model.RemoveService(address=f"service.{text}", causes=causes, containers=("c",)),
    )
    made = plan(
        *operations,
        unchanged=(f"service.{text}2",),
        attention=((f"service.{text}", text),),
        feels=((f"service.{text}", text),),
        not_compared=(f"service.web: {text}",),
        problems=(model.Problem(address=f"service.{text}", title=text, hint=text),),
        notes=(text,),
        secret_sources=((text, text),),
    )
    spec = ServiceSpec(name=f"{text}2", image=text, built=None, networks=(text,))
    images = (LayeredImage(name=text, services=(text,), layers=(Layer(size=1, made_by=text),), note=text),)
    graph = graph_of(desired(spec))
    assert_sound(plan_html(made, graph, images))
    rows = service_rows(
        desired(spec), Observed(engine=engine, containers=(container(text, image=text),)), made
    )
    assert_sound(status_html(MANIFEST, engine, rows, made, graph, images))


def test_secrets_are_told_as_changed_only(plan: Planned) -> None:
    cause = model.FieldCause(path="secrets.TOKEN", before="hunter2", after="hunter3", sensitive=True)
    made = model.CreateService(address="service.web", causes=(cause,), replicas=1)
    page = plan_html(plan(made), graph_of(SHOP), ())
    assert "hunter" not in page
    assert "changed (value hidden)" in page


def container(service: str, **fields: object) -> Container:
    base: dict[str, object] = {
        "id": f"id-{service}",
        "name": f"shop-{service}-1",
        "service": service,
        "number": 1,
        "state": "running",
        "exit_code": 0,
        "health": "healthy",
        "image": "postgres:17",
        "image_id": "sha256:1",
        "spec": {},
    }
    return Container(**{**base, **fields})  # type: ignore[arg-type]


def test_status_tells_of_each_service(plan: Planned, engine: Engine) -> None:
    port = HostPort(host_ip="0.0.0.0", host_port=80, container_port=8000, protocol="tcp")
    found = Observed(
        engine=engine,
        containers=(container("db"), container("web", ports=(port,), health="unhealthy", restarts=7)),
    )
    drift = model.DriftCause(path="restart", declared="always", found="no")
    made = plan(model.UpdateService(address="service.db", causes=(drift,), containers=("c",)))
    rows = service_rows(SHOP, found, made)
    page = status_html(MANIFEST, engine, rows, made, graph_of(SHOP), IMAGES)
    read = assert_sound(page)
    assert "http://db1:80" in read.links
    for told in ("2 services, 2 containers running, 2 to look at", "! running, unhealthy", "restarts 7"):
        assert told in read.text
    assert "plan would update it" in read.text
    assert "drift: restart is" in read.text
    assert {"#service-1", "#service-2"} <= set(read.links)
    assert page == status_html(MANIFEST, engine, rows, made, graph_of(SHOP), IMAGES)


def test_all_is_well(plan: Planned, engine: Engine) -> None:
    found = Observed(engine=engine, containers=(container("db"), container("web")))
    rows = service_rows(SHOP, found, plan())
    read = assert_sound(status_html(MANIFEST, engine, rows, plan(), graph_of(SHOP), IMAGES))
    assert "2 services, 2 containers running, all as declared" in read.text
    assert "Not as declared" not in read.text


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def schemes() -> Iterator[dict[str, str]]:
    bright, _, dark = STYLE.partition("@media (prefers-color-scheme: dark)")
    yield colours(bright)
    yield colours(dark.partition("\n}\n")[0])


def test_texts_stand_out_from_what_they_are_on() -> None:
    both = list(schemes())
    assert both[0].keys() == both[1].keys()
    for scheme in both:
        for ground in ("ground", "panel"):
            for text in scheme.keys() - {"ground", "panel", "line", "bar"}:
                high, low = sorted((luminance(scheme[text]), luminance(scheme[ground])), reverse=True)
                assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


@pytest.mark.parametrize(
    ("made_by", "shown"),
    [
        ("RUN |1 TOKEN=hunter2 /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        (
            "RUN |2 A=hunter2 B= /bin/bash -o pipefail -c apt-get update # buildkit",
            "RUN /bin/bash -o pipefail -c apt-get update",
        ),
        ("RUN |1 TOKEN=hunter2 more hunter2 /bin/sh -c x # buildkit", "RUN "),
        ("|2 A=hunter2 B of hunter2 /bin/sh -c x", ""),
        ("/bin/sh -c #(nop)  CMD [x]", "CMD [x]"),
    ],
)
def test_values_of_build_arguments_are_not_shown(made_by: str, shown: str) -> None:
    assert layers._instruction(made_by) == shown
