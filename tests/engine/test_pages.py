"""Plan and status as pages, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Browser, browser
from page_checks import PHONE, assert_fits, assert_readable, assert_silent, assert_usable
from pages import assert_sound
from project import Project, docker

from shipyard.model import plan as model
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest
from shipyard.model.stored import Layer, LayeredImage
from shipyard.render.graph import graph_of
from shipyard.render.html.plan import plan_html

LONG = "w" * 300
HOSTILE = f"</script><script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(1)>{LONG}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def saved(folder: Path, page: str) -> Path:
    file = folder / "page.html"
    file.write_text(page)
    return file


def hostile_page() -> str:
    """Twelve services that need each other, every text of it as bad as can be."""
    names = [f"s{number}-{HOSTILE}" for number in range(12)]
    services = tuple(
        ServiceSpec(name=name, image=HOSTILE, built=None, needs=tuple(names[:at:3]), networks=(HOSTILE,))
        for at, name in enumerate(names)
    )
    manifest = Manifest(root=Path("/x"), name="x", stage="default", services=())
    causes = (
        model.FieldCause(path=f"env.{HOSTILE}", before=HOSTILE, after=LONG),
        model.FilesCause(changed=(HOSTILE,) * 5),
    )
    operations = [model.CreateService(address=f"service.{one}", causes=causes, replicas=2) for one in names]
    gone = model.RemoveService(address=f"service.{LONG}", causes=causes, containers=("c",))
    planned = model.Plan(
        project="x",
        stage=HOSTILE,
        instance=None,
        deployment="x",
        engine=None,
        operations=(*operations, gone),
        unchanged=(f"service.{LONG}",),
        notes=(HOSTILE,),
        problems=(model.Problem(address="service.x", title=HOSTILE, hint=LONG),),
    )
    layers = tuple(Layer(size=10**number, made_by=HOSTILE) for number in range(14))
    image = LayeredImage(name=HOSTILE, services=(LONG,), layers=layers, note=HOSTILE)
    return plan_html(planned, graph_of(Desired(manifest=manifest, services=services[::-1])), (image,))


def test_whatever_is_in_a_page_it_can_be_used(chromium: Browser, tmp_path: Path) -> None:
    assert_usable(chromium, saved(tmp_path, hostile_page()))


def test_a_plan_and_what_runs_can_be_looked_at(project: Project, chromium: Browser, tmp_path: Path) -> None:
    manifest = """
        [services.cache]
        image = "redis:7"
        stop_timeout = "1s"
        networks = ["back"]
        [services.queue]
        image = "redis:7"
        stop_timeout = "1s"
        needs = ["cache"]
        networks = ["back"]
        port = 6379
        publish = ["127.0.0.1::6379"]
        env = {{ LEVEL = "{level}" }}
        secrets = ["TOKEN"]
        volumes = ["data:/data"]
    """
    project.environ["TOKEN"] = "not-to-be-seen"
    project.manifest(manifest.format(level="info"))
    first = project.run("plan", "--format", "html").stdout
    assert "after" in assert_sound(first).text
    project.apply()
    project.manifest(manifest.format(level="debug"))
    docker("kill", f"{project.name}-cache-1")
    planned = project.run("plan", "--format", "html").stdout
    assert planned == project.run("plan", "--format", "html").stdout
    status = project.run("status", "--format", "html").stdout
    for page in (first, planned, status):
        assert "not-to-be-seen" not in page
        text = assert_sound(page).text
        # The layers of an image that is there, the base's among them.
        assert re.search(r"redis:7 of cache, queue [\d.]+ MB in \d+ layers", text)
        assert "on back" in text
    assert 'env.LEVEL "info" -> "debug"' in assert_sound(planned).text
    told = assert_sound(status)
    assert "exited" in told.text
    assert any(link.startswith("http://127.0.0.1:") for link in told.links)
    for page in (planned, status):
        assert_usable(chromium, saved(tmp_path, page))
    offline = assert_sound(project.run("plan", "--offline", "--format", "html").stdout)
    assert "The engine was not asked for images" in offline.text
    project.run("observe", "--out", "seen.json")
    elsewhere = project.run("plan", "--observed", "seen.json", "--format", "html").stdout
    assert "The engine was not asked for images" in assert_sound(elsewhere).text


def wide(page: str) -> str:
    return page.replace("<main>", '<main><p style="width: 500px">x</p>')


def pale(page: str) -> str:
    return page.replace("--quiet: #5a636d", "--quiet: #bbbbbb")


def asking(page: str) -> str:
    return page.replace("<main>", '<main><img alt="" src="http://127.0.0.1:9/x.png">')


@pytest.mark.parametrize(
    ("spoiled", "check"),
    [
        (wide, lambda browser, page: assert_fits(browser, PHONE)),
        (pale, lambda browser, page: assert_readable(browser)),
        (asking, lambda browser, page: assert_silent(browser.events, page)),
    ],
)
def test_a_spoiled_page_is_seen(
    chromium: Browser,
    tmp_path: Path,
    spoiled: Callable[[str], str],
    check: Callable[[Browser, Path], None],
) -> None:
    chromium.look(width=PHONE, dark=False)
    whole = hostile_page()
    for page, fails in ((whole, False), (spoiled(whole), True)):
        file = saved(tmp_path, page)
        chromium.open(file)
        if fails:
            with pytest.raises(AssertionError):
                check(chromium, file)
        else:
            check(chromium, file)
