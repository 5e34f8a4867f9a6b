"""What is wrong with services together, with paths, and with keys that the schema cannot judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shipyard.manifest import Loaded
from shipyard.manifest.passthrough import MANIFEST_KEYS
from shipyard.model.manifest import Service

Load = Callable[..., Loaded]
Wrong = Callable[..., list[str]]
Told = Callable[[str], str]


def services(**lines: str) -> str:
    return 'name = "shop"\n' + "".join(
        f'[services.{name}]\nimage = "a"\n{keys}\n' for name, keys in lines.items()
    )


def test_needs(wrong: Wrong, load_text: Load) -> None:
    assert (
        "there is no service 'dbb' -> did you mean \"db\"?" in wrong(services(a='needs = ["dbb"]', db=""))[0]
    )
    cycle = services(a='needs = ["b"]', b='needs = ["c"]', c='needs = ["a"]', d='needs = ["a"]')
    assert [line.split(" -> one")[0] for line in wrong(cycle)] == [
        "10: services.c.needs: a cycle: a -> b -> c -> a"
    ]
    assert "a cycle: a -> a" in wrong(services(a='needs = ["a"]'))[0]
    apart = services(a='needs = ["b"]\nnetworks = ["x", "y"]', b='networks = ["z"]')
    assert "a needs b, and they share no network -> a is on x, y; b on z" in wrong(apart)[0]
    assert "share no network" in wrong(services(a='needs = ["b"]', b='networks = ["z"]'))[0]
    load_text(services(a='needs = ["b", "b"]', b='networks = ["z", "default"]'))
    load_text(services(a='needs = ["b"]\ncompose.network_mode = "host"', b='networks = ["z"]'))


def test_who_lives_in_anothers_namespaces(wrong: Wrong, load_text: Load) -> None:
    def shares(name: str) -> str:
        return f'compose.network_mode = "service:{name}"'

    (unknown,) = wrong(services(web="", proxy=shares("wbe")))
    assert "services.proxy.compose.network_mode: there is no service 'wbe'" in unknown
    assert 'did you mean "web"?' in unknown
    assert "a cycle: web -> web" in wrong(services(web=shares("web")))[0]
    assert "no service 'gone'" in wrong(services(web='compose.volumes_from = ["gone:ro"]'))[0]
    (cycle,) = wrong(services(a='needs = ["b"]', b=shares("a")))
    assert "a cycle: a -> b -> a" in cycle
    load_text(services(web="", proxy=shares("web"), other='compose.volumes_from = ["web:ro", "container:x"]'))
    load_text(services(web='compose = { pid = "host", ipc = "shareable" }', b='compose.ipc = "service:web"'))
    several = services(a='compose.volumes_from = ["b", "c"]', b='needs = ["a"]', c="")
    assert "a cycle: a -> b -> a" in wrong(several)[0]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('compose.pid = "private"', "compose.pid: 'private' is no pid mode -> one of host, service:NAME"),
        ('compose.ipc = "nonsense"', "compose.ipc: 'nonsense' is no ipc mode -> one of none, private"),
        ('compose.network_mode = "container:"', "compose.network_mode: no container is named"),
        ('compose.volumes_from = ["container:"]', "compose.volumes_from: no container is named"),
        ('compose.ipc = "service:db"', "compose.ipc: db lets no other into its ipc -> compose = { ipc ="),
        ('compose.sysctls = ["vm.swappiness=1"]', "vm.swappiness cannot be set for one container"),
        ("compose.sysctls.kernel = 1", "kernel cannot be set for one container"),
    ],
)
def test_namespaces_that_an_engine_refuses(wrong: Wrong, lines: str, told: str) -> None:
    (line,) = wrong(services(web=lines, db=""))
    assert told in line


def test_sysctls_of_a_container(load_text: Load) -> None:
    load_text(services(web='compose.sysctls = { "net.core.somaxconn" = 1, "kernel.shmmax" = 1 }'))
    load_text(services(web='compose.sysctls = ["fs.mqueue.msg_max=1"]'))


def test_an_earlier_name(wrong: Wrong, load_text: Load) -> None:
    loaded = load_text(services(api='was = "web"', db=""))
    assert [one.was for one in loaded.manifest.services] == ["web", None]
    (declared,) = wrong(services(api='was = "db"', db=""))
    assert "services.api.was: was names db, which is still declared" in declared
    assert "was names web, which is still declared" in wrong(services(web='was = "web"'))[0]
    (twice,) = wrong(services(api='was = "web"', db='was = "web"'))
    assert "services.db.was: was names web, which api names already" in twice
    assert 'the text "Web" is not allowed here' in wrong(services(api='was = "Web"'))[0]


def test_a_diamond_of_needs_is_no_cycle(load_text: Load) -> None:
    load_text(services(a='needs = ["b", "c"]', b='needs = ["d"]', c='needs = ["d"]', d=""))


def test_ports_of_the_host(wrong: Wrong, load_text: Load) -> None:
    def told(first: str, second: str) -> list[str]:
        return wrong(services(a=f'publish = ["{first}"]', b=f'publish = ["{second}"]'))

    for first, second in [
        ("80:80", "80:81"),
        ("80:80", "127.0.0.1:80:81"),
        ("127.0.0.1:80:80", "[::]:80:80"),
        ("80", "127.0.0.1:80:81"),
    ]:
        assert "7: services.b.publish: host port 80 is published by a already" in told(first, second)[0]
    assert "published twice" in wrong(services(a='publish = ["80:80", "80:81"]'))[0]
    for first, second in [
        ("80:80", "80:80/udp"),
        ("127.0.0.1:80:80", "127.0.0.2:80:80"),
        ("127.0.0.1::80",) * 2,
    ]:
        load_text(services(a=f'publish = ["{first}"]', b=f'publish = ["{second}"]'))


def test_replicas_and_rollout(wrong_service: Told, load_text: Load) -> None:
    assert "2 replicas cannot share host port 80" in wrong_service('replicas = 2\npublish = ["80:80"]')
    assert "host port 80 is held" in wrong_service('rollout = "start-first"\npublish = ["80:80"]')
    assert "both write to m" in wrong_service('rollout = "start-first"\nvolumes = ["m:/m"]')
    assert "expected at least 1, found 0" in wrong_service("replicas = 0")
    load_text(services(a='replicas = 2\nrollout = "start-first"\npublish = ["127.0.0.1::80"]'))
    load_text(services(a='rollout = "start-first"\nvolumes = ["/cache", "m:/m:ro"]'))


def test_mounted_twice(wrong_service: Told) -> None:
    assert "/x is mounted twice" in wrong_service('volumes = ["a:/x", "b:/x/"]')
    assert "/x is mounted twice" in wrong_service('volumes = ["a:/x"]\ntmpfs = ["/x:size=1m"]')


def test_a_manifest_without_services(wrong: Wrong) -> None:
    assert "no service is declared" in wrong('name = "a"\n')[0]
    assert "no service is declared" in wrong(services(a="") + "[stages.dev.services]\na = false\n")[0]


@pytest.mark.parametrize("key", sorted(MANIFEST_KEYS))
def test_what_shipyard_decides_cannot_be_passed_through(wrong_service: Told, key: str) -> None:
    told = wrong_service(f'compose = {{ shm_size = "1g", {key} = "x" }}')
    assert told.startswith(f"3: services.web.compose.{key}: {key} cannot be passed through")
    assert MANIFEST_KEYS[key] in told


def test_everything_else_is_passed_through_as_it_is(service: Callable[..., Service]) -> None:
    web = service(
        'compose = { shm_size = "1g", ulimits = { nofile = { soft = 1, hard = 2 } }, x = [1.5, true] }'
    )
    assert web.compose == {
        "shm_size": "1g",
        "ulimits": {"nofile": {"soft": 1, "hard": 2}},
        "x": [1.5, True],
    }


@pytest.mark.parametrize("value", ["2020-01-01", "{ a = [nan] }", "[inf]", '{ "a\\u0000" = 1 }'])
def test_what_compose_cannot_know(wrong_service: Told, value: str) -> None:
    assert "services.web.compose.x" in wrong_service(f"compose = {{ x = {value} }}")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('env = { A = "x\\u0000" }', "a NUL character"),
        ('command = ["a", "b\\u0000"]', "a NUL character"),
        ('image = "a\\nb"', "a line break"),
        ('path = "a\\nb"', "a line break"),
        ('app = "a:b\\u001b"', "the control character"),
        ('env = { "A=B" = "x" }', 'the text "A=B" is no name'),
        ('env = { "A\\nB" = "x" }', "is no name"),
        ('env = { "" = "x" }', "is no name"),
        ('env = { A = ["x"] }', "expected a text or a number or true or false, found a list"),
        ("env = { A = 2020-01-01 }", "found the date or time 2020-01-01"),
        ("env = { A = nan }", "found nan"),
        ('env = { A = "1" }\nsecrets = ["A"]', "A is in env and comes from secrets too"),
        ('env = { A_FILE = "1" }\nsecrets.A.as = "file"', "A_FILE is in env and comes from secrets too"),
        ('secrets = ["A-B"]', 'the text "A-B" is not allowed here'),
        ('secrets = { "1A" = {} }', 'the text "1A" is no name'),
        ('secrets.A.as = "flie"', 'expected "env" or "file", found the text "flie" -> did you mean "file"?'),
        ('secrets.A.from = "B C"', "is not allowed here"),
        ('labels = { "com.docker.compose.project" = "x" }', "Shipyard's and Compose's own"),
        ('labels = { "shipyard.spec" = "x" }', "Shipyard's and Compose's own"),
        ('labels = { "a=b" = "x" }', "no label's name"),
        ('health = "up"', "is no path of a URL"),
        ("health = true", "expected a text or a table or false, found true"),
        ('health = { path = "/", command = "x" }', "path and command exclude one another"),
        ('health = { pth = "/" }', 'unknown key "pth" -> did you mean "path"?'),
        ("health = { retries = 0 }", "expected at least 1, found 0"),
        ("port = 8000.0", "expected a whole number, found 8000.0"),
        ("port = 0", "expected at least 1, found 0"),
        ("port = true", "expected a whole number, found true"),
        ("read_only = 1", "expected true or false, found 1"),
        ("resources = { cpus = 0 }", "expected at least 0.01, found 0"),
        ("resources = { cpus = 1e308 }", "expected at most 10000, found 1e+308"),
        ('path = "."\nbuild = { platforms = ["linux/arm64", "linux/arm64"] }', "stands in it twice"),
        ("resources = { cpus = inf }", "expected a number, found inf"),
        ('environment = { A = "1" }', 'unknown key "environment" -> use env'),
        ('depends_on = ["db"]', "use needs"),
        ('domain = "x"', 'unknown key "domain"'),
        ('restrat = "no"', 'did you mean "restart"?'),
        ("python = 3.13", "expected a text, found 3.13"),
        ("build = { pakages = [] }", 'did you mean "packages"?'),
        ('build = { optional_libraries = ["libpq5"] }', 'write its name as in "libpq.so.5"'),
    ],
)
def test_what_is_said(wrong_service: Told, lines: str, told: str) -> None:
    assert told in wrong_service(lines)


def test_env_values_become_texts(service: Callable[..., Service]) -> None:
    web = service('env = { A = true, B = 1, C = 1.5, D = "a\\nb\'\\"`$x", E = "" , "é ü" = "x"}')
    assert web.env == {
        "A": ("true",),
        "B": ("1",),
        "C": ("1.5",),
        "D": ("a\nb'\"`$x",),
        "E": ("",),
        "é ü": ("x",),
    }


@pytest.mark.parametrize("name", ["Web", "a b", "-a", "_a", "a.b", "a\\n", "é", "x" * 64])
def test_names(wrong: Wrong, name: str) -> None:
    for text in (
        f'name = "{name}"\n[services.web]\n',
        f'name = "a"\n[services."{name}"]\n',
        f'name = "a"\n[services.web]\n[networks."{name}"]\n',
        f'name = "a"\n[services.web]\n[stages."{name}"]\n',
        f'name = "a"\n[services.web]\nnetworks = ["{name}"]\n',
        f'name = "a"\n[services.web]\nvolumes = ["{name}:/x"]\n',
    ):
        assert len(wrong(text)) == 1


def test_a_table_that_was_meant_as_a_service(wrong: Wrong) -> None:
    assert "a service is written [services.web]" in wrong('name = "a"\n[web]\nport = 1\n')[0]


def test_a_provider_without_a_command(wrong: Wrong) -> None:
    assert "provider: it is empty" in " ".join(wrong('provider = []\n[services.a]\nimage = "a"\n'))


def test_external_excludes_settings(wrong: Wrong) -> None:
    head = 'name = "a"\n[services.web]\n'
    assert "driver has no effect" in wrong(f'{head}[volumes.v]\nexternal = true\ndriver = "x"\n')[0]
    assert "internal has no effect" in wrong(f"{head}[networks.n]\nexternal = true\ninternal = true\n")[0]


@pytest.fixture
def tree(project: Path) -> Path:
    (project / "apps" / "web").mkdir(parents=True)
    (project / "apps" / "Dockerfile").touch()
    (project.parent / "outside").mkdir()
    (project / "out").symlink_to("../outside")
    (project / "in").symlink_to("apps")
    (project / "loop").symlink_to("loop")
    return project


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('path = "nope"', "there is no folder 'nope'"),
        ('path = "apps/Dockerfile"', "is not a folder"),
        ('path = "/etc"', "is an absolute path"),
        ('path = ".."', "is outside of the project"),
        ('path = "apps/../../project"', "is outside of the project"),
        ('path = "out"', "leaves the project by a symlink"),
        ('path = "out/x"', "leaves the project by a symlink"),
        ('path = "loop"', "there is no folder 'loop'"),
        (f'path = "{"x" * 300}"', "File name too long"),
        ('path = ""', "an empty text"),
        ('context = "apps/web"', "the context 'apps/web' does not contain the path '.'"),
        ('build.dockerfile = "apps"', "is not a file"),
        ('build.dockerfile = "Nope"', "there is no file 'Nope'"),
        ('volumes = ["../x:/x"]', "is outside of the project"),
        ('volumes = ["./out/x:/x"]', "leaves the project by a symlink"),
    ],
)
@pytest.mark.usefixtures("tree")
def test_paths_stay_inside(wrong_service: Told, lines: str, told: str) -> None:
    assert told in wrong_service(lines)


@pytest.mark.usefixtures("tree")
def test_paths_come_back_normalised(service: Callable[..., Service]) -> None:
    web = service('path = "./apps//web/"\ncontext = "in/.."\nbuild.dockerfile = "./apps/Dockerfile"')
    assert (web.path, web.context, web.build.dockerfile) == ("apps/web", ".", "apps/Dockerfile")
    assert service('path = "in/web"\ncontext = "apps"').path == "in/web"
    assert service('volumes = ["./not-yet:/x"]').volumes[0].source == "not-yet"


@pytest.mark.parametrize("line", ['publish = ["8000:80"]', 'extra_hosts = ["elsewhere:127.0.0.9"]'])
def test_what_another_containers_network_does_not_allow(wrong: Wrong, load_text: Load, line: str) -> None:
    guest = f'compose.network_mode = "service:a"\n{line}'
    (said,) = wrong(services(a="", b=guest))
    assert f"{line.split()[0]} is not possible in another container's network" in said
    load_text(services(a="", b=guest.replace("service:a", "bridge")))
