"""Stages and instances side by side on one engine; taking them down."""

from __future__ import annotations

from project import Project, docker

MANIFEST = """
    [services.cache]
    image = "redis:7"
    volumes = ["data:/data"]
    secrets = ["TOKEN"]

    [stages.staging]
    [stages.prod]
    protect = true
    [stages.prod.services.cache]
    env = { MODE = "prod" }
    [stages.preview]
    instances = true
"""


def names(project: Project) -> list[str]:
    shown = docker("ps", "--format", "{{.Names}}", "--filter", f"label=shipyard.project={project.name}")
    return sorted(one.removeprefix(project.name + "-") for one in shown.split())


def volumes(project: Project) -> list[str]:
    shown = docker("volume", "ls", "-q", "--filter", f"label=shipyard.project={project.name}")
    found = sorted(one.removeprefix(project.name + "-") for one in shown.split())
    # The empty volume whose label is the record of what runs is Shipyard's own bookkeeping.
    return [one for one in found if "_shipyard-record" not in one]


def test_stages_and_instances_live_side_by_side_and_go_one_by_one(project: Project) -> None:
    project.manifest(MANIFEST)
    project.environ["TOKEN"] = "t0ken"
    refused = project.run("plan", code=64)
    assert "staging" in refused.stderr
    assert "prod" in refused.stderr
    project.apply("--stage", "staging")
    project.apply("--stage", "prod")
    project.apply("--stage", "preview", "--instance", "pr-1")
    project.apply("--stage", "preview", "--instance", "pr-2")
    assert names(project) == [
        "preview-pr-1-cache-1",
        "preview-pr-2-cache-1",
        "prod-cache-1",
        "staging-cache-1",
    ]
    for words in (("--stage", "staging"), ("--stage", "prod"), ("--stage", "preview", "--instance", "pr-1")):
        assert project.changes(*words) == []
    assert project.run("plan", "-s", "prod").stdout.startswith(f"{project.name} / prod on ")
    project.run("down", "--yes", "--stage", "preview", "--instance", "pr-1")
    assert names(project) == ["preview-pr-2-cache-1", "prod-cache-1", "staging-cache-1"]
    project.run("down", "--yes", "--volumes", "--stage", "preview", "--instance", "pr-2")
    assert volumes(project) == [
        "preview-pr-1_data",
        "preview-pr-1_shipyard-key",
        "prod_data",
        "prod_shipyard-key",
        "staging_data",
        "staging_shipyard-key",
    ]
    assert project.run("plan", "--stage", "staging", "--instance", "one", code=None).returncode in (1, 64)


def test_a_protected_stage_wants_its_name(project: Project) -> None:
    project.manifest(MANIFEST)
    project.environ |= {"TOKEN": "t0ken", "SHIPYARD_STAGE": "prod"}
    project.apply()
    refused = project.run("down", "--yes", code=64)
    assert "--confirm prod" in refused.stderr
    project.run("down", "--yes", "--confirm", "staging", code=1)
    assert names(project) == ["prod-cache-1"]
    project.run("down", "--confirm", "prod")
    assert names(project) == []
    assert volumes(project) == ["prod_data", "prod_shipyard-key"]


def test_down_keeps_data_and_apply_finds_it_again(project: Project) -> None:
    project.manifest(
        '[services.cache]\nimage = "redis:7"\nvolumes = ["data:/data"]\n[services.gone]\nimage = "redis:7"\n'
    )
    project.apply()
    docker("rm", "-f", f"{project.name}-gone-1")
    docker("exec", f"{project.name}-cache-1", "redis-cli", "set", "kept", "yes")
    docker("exec", f"{project.name}-cache-1", "redis-cli", "save")
    assert project.run("down", code=64).stderr.count("--yes") == 1
    assert f"The data stays, in {project.name}_data" in project.run("down", "--yes").stdout
    assert docker("network", "ls", "-q", "--filter", f"name={project.name}") == ""
    assert "othing" in project.run("down", "--yes").stdout
    new = project.plan()["operations"]
    assert [
        one["causes"][0]["reason"] for one in new if one["action"] == "create" and "service." in one["id"]
    ] == ["new", "new"]
    project.apply()
    assert docker("exec", f"{project.name}-cache-1", "redis-cli", "get", "kept") == "yes"
    assert "volume data" in project.run("down", "--yes", "--volumes").stdout
    assert volumes(project) == []


def test_nothing_that_is_not_ours_is_touched(project: Project) -> None:
    """A container, a network and a volume of the same Compose project without our labels."""
    project.manifest('[services.cache]\nimage = "redis:7"\nvolumes = ["data:/data"]\n')
    foreign = f"{project.name}-other"
    labels = ["--label", f"com.docker.compose.project={project.name}", "--label", "keep=1"]
    docker("network", "create", *labels, f"{foreign}-net")
    docker("volume", "create", *labels, f"{foreign}-vol")
    docker("run", "-d", "--name", foreign, *labels, "--network", f"{foreign}-net", "redis:7")
    try:
        project.apply()
        project.run("down", "--yes", "--volumes")
        assert docker("inspect", "-f", "{{.State.Running}}", foreign) == "true"
        assert docker("network", "ls", "-q", "--filter", f"name={foreign}-net") != ""
        assert docker("volume", "ls", "-q", "--filter", f"name={foreign}-vol") != ""
    finally:
        docker("rm", "-fv", foreign)
        docker("network", "rm", f"{foreign}-net")
        docker("volume", "rm", f"{foreign}-vol")
