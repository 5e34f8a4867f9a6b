"""Stages, `like` and `unset`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shipyard.manifest import Loaded
from shipyard.model.manifest import Health, Secret, Service

Load = Callable[..., Loaded]
Wrong = Callable[..., list[str]]

BASE = """\
name = "shop"
[services.web]
health = { command = "true", interval = "5s" }
env = { DEBUG = "no", LEVEL = "info" }
secrets = { A = {}, B = { from = "C" } }
publish = ["8000", "9000:9000"]
port = 8000
[services.db]
image = "postgres:17"
[services.extra]
image = "redis:7"
[stages.prod]
"""


def web(load_text: Load, override: str) -> Service:
    return load_text(f"{BASE}[stages.prod.services.web]\n{override}\n", stage="prod").manifest.services[0]


def test_tables_merge_and_the_rest_replaces(load_text: Load) -> None:
    service = web(
        load_text, 'env = { LEVEL = "warning", NEW = 1 }\npublish = ["80:8000"]\nsecrets.A.as = "file"'
    )
    assert service.env == {"DEBUG": ("no",), "LEVEL": ("warning",), "NEW": ("1",)}
    assert [port.host_port for port in service.publish] == [80]
    assert service.secrets == (
        Secret(name="A", source="A", delivery="file"),
        Secret(name="B", source="C"),
    )
    assert web(load_text, 'secrets = ["Z"]').secrets == (Secret(name="Z", source="Z"),)


def test_health_in_its_three_forms(load_text: Load) -> None:
    assert web(load_text, "").health == Health(command=("true",), interval=5)
    assert web(load_text, 'health = "/up"').health == Health(path="/up", interval=5)
    assert web(load_text, 'health.path = "/up"').health == Health(path="/up", interval=5)
    assert web(load_text, "health.retries = 9").health == Health(command=("true",), interval=5, retries=9)
    assert web(load_text, "health = false").health == Health(disabled=True)


def test_image_path_and_like_replace_one_another(load_text: Load) -> None:
    text = """\
