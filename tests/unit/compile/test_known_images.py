"""Image references, and what is known of official images."""

from __future__ import annotations

import pytest

from shipyard.compile.known_images import is_database, known_image, major_version, split_reference
from shipyard.compile.references import familiar, image_id, without_digest

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("reference", "repository", "tag"),
    [
        ("postgres", "postgres", "latest"),
        ("postgres:17", "postgres", "17"),
        ("localhost:5000/shop/web", "localhost:5000/shop/web", "latest"),
        ("localhost:5000/shop/web:in-1", "localhost:5000/shop/web", "in-1"),
        (f"postgres@{DIGEST}", "postgres", ""),
        (f"postgres:17@{DIGEST}", "postgres", "17"),
    ],
)
def test_split_reference(reference: str, repository: str, tag: str) -> None:
    assert split_reference(reference) == (repository, tag)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("postgres", "postgres"),
        ("library/postgres:17-alpine", "postgres"),
        ("docker.io/library/postgres:17", "postgres"),
        ("docker.io/postgres", "postgres"),
        ("postgis/postgis:17-3.5", "postgres"),
        ("pgvector/pgvector:pg17", "postgres"),
        (f"redis@{DIGEST}", "redis"),
        ("valkey/valkey:8", "valkey"),
        ("memcached:1", "memcached"),
        ("registry.example.com/postgres:17", None),
        ("acme/postgres:17", None),
        ("postgresql:17", None),
    ],
)
def test_known_image(reference: str, name: str | None) -> None:
    found = known_image(reference)
    assert (found.name if found else None) == name


def test_databases_wait_for_tcp() -> None:
    for name in ("postgres", "mysql", "mariadb"):
        found = known_image(name)
        assert found is not None
        assert "127.0.0.1" in found.check
        assert is_database(f"{name}:1")
    assert not is_database("redis:7")
    assert not is_database("acme/web")


@pytest.mark.parametrize(
    ("reference", "major"),
    [
        ("postgres:17", "17"),
        ("postgres:17.2-alpine", "17"),
        ("postgres:17-alpine", "17"),
        ("postgres", "latest"),
        (f"postgres@{DIGEST}", ""),
        (f"postgres:16.1@{DIGEST}", "16"),
    ],
)
def test_major_version(reference: str, major: str) -> None:
    assert major_version(reference) == major


@pytest.mark.parametrize(
    ("reference", "listed"),
    [
        ("redis", "redis:latest"),
        ("docker.io/library/redis:7", "redis:7"),
        ("index.docker.io/acme/web:1", "acme/web:1"),
        (f"redis:7@{DIGEST}", f"redis@{DIGEST}"),
        ("ghcr.io/acme/web", "ghcr.io/acme/web:latest"),
    ],
)
def test_references_as_the_engine_lists_them(reference: str, listed: str) -> None:
    assert familiar(reference) == listed
    assert image_id({listed: "sha256:1"}, reference) == "sha256:1"
    assert image_id({}, reference) is None


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (f"shop/web:in-0123456789abcdef@{DIGEST}", "shop/web:in-0123456789abcdef"),
        ("shop/web:in-0123456789abcdef", "shop/web:in-0123456789abcdef"),
        (f"redis:7@{DIGEST}", f"redis:7@{DIGEST}"),
        (f"localhost:5000/web@{DIGEST}", f"localhost:5000/web@{DIGEST}"),
    ],
)
def test_a_digest_is_dropped_from_a_tag_that_never_moves(reference: str, expected: str) -> None:
    assert without_digest(reference) == expected
