"""Data kept in a file, lost, and there again: a real PostgreSQL, a volume, and damaged files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tarfile
import time

import pytest
from project import Project, docker

DATABASE = """
    [services.db]
    image = "postgres:17"
    env = { POSTGRES_USER = "shop", POSTGRES_DB = "shop" }
    secrets = { POSTGRES_PASSWORD = { as = "file" } }
    volumes = ["data:/var/lib/postgresql/data"]

    [services.client]
    image = "postgres:17"
    command = ["sh", "-c", "while :; do psql -qh db -U shop -c 'select pg_sleep(60)'; sleep 1; done"]
    env = { PGPASSWORD = "${secret:POSTGRES_PASSWORD}" }
    needs = ["db"]
    health = false
    volumes = []
    tmpfs = ["/var/lib/postgresql/data"]
"""


def sql(project: Project, text: str) -> str:
    return project.run("exec", "db", "psql", "-U", "shop", "-Atc", text).stdout.strip()


def test_databases_come_back_while_others_use_them(project: Project) -> None:
    project.manifest(DATABASE)
    project.write(".env", "POSTGRES_PASSWORD=secret-of-the-database\n")
    project.apply()
    sql(project, "create table items (name text); insert into items values ('kept')")
    sql(project, "create role reader; grant select on items to reader")
    sql(project, 'create database "two words *"')
    before = project.ids()
    said = project.run("backup", "db", "--out", "kept.backup").stdout
    assert said.startswith("wrote all databases of db to kept.backup (")
    file = project.root / "kept.backup"
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"secret-of-the-database" not in file.read_bytes()

    sql(project, "drop table items; create table others (name text)")
    sql(project, 'drop database "two words *"')
    assert "no terminal to ask on" in project.run("restore", "db", "kept.backup", code=64).stderr
    said = project.run("restore", "db", "kept.backup", "--yes").stdout
    assert said == f"restored db of {project.name} from kept.backup\n"
    assert sql(project, "select name from items") == "kept"
    assert sql(project, "select count(*) from pg_tables where tablename = 'others'") == "0"
    assert sql(project, "select count(*) from pg_database where datname = 'two words *'") == "1"
    assert sql(project, "select has_table_privilege('reader', 'items', 'select')") == "t"
    assert project.ids() == before
    assert project.container("client")["State"]["Running"]
    assert project.changes() == []

    damaged = file.read_bytes()
    (project.root / "damaged.backup").write_bytes(damaged[:1500] + b"?" + damaged[1501:])
    for name, told in (
        ("damaged.backup", "damaged"),
        ("shipyard.toml", "no backup"),
        ("nowhere", "cannot be read"),
    ):
        assert told in project.run("restore", "db", name, "--yes", code=1).stderr, name
    assert "it is of db of" in project.run("restore", "client", "kept.backup", "--yes", code=1).stderr
    assert "client has no volume" in project.run("backup", "client", code=1).stderr
    assert sql(project, "select name from items") == "kept"


MARIADB = """\
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends mariadb-server && rm -rf /var/lib/mysql/*
COPY --chmod=755 entrypoint /entrypoint
ENTRYPOINT ["/entrypoint"]
"""
ENTRYPOINT = """\
#!/bin/sh
set -e
password="$(cat "$MARIADB_ROOT_PASSWORD_FILE")"
echo "alter user root@localhost identified by '$password';" > /begin
echo "create database if not exists shop;" >> /begin
mkdir -p /run/mysqld && chown mysql /run/mysqld /begin
[ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql >/dev/null
exec mariadbd --user=mysql --init-file=/begin
"""


@pytest.mark.slow
def interrupt_a_restore(project: Project, how: signal.Signals) -> str:
    """Its standard error; it is sent the signal as soon as the database is being emptied and filled."""
    words = [sys.executable, "-m", "shipyard", "restore", "db", "kept.backup", "--yes"]
    said = []
    with subprocess.Popen(
        words,
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if line.startswith("restoring db"):
                time.sleep(0.7)
                process.send_signal(how)
    assert process.returncode != 0
    return "".join(said)


def test_a_restore_that_is_interrupted_is_never_taken_for_whole(project: Project) -> None:
    project.manifest(DATABASE)
    project.write(".env", "POSTGRES_PASSWORD=secret-of-the-database\n")
    project.apply()
    sql(project, "create table items as select generate_series(1, 3000000) as number")
    project.run("backup", "db", "--out", "kept.backup")
    told = "a restore of db did not come to its end, and its data is incomplete"
    for how in (signal.SIGINT, signal.SIGKILL):
        said = interrupt_a_restore(project, how)
        if how is signal.SIGINT:
            assert "the data of db is incomplete, and what uses it stays stopped: restore it again" in said
        assert not project.container("client")["State"]["Running"]
        assert told in [one["title"] for one in project.plan(code=1)["problems"]]
        assert "nothing was touched" in project.apply("--lease-wait", "2m", code=1).stderr
        row = project.status()["db"]
        assert "its restore is not finished" in str(row)
    project.run("restore", "db", "kept.backup", "--yes", "--lease-wait", "2m")
    assert sql(project, "select count(*) from items") == "3000000"
    assert project.container("client")["State"]["Running"], "what the first of them stopped"
    assert project.changes() == []


def test_a_backup_is_no_part_of_an_image(project: Project) -> None:
    project.manifest('[services.db]\nimage = "redis:7"\nvolumes = ["data:/data"]\n')
    project.apply()
    said = project.run("backup", "db", "--out", "dump.tar", code=64).stderr
    assert "dump.tar would be a file of the project, and reach its images" in said
    assert "call it dump.backup" in said
    project.run("backup", "db", "--out", "../dump.tar")
    assert list(project.root.glob("*dump*")) == []


def test_mariadb_by_its_own_tools(project: Project) -> None:
    """With Debian's own server, under the official image's name and with its variables."""
    project.write("image/Dockerfile", MARIADB)
    project.write("image/entrypoint", ENTRYPOINT)
    docker("build", "-q", "-t", "mariadb:10", str(project.root / "image"))
    try:
        project.manifest("""
            [services.db]
            image = "mariadb:10"
            secrets = { MARIADB_ROOT_PASSWORD = { as = "file" } }
            volumes = ["data:/var/lib/mysql"]
        """)
        project.write(".env", "MARIADB_ROOT_PASSWORD=secret-of-the-database\n")
        project.apply()

        def query(text: str) -> str:
            words = ["mariadb", "-u", "root", "-psecret-of-the-database", "-BN", "shop", "-e", text]
            return docker("exec", project.ids()[0], *words)

        query("create table items (name text, raw blob); insert into items values ('kept', x'00ff')")
        query("create procedure one() select 1; create database `other one`")
        project.run("backup", "db", "--out", "kept.backup")
        assert b"secret-of-the-database" not in (project.root / "kept.backup").read_bytes()
        query("drop table items; create table others (name text); drop procedure one")
        project.run("restore", "db", "kept.backup", "--yes")
        assert query("select name, hex(raw) from items; call one()") == "kept\t00FF\n1"
        assert query("show tables like 'others'") == ""
        assert "other one" in query("show databases")
        assert project.changes() == []
    finally:
        project.run("down", "--volumes", "--yes", code=None)
        docker("image", "rm", "-f", "mariadb:10", check=False)


def test_a_volume_comes_back_with_its_owners(project: Project) -> None:
    project.manifest("""
        [services.cache]
        image = "python:3.13-slim"
        command = ["sleep", "infinity"]
        volumes = ["data:/data"]
    """)
    project.apply()
    project.run("exec", "cache", "sh", "-c", "echo one >/data/file; mkdir /data/sub; chown 42:43 /data/sub")
    began = project.container("cache")["State"]["StartedAt"]
    project.run("backup", "cache", "--live", "--out", "live.backup")
    assert project.container("cache")["State"]["StartedAt"] == began
    project.run("backup", "cache", "--out", "kept.backup")
    assert project.container("cache")["State"]["StartedAt"] > began
    with tarfile.open(project.root / "kept.backup") as archive:
        described = archive.extractfile("backup.json")
        assert described is not None
        assert [one["target"] for one in json.load(described)["parts"]] == ["/data"]
    project.run("exec", "cache", "sh", "-c", "rm -r /data/file /data/sub; echo two >/data/other")
    project.run("restore", "cache", "kept.backup", "--yes")
    assert project.run("exec", "cache", "cat", "/data/file").stdout == "one\n"
    assert project.run("exec", "cache", "stat", "-c", "%u:%g", "/data/sub").stdout == "42:43\n"
    assert "other" not in project.run("exec", "cache", "ls", "/data").stdout
    assert project.changes() == []
    assert docker("ps", "-aq", "--filter", "status=created", "--filter", f"volume={project.name}_data") == ""
