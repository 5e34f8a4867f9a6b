"""A service's data as files, and back: a database's by its own tools while it runs, other volumes as tars."""

from __future__ import annotations

import contextlib
import gzip
import posixpath
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from shipyard.compile.data import runs_server
from shipyard.compile.known_images import known_image
from shipyard.engine.objects import Objects
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Mount

_DUMP_POSTGRES = """\
set -ef
IFS='
'
U="${POSTGRES_USER:-postgres}"
printf '%s\\n' '\\set ON_ERROR_STOP off'
pg_dumpall -U "$U" --roles-only --no-role-passwords
printf '%s\\n' '\\set ON_ERROR_STOP on'
ask="select datname from pg_database where not datistemplate and"
names="$(psql -U "$U" -d template1 -Atc "$ask datallowconn")"
# By a variable: an argument that holds = would be read as words of a connection.
for name in $names; do PGDATABASE="$name" pg_dump -U "$U" --create --clean --if-exists; done
for name in $(psql -U "$U" -d template1 -Atc "$ask not datallowconn"); do
  echo "left out: database $name accepts no connections" >&2
done
"""
_MYSQL = """\
set -ef
MYSQL_PWD="${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}"
file="${MARIADB_ROOT_PASSWORD_FILE:-${MYSQL_ROOT_PASSWORD_FILE:-}}"
if [ -n "$file" ]; then MYSQL_PWD="$(cat "$file")"; fi
export MYSQL_PWD
"""
"""As root, by the variables of the official images; the password is on no command line."""
_DUMP_MYSQL = """\
names="$(%s -u root -BN -e "select schema_name from information_schema.schemata
where schema_name not in ('information_schema', 'mysql', 'performance_schema', 'sys')")"
[ -n "$names" ] || exit 0
IFS='
'
exec %s -u root --single-transaction --quick --hex-blob --routines --events --triggers \
    --add-drop-database %s--databases $names
"""
DUMP = {
    "postgres": _DUMP_POSTGRES,
    "mysql": _MYSQL + _DUMP_MYSQL % ("mysql", "mysqldump", "--set-gtid-purged=OFF "),
    "mariadb": _MYSQL + _DUMP_MYSQL % ("mariadb", "mariadb-dump", ""),
}
"""By the known image: a script that writes all databases, in a form that another version reads. Roles of
PostgreSQL that are there already are no failure, a database that cannot be restored is one; users of MySQL
are not among what its tools write by database."""
_RESTORE_POSTGRES = """\
set -e
U="${POSTGRES_USER:-postgres}"
# Who was stopped may still be known as connected, and keeps its database from being dropped.
psql -q -X -U "$U" -d template1 -o /dev/null <<END
select pg_terminate_backend(pid) from pg_stat_activity
where pid <> pg_backend_pid() and datname is not null;
END
exec psql -q -X -U "$U" -d template1 -f -
"""
RESTORE = {
    "postgres": _RESTORE_POSTGRES,
    "mysql": f"{_MYSQL}exec mysql -u root",
    "mariadb": f"{_MYSQL}exec mariadb -u root",
}


_BLOCK = 1 << 20
_LEFT = "left out: "


class CopyFailed(ShipyardError):
    """Data could not be written or read."""


def dumped(spec: ServiceSpec) -> str | None:
    """The known image whose tools write and read a service's data; None for one that is copied as it is."""
    known = known_image(spec.image)
    if known is None or known.name not in DUMP or not runs_server(spec, known):
        return None
    return known.name


def named_volumes(spec: ServiceSpec) -> tuple[Mount, ...]:
    """What outlives the service's containers."""
    return tuple(one for one in spec.volumes if one.kind == "volume" and one.source and not one.read_only)


def dump(product: str, container: str, environment: Mapping[str, str], sink: Path) -> tuple[str, ...]:
    """Write all databases of a running container, compressed; what was left out. Raises CopyFailed."""
    words = ["docker", "exec", container, "sh", "-c", DUMP[product]]
    with tempfile.TemporaryFile() as said:
        with (
            gzip.GzipFile(sink, "wb", mtime=0) as file,
            subprocess.Popen(
                words, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
            ) as process,
        ):
            assert process.stdout is not None
            shutil.copyfileobj(process.stdout, file, _BLOCK)
        if process.returncode != 0:
            raise _failed("the database could not be written out", said)
        said.seek(0)
        return tuple(line for line in said.read().decode("utf-8", "replace").splitlines() if _LEFT in line)


def restore_dump(product: str, container: str, environment: Mapping[str, str], source: IO[bytes]) -> None:
    """Put databases in the place of what a running container has. Raises CopyFailed."""
    words = ["docker", "exec", "-i", container, "sh", "-c", RESTORE[product]]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(
            words, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        ) as process:
            assert process.stdin is not None
            try:
                # It ends at the first error, and tells it.
                with contextlib.suppress(BrokenPipeError):
                    with gzip.GzipFile(fileobj=source) as file:
                        shutil.copyfileobj(file, process.stdin, _BLOCK)
                    process.stdin.close()
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            raise _failed("the database could not be restored", said)


def _failed(title: str, said: IO[bytes]) -> CopyFailed:
    said.seek(0)
    lines = [line for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return CopyFailed(title, details=tuple(f"| {line}" for line in lines[-6:]))


def copy_volume(objects: Objects, container: str, mount: Mount, sink: Path) -> None:
    """Write what is mounted in a container as a compressed tar. Raises EngineError."""
    with gzip.GzipFile(sink, "wb", mtime=0) as file:
        for block in objects.read_archive(container, mount.target):
            file.write(block)


def restore_volume(objects: Objects, container: str, mount: Mount, image: str, source: IO[bytes]) -> None:
    """Put a tar in the place of what is in a volume, through a stopped container that mounts it; `image` has
    a `find` that empties it. Raises EngineError."""
    assert mount.source is not None
    empty = ("find", mount.target, "-mindepth", "1", "-delete")
    objects.run_once(image, empty, mount.source, mount.target)
    with gzip.GzipFile(fileobj=source) as file:
        objects.write_archive(container, posixpath.dirname(mount.target), file)


def image_with_shell(desired: Desired, spec: ServiceSpec) -> str:
    """A service's own image, or what a distroless one was made of."""
    plan = next((one for one in desired.images if one.service == spec.built), None)
    return plan.base if plan is not None and plan.base and plan.facts.get("distroless") else spec.image
