"""What is known of official images that services run from: a health check made of what they carry.

Each check goes over TCP where the image's entrypoint first starts a temporary server on a socket only
(the official postgres and mysql entrypoints do), so that it is not healthy before it can be reached.
"""

from __future__ import annotations

from shipyard.model.record import Record


class KnownImage(Record):
    """`servers` are the names of the program that it is for; `dump` the command that writes all its data in a
    form that another version reads; `data` where it keeps them, in an anonymous volume when nothing is
    mounted there, and `data_variable` what says otherwise. `port` is what the check asks unless told."""

    name: str
    check: tuple[str, ...]
    port: int
    servers: tuple[str, ...]
    dump: str | None = None
    data: str | None = None
    data_variable: str = ""

    def check_at(self, port: int | None) -> tuple[str, ...]:
        """The check of a server that was told to listen on another port."""
        if port is None or port == self.port:
            return self.check
        return tuple(word.format(port=port) for word in _CHECKS_AT.get(self.name, self.check))


_REDIS = "{0} ping | grep -qE 'PONG|NOAUTH'"
_CHECKS_AT = {
    "postgres": ("pg_isready", "-q", "-h", "127.0.0.1", "-p", "{port}"),
    "mysql": ("mysqladmin", "ping", "-h", "127.0.0.1", "-P", "{port}", "--silent"),
    "mariadb": ("mariadb-admin", "ping", "-h", "127.0.0.1", "-P", "{port}", "--silent"),
    "redis": ("sh", "-c", _REDIS.format("redis-cli -p {port}")),
    "valkey": ("sh", "-c", _REDIS.format("valkey-cli -p {port}")),
}

_KNOWN = {
    known.name: known
    for known in (
        KnownImage(
            name="postgres",
            port=5432,
            check=("pg_isready", "-q", "-h", "127.0.0.1"),
            servers=("postgres",),
            dump="pg_dumpall -U USER",
            data="/var/lib/postgresql/data",
            data_variable="PGDATA",
        ),
        KnownImage(
            name="mysql",
            port=3306,
            check=("mysqladmin", "ping", "-h", "127.0.0.1", "--silent"),
            servers=("mysqld", "mysqld_safe"),
            dump="mysqldump -A -p",
            data="/var/lib/mysql",
        ),
        KnownImage(
            name="mariadb",
            port=3306,
            check=("mariadb-admin", "ping", "-h", "127.0.0.1", "--silent"),
            servers=("mariadbd", "mariadbd-safe", "mysqld", "mysqld_safe"),
            dump="mariadb-dump -A -p",
            data="/var/lib/mysql",
        ),
        KnownImage(
            name="redis",
            port=6379,
            check=("sh", "-c", _REDIS.format("redis-cli")),
            servers=("redis-server",),
            data="/data",
        ),
        KnownImage(
            name="valkey",
            port=6379,
            check=("sh", "-c", _REDIS.format("valkey-cli")),
            servers=("valkey-server",),
            data="/data",
        ),
        KnownImage(
            name="rabbitmq",
            port=5672,
            check=("rabbitmq-diagnostics", "-q", "ping"),
            servers=("rabbitmq-server",),
            data="/var/lib/rabbitmq",
        ),
        KnownImage(
            name="memcached",
            port=11211,
            servers=("memcached",),
            check=(
                "sh",
                "-c",
                "nc -z 127.0.0.1 11211 2>/dev/null || bash -c 'exec 3<>/dev/tcp/127.0.0.1/11211'",
            ),
        ),
    )
}

_SAME_AS = {
    "postgis/postgis": "postgres",
    "pgvector/pgvector": "postgres",
    "timescale/timescaledb": "postgres",
    "valkey/valkey": "valkey",
}


def split_reference(reference: str) -> tuple[str, str]:
    """(repository, tag) of an image reference; the tag is "latest" when there is none, "" for a digest.

    The rule is the distribution project's reference grammar: a colon after the last slash is a tag.
    """
    name, _, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return head + slash + last, tag or ("" if digest else "latest")


def known_image(reference: str) -> KnownImage | None:
    """The known image behind a reference, by its repository on the default registry."""
    repository, _ = split_reference(reference)
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        repository = repository.removeprefix(prefix)
    return _KNOWN.get(_SAME_AS.get(repository, repository))


def major_version(reference: str) -> str:
    """The major version that an image's tag names, such as "17"; no number when the tag names none."""
    return split_reference(reference)[1].partition("-")[0].partition(".")[0]


def is_database(reference: str) -> bool:
    """Whether another major version of the image does not read the files of this one."""
    known = known_image(reference)
    return known is not None and known.dump is not None
