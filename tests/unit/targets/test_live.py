"""What is brought to which container, by an engine that writes down what it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import pytest
from sources import FASTAPI, write_tree

from shipyard.compile import labels
from shipyard.compile.builds import compile_builds
from shipyard.compile.desired import compile_desired
from shipyard.engine.live_objects import LiveObjects
from shipyard.engine.objects import EngineError
from shipyard.manifest import load
from shipyard.model.record import replace
from shipyard.targets.live import LiveFiles

MANIFEST = """
name = "shop"
[services.web]
volumes = ["media:/app/media"]
[services.worker]
like = "web"
command = ["python", "work.py"]
[services.db]
image = "redis:7"
"""


class Engine:
    """`refuses` is the status of its answer to a write."""

    def __init__(self, image: str) -> None:
        self.image = image
        self.written: list[tuple[str, dict[str, Path | None]]] = []
        self.removed: list[tuple[str, list[str]]] = []
        self.refuses: int | None = None

    def containers(self, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        assert wanted["shipyard.project"] == "shop"
        kinds = (("web", self.image), ("worker", self.image), ("old", "shop/web:in-0"), ("db", "redis:7"))
        return [
            {
                "Id": name,
                "Image": image,
                "State": "running",
                "Labels": {"shipyard.service": "web" if name == "old" else name},
            }
            for name, image in kinds
        ]

    def write_files(self, container: str, files: Mapping[str, Path | None]) -> None:
        if self.refuses is not None:
            error = EngineError("no")
            error.status = self.refuses
            raise error
        self.written.append((container, dict(files)))

    def remove_files(self, container: str, places: Iterable[str]) -> None:
        self.removed.append((container, list(places)))


def test_only_what_differs_is_brought_and_only_where_it_belongs(tmp_path: Path) -> None:
    write_tree(tmp_path, {**FASTAPI, "gone.py": "", "media/a.txt": "", "shipyard.toml": MANIFEST})
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    manifest = load(tmp_path, stage=None, instance=None, environ=environ).manifest
    manifest = replace(manifest, mode="develop")
    builds = compile_builds(manifest)
    desired = compile_desired(manifest, builds)
    engine = Engine(desired.service("web").image)
    live = LiveFiles(cast(LiveObjects, engine), tmp_path)
    files = dict(builds["web"][1].files)
    assert live.bring(desired, builds, {"web": files}) == []

    files |= {"main.py": "other", "shop/page.html": "new", "media/a.txt": "other", "README.md": "other"}
    del files["gone.py"]
    brought = live.bring(desired, builds, {"web": files})
    assert [(one.container, one.paths, one.stale) for one in brought] == [
        ("web", ("main.py", "shop/page.html", "gone.py"), False),
        ("worker", ("main.py", "shop/page.html", "gone.py"), True),
    ]
    assert engine.removed == [("web", ["/app/gone.py"]), ("worker", ["/app/gone.py"])]
    assert engine.written[0] == (
        "web",
        {
            "/app/main.py": tmp_path / "main.py",
            "/app/shop/page.html": tmp_path / "shop/page.html",
            # Python believes byte code without a look at the source: an empty one is none.
            "/app/__pycache__/main.cpython-313.pyc": None,
            labels.EDITED: None,
        },
    )
    assert live.bring(desired, builds, {"web": files}) == [], "it is there already"

    files["shop/site.css"] = "new"
    stale = {one.service: one.stale for one in live.bring(desired, builds, {"web": files})}
    assert stale == {"web": False, "worker": False}, "no worker's jobs are thrown away for a style sheet"

    detected, plan = builds["web"]
    assert detected.live is not None
    copies = {"web": (replace(detected, live=replace(detected.live, collected=True)), plan)}
    for path, copied in (("shop/site.css", True), ("shop/page.html", False)):
        files[path] = "newer"
        assert {one.copied for one in live.bring(desired, copies, {"web": files})} == {copied}

    engine.refuses = HTTPStatus.NOT_FOUND
    files["main.py"] = "once more"
    assert live.bring(desired, builds, {"web": files}) == [], "they are being replaced"
    engine.refuses = None
    assert [one.paths for one in live.bring(desired, builds, {"web": files})] == [("main.py",)] * 2
    engine.refuses = HTTPStatus.INTERNAL_SERVER_ERROR
    files["main.py"] = "and again"
    with pytest.raises(EngineError):
        live.bring(desired, builds, {"web": files})
