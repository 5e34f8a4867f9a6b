"""Data kept in a file, lost, and there again: a real PostgreSQL, a volume, and damaged files."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
import tarfile
import time

import pytest
from project import Project, docker, until

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
    sql(project, 'create database "a=b"')
    sql(project, "create database shut allow_connections false")
    before = project.ids()
    said = project.run("backup", "db", "--out", "kept.backup").stdout
    assert said.startswith("wrote all databases of db to kept.backup (")
    told = project.run("backup", "db", "--out", "again.backup").stderr
    assert "note: left out: database shut accepts no connections" in told
    file = project.root / "kept.backup"
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"secret-of-the-database" not in file.read_bytes()

    sql(project, "drop table items; create table others (name text)")
    sql(project, 'drop database "two words *"')
    sql(project, 'drop database "a=b"')
    assert "no terminal to ask on" in project.run("restore", "db", "kept.backup", code=64).stderr
    said = project.run("restore", "db", "kept.backup", "--yes").stdout
    assert said == f"restored db of {project.name} from kept.backup\n"
    assert sql(project, "select name from items") == "kept"
    assert sql(project, "select count(*) from pg_tables where tablename = 'others'") == "0"
    found = "select count(*) from pg_database where datname in ('two words *', 'a=b')"
    assert sql(project, found) == "2"
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
        for command in ("start", "restart"):
            refused = project.run(command, "client", "--lease-wait", "2m", code=1).stderr
            assert "its data is incomplete" in refused, command
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


def test_what_a_killed_backup_leaves_is_told_and_reaches_no_image(project: Project) -> None:
    project.write("Dockerfile", "FROM redis:7\nCOPY . /project\n")
    project.write(".dockerignore", "!**\n")
    project.manifest(
        """
        [services.db]
        build = { dockerfile = "Dockerfile" }
        volumes = ["data:/data"]
        health = false
        """
    )
    project.apply()
    project.run("exec", "db", "sh", "-c", "head -c 300000000 /dev/urandom >/data/large")
    words = [sys.executable, "-m", "shipyard", "backup", "db", "--live"]
    running = subprocess.Popen(words, cwd=project.root, env=project.environment())
    until(lambda: any(project.root.glob(".backup-*/volume-0.tar.gz")))
    running.kill()
    running.wait()
    # What one that is killed later leaves of its file, and one of a file of secrets.
    project.write(".kept.backup.part-abcdefgh", "data")
    project.write("..env.part-abcdefgh", "A=secret")
    assert project.changes() == []
    project.write("seen", "")
    project.run("lease", "--break", "--yes")
    project.apply()
    left = docker("run", "--rm", project.container("db")["Image"], "ls", "-A", "/project").split()
    assert sorted(left) == [".dockerignore", "Dockerfile", "seen", "shipyard.toml"]
    project.run("exec", "db", "rm", "/data/large")
    told = project.run("backup", "db").stderr
    (folder,) = project.root.glob(".backup-*")
    assert f"note: {folder} is left of a backup that was killed: remove it" in told


def test_volumes_that_others_have_too(project: Project) -> None:
    """All who write into them are stopped, and a target may be called anything."""
    project.manifest(
        """
        [services.files]
        image = "redis:7"
        command = ["sleep", "infinity"]
        health = false
        volumes = ["odd:/my; data $x", "shared:/shared"]
        [services.other]
        image = "redis:7"
        command = ["sh", "-c", "while :; do date >/shared/now; sleep 0.1; done"]
        health = false
        volumes = ["shared:/shared"]
        """
    )
    project.apply()
    project.run("exec", "files", "sh", "-c", "echo one > '/my; data $x/file'")
    began = project.container("other")["State"]["StartedAt"]
    assert "stopping other" in project.run("backup", "files", "--out", "kept.backup").stderr
    assert project.container("other")["State"]["StartedAt"] > began
    project.run("exec", "files", "sh", "-c", "echo two > '/my; data $x/file'")
    project.run("restore", "files", "kept.backup", "--yes")
    assert project.run("exec", "files", "cat", "/my; data $x/file").stdout == "one\n"
    assert project.changes() == []


@pytest.mark.parametrize(
    ("document", "part", "told"),
    [
        ("[" * 100_000, b"", "no backup"),
        ("none", b"", "nothing in this backup"),
        ("one", b"no gzip", "damaged"),
    ],
)
def test_a_file_that_somebody_made_up(project: Project, document: str, part: bytes, told: str) -> None:
    project.manifest('[services.db]\nimage = "redis:7"\nvolumes = ["data:/data"]\n')
    project.apply()
    parts = []
    if part:
        digest = hashlib.sha256(part).hexdigest()
        parts = [{"kind": "volume", "file": "a", "target": "/data", "sha256": digest}]
    made = {"kind": "shipyard backup", "format": 1, "project": project.name, "stage": "default"}
    made |= {"service": "db", "image": "redis:7", "parts": parts}
    text = json.dumps(made) if document in ("none", "one") else document
    with tarfile.open(project.root / "made.backup", "w") as archive:
        for name, data in (("backup.json", text.encode()), ("a", part)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    began = project.container("db")["State"]["StartedAt"]
    assert told in project.run("restore", "db", "made.backup", "--yes", code=1).stderr
    assert project.container("db")["State"]["StartedAt"] == began


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
