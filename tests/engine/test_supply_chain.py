"""What is pushed with an image and says where it comes from, read back from a registry; the image is the
same with it and without."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apps import write_fastapi
from project import Project, docker, fetch, free_port
from registry import registry
from second_engine import hand_over, keeps_indexes, second_engine

SCANNER = """\
FROM python:3.13-slim
COPY <<'EOT' /scan.py
import json, os, pathlib
root = pathlib.Path(os.environ["BUILDKIT_SCAN_SOURCE"])
names = sorted(one.name for one in root.rglob("*.dist-info"))
statement = {
    "_type": "https://in-toto.io/Statement/v0.1",
    "predicateType": "https://spdx.dev/Document",
    "predicate": {"spdxVersion": "SPDX-2.3", "packages": [{"name": name} for name in names]},
}
pathlib.Path(os.environ["BUILDKIT_SCAN_DESTINATION"], "sbom.spdx.json").write_text(json.dumps(statement))
EOT
ENTRYPOINT ["python", "/scan.py"]
"""
"""Lists the installed distributions, by BuildKit's protocol of SBOM scanners."""


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[str, str, str]]:
    """An engine that keeps attestations: its address, where this machine's registries are for it, and where
    what it publishes is."""
    if keeps_indexes():
        yield "", "127.0.0.1", "127.0.0.1"
        return
    with second_engine() as other:
        hand_over("python:3.13-slim", other.url)
        yield other.url, other.gateway, other.host


@pytest.fixture(autouse=True)
def _there(place: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    if place[0]:
        monkeypatch.setenv("DOCKER_HOST", place[0])


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(["git", "-C", str(root), *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def stored(address: str, name: str, what: str) -> Any:
    """A manifest (`manifests/TAG`) or blob (`blobs/DIGEST`) as the registry has it."""
    kind = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
    asked = urllib.request.Request(f"http://{address}/v2/{name}/{what}", headers={"Accept": kind})
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return json.load(answer)


def test_an_image_is_pushed_with_what_is_in_it_and_where_it_comes_from(
    project: Project, tmp_path: Path, place: tuple[str, str, str]
) -> None:
    _, here, there = place
    with registry(tmp_path, host=here) as address:
        scanner = f"{address}/{project.name}/scanner:1"
        (tmp_path / "scanner").mkdir()
        (tmp_path / "scanner" / "Dockerfile").write_text(SCANNER)
        docker("build", "-q", "-t", scanner, str(tmp_path / "scanner"))
        docker("push", "-q", scanner)
        write_fastapi(project)
        port = free_port()
        project.manifest(f"""
            registry = "{address}"
            [services.web]
            python = "3.13"
            publish = ["{there}:{port}:8000"]
        """)
        git(project.root, "init", "-q")
        git(project.root, "remote", "add", "origin", "https://deploy:hunter2@git.example.com/acme/shop.git")
        git(project.root, "add", ".")
        git(project.root, "commit", "-qm", "one")
        project.run("build")
        name, tag = project.run("build").stdout.split()[0].removeprefix(f"{address}/").split(":")
        image_name = f"{address}/{name}:{tag}"
        plain = json.loads(docker("image", "inspect", image_name))[0]["Descriptor"]

        words = ("--push", "--attest", "--sbom-generator", scanner, "--out", "images.shipyard.json")
        pushed = project.run("build", *words).stdout
        index = stored(address, name, f"manifests/{tag}")
        assert index["annotations"] == {
            "org.opencontainers.image.revision": git(project.root, "rev-parse", "HEAD"),
            "org.opencontainers.image.source": "https://git.example.com/acme/shop",
        }
        image, attestation = index["manifests"]
        config = stored(address, name, f"manifests/{image['digest']}")["config"]["digest"]
        assert config == plain["annotations"]["config.digest"], "what is said of it changes an image"
        layers = stored(address, name, f"manifests/{attestation['digest']}")["layers"]
        said = {
            layer["annotations"]["in-toto.io/predicate-type"]: stored(
                address, name, f"blobs/{layer['digest']}"
            )
            for layer in layers
        }
        packages = [one["name"] for one in said["https://spdx.dev/Document"]["predicate"]["packages"]]
        assert any(one.startswith("fastapi-") for one in packages)
        (provenance,) = (text for kind, text in said.items() if "slsa.dev/provenance" in kind)
        assert "hunter2" not in json.dumps([index, provenance])

        # Once is enough, and an image of the engine's own is as it was.
        assert pushed.split()[0] in project.run("build", *words).stdout
        assert "unchanged" in project.run("build", *words).stdout
        assert json.loads(docker("image", "inspect", image_name))[0]["Descriptor"] == plain
        project.run("apply", "--yes", "--images", "images.shipyard.json")
        assert fetch(f"http://{there}:{port}/")[0] == 200
        assert project.changes("--images", "images.shipyard.json") == []


def test_an_image_is_pushed_for_every_platform(
    project: Project, tmp_path: Path, place: tuple[str, str, str]
) -> None:
    with registry(tmp_path, host=place[1]) as address:
        project.write("Dockerfile", "FROM scratch\nCOPY text /text\n")
        project.write("text", "text\n")
        project.manifest(f"""
            registry = "{address}"
            [services.web]
            build = {{ dockerfile = "Dockerfile", platforms = ["linux/amd64", "linux/arm64"] }}
        """)
        name, tag = project.run("build", "--push").stdout.split("@")[0].removeprefix(f"{address}/").split(":")
        platforms = [one["platform"] for one in stored(address, name, f"manifests/{tag}")["manifests"]]
        assert platforms == [{"architecture": one, "os": "linux"} for one in ("amd64", "arm64")]
        # What runs here has the engine's own platform, and the same name.
        assert project.run("build").stdout.split() == [f"{address}/{name}:{tag}"]
        project.manifest('[services.web]\nbuild = { dockerfile = "Dockerfile", platforms = ["windows"] }\n')
        assert "shipyard.toml:3: services.web.build.platforms[0]" in project.run("plan", code=1).stderr


def test_attestations_go_with_a_push(project: Project) -> None:
    project.manifest('[services.web]\nbuild = { dockerfile = "Dockerfile" }\n')
    project.write("Dockerfile", "FROM scratch\n")
    assert "-> add --push" in project.run("build", "--attest", code=64).stderr
