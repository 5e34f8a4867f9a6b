"""Networks, volumes, mounts, ports, limits and the defaults that people expect."""

from __future__ import annotations

import json

from apps import write_fastapi
from project import Project, docker, fetch, free_port


def test_services_find_each_other_by_name_only_on_shared_networks(project: Project) -> None:
    external = f"{project.name}-outside"
    docker("network", "create", external)
    try:
        project.manifest(f"""
            [services.front]
            image = "redis:7"
            networks = ["front", "back", "outside"]
            needs = ["store"]
            [services.store]
            image = "redis:7"
            networks = ["back"]
            [services.alone]
            image = "redis:7"
            [networks.front]
            [networks.back]
            internal = true
            [networks.outside]
            external = true
            name = "{external}"
        """)
        planned = project.changes()
        assert "network.outside/create" not in planned
        project.apply()
        ping = ("redis-cli", "-h", "store", "ping")
        assert docker("exec", f"{project.name}-front-1", *ping) == "PONG"
        assert "PONG" not in docker("exec", f"{project.name}-alone-1", *ping, check=False)
        assert json.loads(docker("network", "inspect", f"{project.name}_back"))[0]["Internal"] is True
        front = project.container("front")["NetworkSettings"]["Networks"]
        assert sorted(front) == sorted([external, f"{project.name}_front", f"{project.name}_back"])
        assert project.changes() == []
        project.run("down", "--yes")
        assert docker("network", "ls", "-q", "--filter", f"name=^{external}$") != ""
    finally:
        project.run("down", "--yes", code=None)
        docker("network", "rm", external)


def test_an_external_network_or_volume_that_is_not_there_is_a_problem(project: Project) -> None:
    project.manifest("""
        [services.cache]
        image = "redis:7"
        networks = ["outside"]
        volumes = ["uploads:/data"]
        [networks.outside]
        external = true
        name = "no-such-network-here"
        [volumes.uploads]
        external = true
        name = "no-such-volume-here"
    """)
    problems = project.plan(code=1)["problems"]
    titles = " ".join(problem["title"] for problem in problems)
    assert "no-such-network-here" in titles
    assert "no-such-volume-here" in titles


def test_a_fresh_volume_of_a_built_service_is_writable_and_a_bind_mount_is_what_it_says(
    project: Project,
) -> None:
    write_fastapi(project)
    project.write("settings/one.txt", "from the repository\n")
    port = free_port()
    project.manifest(f"""
        [services.web]
        python = "3.13"
        publish = ["{port}:8000"]
        volumes = ["media:/app/media", "./settings:/settings:ro"]
    """)
    project.apply()
    base = f"http://127.0.0.1:{port}"
    from urllib.request import Request, urlopen

    with urlopen(Request(f"{base}/file?path=/app/media/new.txt&text=kept", method="POST")) as answer:
        assert answer.read() == b"4"
    assert json.loads(fetch(f"{base}/file?path=/settings/one.txt")[1]) == "from the repository\n"
    mounts = {mount["Destination"]: mount for mount in project.container("web")["Mounts"]}
    assert mounts["/settings"]["RW"] is False
    assert mounts["/app/media"]["Name"] == f"{project.name}_media"
    project.run("down", "--yes")
    project.apply()
    assert fetch(f"{base}/file?path=/app/media/new.txt") == (200, '"kept"')


