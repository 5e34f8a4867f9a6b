"""The base path: whole manifests, stages, and what a load gives back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shipyard.manifest import Loaded, ManifestError, find_root, load
from shipyard.model.manifest import (
    Build,
    Health,
    Mount,
    Network,
    Publish,
    Resources,
    Secret,
    SecretRef,
    Service,
    Volume,
)
from shipyard.model.origin import Origin

Load = Callable[..., Loaded]
Wrong = Callable[..., list[str]]

SHOP = """\
format = 1
name = "shop"
registry = "registry.example.com/acme"

[services.web]
path = "."
context = "."
framework = "django"
app = "shop.wsgi:application"
python = "3.13"
port = 8000
publish = ["8000"]
health = "/healthz"
env = { LOG_LEVEL = "info", DATABASE_URL = "postgres://shop:${secret:DB_PASSWORD}@db/shop" }
secrets = ["SECRET_KEY"]
needs = ["db"]
before_deploy = "python manage.py migrate --noinput"
volumes = ["media:/app/media"]
resources = { cpus = 1.0, memory = "512M" }

[services.web.build]
manager = "uv"
base = "slim"
packages = ["libmagic1"]
static = true

[services.worker]
like = "web"
command = ["celery", "-A", "shop", "worker"]
stop_timeout = "5m"

[services.db]
image = "postgres:17"
env = { POSTGRES_USER = "shop" }
secrets = { POSTGRES_PASSWORD = { from = "DB_PASSWORD", as = "file" } }
volumes = ["db-data:/var/lib/postgresql/data"]

[networks.back]
internal = true
[volumes.uploads]
external = true

