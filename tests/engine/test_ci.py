"""The release jobs of examples/ci, as plain shell: pull request, merge, release without a source, preview."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from apps import write_fastapi
from project import Project, fetch, free_port
from registry import registry

from examples import EXAMPLES

CI = EXAMPLES / "ci"


def script(project: Project, name: str, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        **project.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        [str(CI / name), *words], cwd=project.root, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"{name} {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def checkout(project: Project, address: str, port: int) -> None:
    write_fastapi(project)
    project.manifest(f"""
        registry = "{address}"
        [services.web]
        python = "3.13"
        secrets = ["TOKEN"]
        [stages.prod.services.web]
        publish = ["{port}:8000"]
        [stages.preview]
        instances = true
    """)


def test_a_pull_request_its_merge_and_its_preview(
    make_project: Callable[[], Project], tmp_path: Path
) -> None:
    with registry(tmp_path) as address:
        request, port = make_project(), free_port()
        checkout(request, address, port)
        request.environ["TOKEN"] = "sentinel-of-the-release"
        script(request, "plan.sh", "prod")
        comment = (request.root / "release.plan.md").read_text()
        assert "web" in comment
        assert "sentinel" not in comment + (request.root / "release.plan").read_text()

        url = script(request, "preview.sh", "up", "preview", "7").stdout.strip()
        assert fetch(f"{url}/env/TOKEN") == (200, '"sentinel-of-the-release"')

        # The merge is another checkout of the same files.
        merge = make_project()
        merge.environ = dict(request.environ)
        shutil.copytree(request.root, merge.root, dirs_exist_ok=True)
        (merge.root / "notes.py").write_text("SMUGGLED = True\n")
        refused = script(merge, "release.sh", "prod", code=3)
        assert "other inputs" in refused.stderr
        (merge.root / "notes.py").unlink()
        script(merge, "release.sh", "prod")
        assert fetch(f"http://127.0.0.1:{port}/")[0] == 200

        # A release by digest, where there is nothing but the plan.
        (request.root / "notes.py").write_text("NEXT = True\n")
        script(request, "plan.sh", "prod")
        bare = make_project()
        bare.environ = dict(request.environ)
        shutil.copy(request.root / "release.plan", bare.root)
        script(bare, "deploy.sh")
        assert fetch(f"http://127.0.0.1:{port}/")[0] == 200
        assert request.changes("--stage", "prod", "--images", "images.shipyard.json") == []

        script(request, "preview.sh", "end", "preview", "7")
        assert request.ids("label=shipyard.stage=preview") == []