name = "shop"
[services.web]
path = "."
framework = "django"
build = { packages = ["libmagic1"] }
[services.worker]
like = "web"
command = "x"
[services.db]
image = "postgres:17"
[stages.prod.services]
web.image = "acme/web:1"
worker.image = "acme/worker:1"
db.path = "."
"""
    built, worker, db = load_text(text, stage="prod").manifest.services
    assert (built.image, built.path, built.framework, built.build.packages) == ("acme/web:1", None, None, ())
    assert (worker.image, worker.like, worker.path) == ("acme/worker:1", None, None)
    assert (db.image, db.path) == (None, ".")


def test_false_removes_a_service(load_text: Load, wrong: Wrong) -> None:
    loaded = load_text(f"{BASE}services.extra = false\n", stage="prod")
    assert [service.name for service in loaded.manifest.services] == ["web", "db"]
    assert not [path for path in loaded.origins if path[:2] == ("services", "extra")]
    assert (
        "there is no service 'exta' to remove -> did you mean \"extra\"?"
        in wrong(f"{BASE}services.exta = false\n", stage="prod")[0]
    )
    assert "expected a table" in wrong('name = "a"\n[services]\nweb = false\n')[0]


def test_false_in_env_is_a_text_and_unset_removes(load_text: Load) -> None:
    assert web(load_text, "env = { DEBUG = false }").env["DEBUG"] == ("false",)
    service = web(load_text, 'unset = ["DEBUG", "A", "NOT_THERE"]')
    assert service.env == {"LEVEL": ("info",)}
    assert [secret.name for secret in service.secrets] == ["B"]


def test_a_stage_adds_services_networks_volumes_and_its_registry(load_text: Load) -> None:
    manifest = load_text(
        f'{BASE}registry = "r.example.com"\nservices.new.image = "a:1"\nnetworks.n.internal = true\n'
        "volumes.v.external = true\n",
        stage="prod",
    ).manifest
    assert manifest.services[-1] == Service(name="new", image="a:1")
    assert manifest.registry == "r.example.com"
    assert manifest.networks[0].internal
    assert manifest.volumes[0].external


LIKE = """\
name = "shop"
[services.web]
env = { A = "1", B = "2" }
secrets = ["S"]
networks = ["front"]
needs = ["db"]
volumes = ["media:/media"]
resources = { cpus = 1, memory = "512M" }
port = 80
publish = ["80"]
health = "/"
replicas = 1
command = "serve"
labels = { x = "y" }
user = "1000"
[services.db]
image = "postgres:17"
networks = ["front"]
[services.worker]
like = "web"
"""


def test_like_takes_what_is_shared_and_own_keys_win(load_text: Load) -> None:
    text = LIKE + 'env = { B = "3" }\nresources = { memory = "1G" }\nvolumes = []\nunset = ["A"]\n'
    worker = load_text(text).manifest.services[2]
    assert worker.env == {"B": ("3",)}
    assert (worker.resources.cpus, worker.resources.memory, worker.volumes) == (1.0, 1024**3, ())
    assert (worker.networks, worker.needs, worker.secrets[0].name) == (("front",), ("db",), "S")
    assert (worker.port, worker.publish, worker.health, worker.command) == (None, None, None, None)
    assert (worker.labels, worker.user) == ({}, None)


def test_unset_in_a_like_does_not_reach_its_source(load_text: Load) -> None:
    first, _, worker = load_text(LIKE + 'unset = ["A", "S"]\n').manifest.services
    assert set(first.env) == {"A", "B"}
    assert (set(worker.env), worker.secrets) == ({"B"}, ())
    assert [secret.name for secret in first.secrets] == ["S"]


def test_what_the_source_unsets_is_not_taken(load_text: Load) -> None:
    text = LIKE + '[stages.dev.services.web]\nunset = ["A", "S"]\n'
    worker = load_text(text).manifest.services[2]
    assert (worker.env, worker.secrets) == ({"B": ("2",)}, ())


def test_like_an_image(load_text: Load) -> None:
    services = load_text(
        'name = "a"\n[services.x]\nimage = "a:1"\n[services.y]\nlike = "x"\n'
    ).manifest.services
    assert (services[1].image, services[1].like, services[1].path) == ("a:1", "x", None)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('like = "web"', "a service cannot be like itself"),
        ('like = "dbb"', "there is no service 'dbb' -> did you mean \"db\"?"),
        ('like = "worker"', 'worker is itself like db -> write like = "db"'),
        ('like = "db"\nimage = "a"', "image and like exclude one another -> keep one"),
        ('path = "."\nimage = "a"', "image and path exclude one another -> keep one"),
        ('like = "db"\npython = "3.12"', "python has no effect beside like -> declare it on db"),
        (
            'like = "db"\napp = "x:y"',
            "app has no effect: db runs an image that is not built here -> say what it runs with command",
        ),
        ('image = "a"\ncontext = "."', "context has no effect beside image"),
        ('image = "a"\nbuild.static = true', "build has no effect beside image"),
    ],
)
def test_sources_that_cannot_be(wrong: Wrong, lines: str, told: str) -> None:
    text = (
        f'name = "a"\n[services.web]\n{lines}\n[services.db]\nimage = "a"\n[services.worker]\nlike = "db"\n'
    )
    found = wrong(text)
    assert len(found) == 1
    assert told in found[0]


def test_like_of_a_service_that_the_stage_removes(wrong: Wrong) -> None:
    assert (
        "there is no service 'web'" in wrong(LIKE + "[stages.prod.services]\nweb = false\n", stage="prod")[0]
    )


def test_what_is_wrong_in_the_source_of_a_like_is_told_once(wrong: Wrong) -> None:
    assert len(wrong(LIKE.replace('"512M"', '"5Q"'))) == 1


def test_other_stages_are_judged_too(wrong: Wrong) -> None:
    text = f"{BASE}[stages.dev]\n[stages.prod.services.web]\nport = 80900\nstop_timeout = 'soon'\n"
    told = wrong(text, stage="dev")
    assert [one.partition(": ")[2].partition(": ")[0] for one in told] == [
        "stages.prod.services.web.port",
        "stages.prod.services.web.stop_timeout",
    ]


def test_what_is_wrong_in_another_stage_alone_says_so(wrong: Wrong) -> None:
    def needing(name: str) -> str:
        return f"{BASE}[services.cache]\nimage = 'redis:7'\nneeds = ['{name}']\n[stages.dev]\n"

    text = needing("db") + "[stages.prod.services]\ndb = false\n"
    (one,) = wrong(text, stage="dev")
    assert "in stage prod: there is no service 'db'" in one
    assert "in stage" not in wrong(text, stage="prod")[0]
    assert len(wrong(needing("bd") + "[stages.prod]\n", stage="dev")) == 1


def test_what_another_stage_takes_from_an_environment_is_not(load_text: Load) -> None:
    load_text(f'{BASE}registry = "${{env:HOST}}"\n[stages.dev]\n', stage="dev")
