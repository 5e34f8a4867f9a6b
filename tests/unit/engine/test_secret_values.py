"""Where secrets' values come from, their digests, and what is told when one is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipyard.engine.secret_values import (
    SecretMissing,
    SecretValues,
    find_values,
    keyed_digests,
    new_key,
    require_values,
    unencoded_in_urls,
)
from shipyard.errors import ErrorGroup, ShipyardError
from shipyard.model.desired import Desired, ServiceSpec
from shipyard.model.manifest import Manifest, SecretRef, Template

KEY = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("environ", "file", "value", "source"),
    [
        ({"A": "env"}, "A=file\n", "env", "environment"),
        ({}, "A=file\n", "file", ".env.prod"),
        ({"A": ""}, "A=file\n", "file", ".env.prod"),
        ({}, "A=\n", None, None),
        ({}, "A\n", None, None),
        ({}, "", None, None),
        ({"B": "x"}, "B=x\n", None, None),
        ({}, "\ufeffA=file\n", "file", ".env.prod"),
        ({}, "# A=no\nexport A='two words' # why\n", "two words", ".env.prod"),
        ({}, 'A="$HOME ${X} $$"\n', "$HOME ${X} $$", ".env.prod"),
        ({}, "A=p@ss=w#rd\n", "p@ss=w#rd", ".env.prod"),
    ],
)
def test_where_a_value_comes_from(
    tmp_path: Path, environ: dict[str, str], file: str, value: str | None, source: str | None
) -> None:
    (tmp_path / ".env.prod").write_text(file, encoding="utf-8")
    found = find_values(tmp_path, "prod", ["A"], environ)
    assert found.values == ({"A": value} if value else {})
    assert found.sources == ({"A": source} if source else {})


def test_each_stage_has_its_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=default\n")
    (tmp_path / ".env.prod").write_text("A=prod\nOTHER=x\n")
    assert find_values(tmp_path, "default", ["A"], {}).values == {"A": "default"}
    assert find_values(tmp_path, "prod", ["A", "A"], {}).values == {"A": "prod"}
    assert find_values(tmp_path, "dev", ["A"], {}).values == {}
    assert find_values(tmp_path, "prod", ["A"], {}).looked_in == ("the environment", ".env.prod")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(ShipyardError, match="the file cannot be read as UTF-8") as caught:
        find_values(tmp_path, "default", ["A"], {})
    assert caught.value.where == ".env"
    assert find_values(tmp_path, "default", [], {}).values == {}


def test_values_are_not_in_a_repr(tmp_path: Path) -> None:
    found = find_values(tmp_path, "prod", ["B", "A"], {"A": "hunter2", "B": "swordfish"})
    for shown in (repr(found), str(found), f"{[found]}"):
        assert "hunter2" not in shown
        assert "swordfish" not in shown
    assert repr(found) == "SecretValues(A, B)"


def test_a_digest_is_of_all_that_it_should_be() -> None:
    def digest(
        key: str = KEY, project: str = "shop", stage: str = "prod", name: str = "A", value: str = "v"
    ) -> str:
        return keyed_digests(key, project, stage, {name: value})[name]

    assert digest() == digest() == "13624d2b2362b952f9a3f0eee3333bd8"
    others = (
        digest(key="00" * 32),
        digest(project="shop2"),
        digest(stage="dev"),
        digest(name="B"),
        digest(value="w"),
        digest(project="shopprod", stage=""),
        digest(value=""),
    )
    assert len({digest(), *others}) == 8
    assert all(len(one) == 32 for one in others)


def test_keys_are_random() -> None:
    one, other = new_key(), new_key()
    assert len(bytes.fromhex(one)) == 32
    assert one != other


@pytest.fixture
def desired(tmp_path: Path) -> Desired:
    web = ServiceSpec(name="web", image="x", built=None, secrets={"B": None, "A": None})
    db = ServiceSpec(name="db", image="x", built=None, secrets={"B": None})
    plain = ServiceSpec(name="plain", image="x", built=None)
    manifest = Manifest(root=tmp_path, name="shop", stage="prod")
    return Desired(manifest=manifest, services=(web, db, plain))


def values(**found: str) -> SecretValues:
    return SecretValues(values=found, sources={}, looked_in=("the environment", ".env.prod"))


def test_every_missing_value_is_named(desired: Desired) -> None:
    with pytest.raises(ErrorGroup) as caught:
        require_values(desired, ["web", "db"], values())
    errors = caught.value.errors
    assert [error.title for error in errors] == [
        "secret A of service web has no value",
        "secret B of service web and db has no value",
    ]
    first = errors[0]
    assert isinstance(first, SecretMissing)
    assert first.where == "services.web"
    assert first.details == ("looked in the environment and .env.prod",)
    assert (first.hint or "").startswith("`shipyard secret set A --stage prod` writes it to .env.prod")


def test_only_services_that_start_need_theirs(desired: Desired) -> None:
    require_values(desired, ["plain"], values())
    require_values(desired, ["db"], values(B="x"))
    require_values(desired, [], values())
    with pytest.raises(ErrorGroup, match="secret A of service web has no value"):
        require_values(desired, ["web"], values(B="x"))


URL: Template = ("postgres://shop:", SecretRef(name="A"), "@db/shop")


@pytest.mark.parametrize(
    ("template", "value", "told"),
    [
        (URL, "p@ss", True),
        (URL, "p/ss", True),
        (URL, "p:ss", True),
        (URL, "p%ss", True),
        (URL, "p-._~ss", False),
        ((SecretRef(name="A"),), "p@ss", False),
        (("http://x/?token=", SecretRef(name="A")), "p@ss", False),
        (("postgres://", SecretRef(name="A"), ":", SecretRef(name="A"), "@db"), "p@ss", True),
    ],
)
def test_a_value_that_breaks_its_url_is_told_by_name_alone(
    template: Template, value: str, told: bool
) -> None:
    spec = ServiceSpec(name="web", image="shop", built=None, env={"DATABASE_URL": template})
    desired = Desired(manifest=Manifest(root=Path("/p"), name="shop", stage="prod"), services=(spec,))
    values = SecretValues(values={"A": value}, sources={}, looked_in=())
    notes = unencoded_in_urls(desired, ["web"], values.unencoded)
    assert len(notes) == told
    assert not any(value in note for note in notes)
    assert unencoded_in_urls(desired, [], values.unencoded) == ()


def test_a_value_with_a_nul_is_told_before_anything_is_touched(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PW=S3NT\0x\n")
    with pytest.raises(ShipyardError) as caught:
        find_values(tmp_path, "default", ["PW"], {})
    assert ".env: the value of PW holds a NUL" in str(caught.value)
    assert "S3NT" not in str(caught.value)


def test_what_no_variable_can_hold_is_told(tmp_path: Path, desired: Desired) -> None:
    with pytest.raises(ShipyardError, match="the value of A is no UTF-8"):
        find_values(tmp_path, "prod", ["A"], {"A": "\udcff\udcfe"})
    web = ServiceSpec(
        name="web", image="x", built=None, env={"URL": (SecretRef(name="A"),)}, secrets={"A": None}
    )
    whole = Desired(manifest=desired.manifest, services=(web,))
    require_values(whole, ["web"], values(A="x" * 100_000))
    with pytest.raises(ShipyardError, match="the value of URL is longer") as caught:
        require_values(whole, ["web"], values(A="x" * 200_000))
    assert "xxx" not in str(caught.value)