[stages.prod]
engine = "ssh://deploy@db1"
protect = true
[stages.prod.services.web]
env = { LOG_LEVEL = "warning" }
[stages.preview]
instances = true
"""


def test_the_whole_of_a_shop(load_text: Load, project: Path) -> None:
    manifest = load_text(SHOP, stage="prod").manifest
    web, worker, db = manifest.services
    assert web == Service(
        name="web",
        path=".",
        context=".",
        framework="django",
        app="shop.wsgi:application",
        python="3.13",
        port=8000,
        publish=(Publish(host_port=8000, container_port=None),),
        health=Health(path="/healthz"),
        env={
            "LOG_LEVEL": ("warning",),
            "DATABASE_URL": ("postgres://shop:", SecretRef(name="DB_PASSWORD"), "@db/shop"),
        },
        secrets=(Secret(name="SECRET_KEY", source="SECRET_KEY"),),
        needs=("db",),
        before_deploy=("python", "manage.py", "migrate", "--noinput"),
        volumes=(Mount(kind="volume", source="media", target="/app/media"),),
        resources=Resources(cpus=1.0, memory=512 * 1024**2),
        build=Build(manager="uv", base="slim", packages=("libmagic1",), static=True),
    )
    assert (worker.like, worker.path, worker.command) == ("web", ".", ("celery", "-A", "shop", "worker"))
    assert (worker.env, worker.secrets, worker.stop_timeout) == (web.env, web.secrets, 300)
    assert (worker.port, worker.publish, worker.health, worker.before_deploy) == (None, None, None, None)
    assert db.secrets == (Secret(name="POSTGRES_PASSWORD", source="DB_PASSWORD", delivery="file"),)
    assert (manifest.root, manifest.deployment) == (project, "shop-prod")
    assert (manifest.engine, manifest.protect) == ("ssh://deploy@db1", True)
    assert manifest.networks == (Network(key="back", internal=True),)
    assert manifest.volumes == (Volume(key="uploads", external=True),)


def test_a_name_and_a_service_are_enough(load_text: Load) -> None:
    loaded = load_text('name = "shop"\n[services.web]\n')
    assert loaded.manifest.services == (Service(name="web", path="."),)
    assert (loaded.manifest.stage, loaded.manifest.deployment) == ("default", "shop")
    assert loaded.origins["services", "web", "path"] == Origin(kind="default")


def test_every_value_knows_where_it_comes_from(load_text: Load) -> None:
    loaded = load_text(SHOP, stage="prod")
    level = ("services", "worker", "env", "LOG_LEVEL")
    there = ("stages", "prod", "services", "web", "env", "LOG_LEVEL")
    assert loaded.origins[level] == Origin(kind="like", path=there, stage="prod", via="web")
    assert loaded.where(level) == "shipyard.toml:47: stages.prod.services.web.env.LOG_LEVEL"
    assert loaded.where(("services", "web", "port")) == "shipyard.toml:11: services.web.port"
    assert loaded.merged["services"]["web"]["env"] == {  # type: ignore[index]
        "LOG_LEVEL": "warning",
        "DATABASE_URL": "postgres://shop:${secret:DB_PASSWORD}@db/shop",
    }


def test_an_instance_has_no_fixed_ports(load_text: Load) -> None:
    manifest = load_text(SHOP, stage="preview", instance="pr-123").manifest
    assert manifest.deployment == "shop-preview-pr-123"
    assert manifest.services[0].publish == (Publish(host_port=None, container_port=None),)


@pytest.mark.parametrize("instance", ["PR", "a b", "-a", "a\n", "x" * 64, "../x"])
def test_an_instance_has_a_plain_name(wrong: Wrong, instance: str) -> None:
    assert "--instance" in wrong(SHOP, stage="preview", instance=instance)[0]


def test_instances_are_allowed_by_the_stage(wrong: Wrong) -> None:
    assert wrong(SHOP, stage="prod", instance="x") == [
        "43: stages.prod: the stage prod has no instances -> write instances = true in [stages.prod]"
    ]


TWO_STAGES = 'name = "shop"\n[services.web]\n[stages.staging]\n[stages.prod]\n'


def test_which_stage(load_text: Load, wrong: Wrong) -> None:
    assert load_text(TWO_STAGES + "[stages.dev]").manifest.stage == "dev"
    assert load_text(TWO_STAGES, environ={"SHIPYARD_STAGE": "prod"}).manifest.stage == "prod"
    assert (
        load_text(TWO_STAGES, stage="staging", environ={"SHIPYARD_STAGE": "prod"}).manifest.stage == "staging"
    )
    assert load_text('name = "a"\n[services.web]', stage="default").manifest.stage == "default"
    assert "which stage? There are prod, staging" in wrong(TWO_STAGES)[0]
    assert 'did you mean "staging"?' in wrong(TWO_STAGES, stage="stagging")[0]
    # The base by itself: it may run from before there were stages.
    assert load_text(TWO_STAGES, stage="default").manifest.stage == "default"
    assert "declares none" in wrong('name = "a"\n[services.web]', stage="prod")[0]


def test_find_root(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    with pytest.raises(ManifestError, match=r"no shipyard\.toml in") as caught:
        find_root(deep)
    assert caught.value.hint is not None
    (tmp_path / "shipyard.toml").touch()
    assert find_root(deep) == tmp_path
    (deep / "shipyard.toml").touch()
    assert find_root(deep) == deep


def test_a_link_to_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "shipyard.toml").symlink_to("elsewhere.toml")
    with pytest.raises(
        ManifestError, match=r"shipyard\.toml is a link to elsewhere\.toml, which leads nowhere"
    ):
        find_root(tmp_path)


def test_a_relative_root_becomes_absolute(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "shipyard.toml").write_text('name = "a"\n[services.web]')
    monkeypatch.chdir(project)
    assert load(Path(), stage=None, instance=None, environ={}).manifest.root == project


def test_all_errors_come_at_once_in_order(wrong: Wrong) -> None:
    found = wrong(
        'name = "shop"\n[services.web]\nprot = 1\nport = "80"\nneeds = ["bd"]\nstop_timeout = "x"\n'
        'env = { A = "${env:NOPE}" }\n[services.db]\nimage = "Postgres"\n'
    )
    assert [line.split(" -> ")[0] for line in found] == [
        '3: services.web.prot: unknown key "prot"',
        '4: services.web.port: expected a whole number, found the text "80"',
        "5: services.web.needs: there is no service 'bd'",
        "6: services.web.stop_timeout: 'x' is no duration",
        "7: services.web.env.A: the environment variable NOPE is not set",
        "9: services.db.image: 'Postgres' is no image reference: names are lower-case",
    ]


def test_a_key_of_a_service_at_the_top(wrong: Wrong) -> None:
    found = wrong('name = "shop"\npython = "3.13"\n[services.web]\n')
    assert found == [
        '2: python: unknown key "python" -> python is a key of a service: write it under [services.NAME]'
    ]


def test_what_is_wrong_in_another_stage_is_told_when_it_is_a_matter_of_form(wrong: Wrong) -> None:
    text = TWO_STAGES + '[stages.prod.services.web]\nport = "x"\n'
    assert wrong(text, stage="staging")[0].startswith("6: stages.prod.services.web.port: expected a whole")


def test_format_and_required_version_come_first(wrong: Wrong, load_text: Load) -> None:
    newer = wrong('name = "a"\nformat = 2\nnewer = 1\n')
    assert [line.split(" to Shipyard")[0] for line in newer] == ["2: format: format 2 is not known"]
    assert "format True" in wrong('name = "a"\nformat = true\n')[0]
    assert "this manifest wants Shipyard >=99" in wrong('required-version = ">=99"\nname = "a"\n')[0]
    assert "is no version specifier" in wrong('required-version = "new"\nname = "a"\n')[0]
    assert load_text('required-version = ">=0.0.1"\nname = "a"\n[services.web]\n').manifest.name == "a"