def test_limits_defaults_and_passed_through_settings_reach_the_container(project: Project) -> None:
    port = free_port()
    project.manifest(f"""
        [services.cache]
        image = "redis:7"
        publish = ["127.0.0.1:{port}:6379"]
        resources = {{ cpus = 0.25, memory = "64M" }}
        stop_timeout = "7s"
        read_only = true
        tmpfs = ["/data"]
        labels = {{ team = "a $team" }}
        extra_hosts = ["elsewhere:127.0.0.9"]
        user = "999:999"
        compose = {{ shm_size = "32m", sysctls = {{ "net.core.somaxconn" = "512" }} }}
    """)
    project.apply()
    found = project.container("cache")
    host = found["HostConfig"]
    assert host["NanoCpus"] == 250_000_000
    assert host["Memory"] == 64 << 20
    assert host["ShmSize"] == 32 << 20
    assert host["Sysctls"] == {"net.core.somaxconn": "512"}
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    assert host["Init"] is True
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["ReadonlyRootfs"] is True
    assert list(host["Tmpfs"]) == ["/data"]
    assert host["ExtraHosts"] == ["elsewhere:127.0.0.9"]
    assert host["PortBindings"] == {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
    assert found["Config"]["StopTimeout"] == 7
    assert found["Config"]["User"] == "999:999"
    assert found["Config"]["Labels"]["team"] == "a $team"
    assert found["State"]["Health"]["Status"] == "healthy"
    assert project.changes() == []


def test_a_database_of_another_major_version_over_data_is_refused(project: Project) -> None:
    docker("tag", "postgres:17", "postgres:18")
    try:
        text = """
            [services.db]
            image = "postgres:{0}"
            volumes = ["data:/var/lib/postgresql/data"]
            secrets = {{ POSTGRES_PASSWORD = {{ as = "file" }} }}
        """
        project.environ["POSTGRES_PASSWORD"] = "x"
        project.manifest(text.format(17))
        project.apply()
        project.manifest(text.format(18))
        (problem,) = project.plan(code=1)["problems"]
        assert "17" in problem["title"]
        assert "18" in problem["title"]
        assert "shipyard exec db pg_dumpall" in problem["hint"]
        assert "nothing was touched" in project.apply(code=1).stderr
        project.manifest(text.format(17))
        project.run("down", "--yes")
        project.manifest(text.format(18))
        assert len(project.plan(code=1)["problems"]) == 1
        project.manifest(text.format(18).replace("data:", "data18:"))
        assert project.plan()["problems"] == []
    finally:
        docker("image", "rm", "postgres:18")


def test_needs_are_waited_for_until_they_are_healthy(project: Project) -> None:
    project.manifest("""
        [services.second]
        image = "redis:7"
        needs = ["first"]
        [services.first]
        image = "redis:7"
        command = ["sh", "-c", "sleep 3; exec redis-server"]
        [services.once]
        image = "redis:7"
        command = ["sh", "-c", "exit 0"]
        restart = "no"
        health = false
        needs = ["second"]
    """)
    assert [one for one in project.changes() if one.startswith("service.")] == [
        "service.first/create",
        "service.second/create",
        "service.once/create",
    ]
    project.apply()
    first, second = project.container("first"), project.container("second")
    healthy = next(probe for probe in first["State"]["Health"]["Log"] if probe["ExitCode"] == 0)
    began = json.loads(docker("inspect", "-f", "{{json .State.StartedAt}}", second["Id"]))
    assert began[:19] >= healthy["End"][:19].replace(" ", "T")
    assert project.container("once")["State"]["Status"] == "exited"
    assert project.changes() == []


def test_what_lives_in_a_service_comes_with_it(project: Project) -> None:
    """By name too: a guest does not outlive the namespaces that it is in."""
    text = """
        [services.host]
        image = "redis:7"
        env = {{ V = "{0}" }}
        [services.guest]
        image = "redis:7"
        command = ["sleep", "infinity"]
        health = false
        stop_timeout = 1
        compose = {{ pid = "service:host", network_mode = "service:host" }}
        [services.other]
        image = "redis:7"
    """
    project.manifest(text.format(1))
    project.apply()
    other = project.container("other")["Id"]
    project.manifest(text.format(2))
    changes = ["service.guest/stop", "service.host/replace", "service.guest/replace"]
    assert project.changes("host") == changes
    done = project.apply("host")
    assert "no longer declared" not in done.stdout
    assert project.changes() == []
    assert project.container("other")["Id"] == other
    assert "restarted" in project.run("restart", "host").stdout
    assert project.changes() == []
    stopped = project.run("stop", "host").stdout.split()
    assert stopped == ["stopped", f"{project.name}-guest-1", "stopped", f"{project.name}-host-1"]
    project.run("start", "host")
    assert project.changes() == []
