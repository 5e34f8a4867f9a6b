"""The schema as a contract: documented, and the same as the types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shipyard.manifest import load, schema, validated
from shipyard.model import manifest as model

SCHEMA: dict[str, Any] = json.loads(schema.schema_path().read_bytes())


def keys(node: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that the schema declares, wherever."""
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items():
            yield f"{path}/{name}", value
        for name, value in node.items():
            if name != "examples":
                yield from keys(value, f"{path}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from keys(value, f"{path}/{index}")


def test_it_is_a_schema_with_a_name() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"]
    assert SCHEMA["title"]


def test_every_key_is_described() -> None:
    found = dict(keys(SCHEMA))
    assert len(found) > 60
    assert [path for path, value in found.items() if not value.get("description")] == []
    assert [name for name, value in SCHEMA["$defs"].items() if not value.get("description")] == []


def test_every_example_is_allowed() -> None:
    for path, value in keys(SCHEMA):
        for example in value.get("examples", []):
            there = {"$defs": SCHEMA["$defs"], **value}
            assert list(Draft202012Validator(there).iter_errors(example)) == [], path


def test_what_is_not_built_yet_is_not_in_it() -> None:
    assert not {"domain", "schedule"} & set(SCHEMA["$defs"]["service"]["properties"])


def names(kind: type) -> set[str]:
    return set(kind.fields)


def declared(name: str) -> set[str]:
    node = SCHEMA["$defs"][name]
    return set(node.get("properties") or node["additionalProperties"]["properties"])


def test_the_keys_are_those_of_the_types() -> None:
    assert declared("service") - {"unset"} == names(model.Service) - {"name"}
    assert declared("build") == names(model.Build)
    assert declared("health") == names(model.Health) - {"disabled"}
    assert declared("resources") == names(model.Resources)
    assert declared("secret") == {"from", "as"}
    assert names(model.Secret) == {"name", "source", "delivery"}
    assert declared("networks") == names(model.Network) - {"key"}
    assert declared("volumes") == names(model.Volume) - {"key"}
    of_a_stage = {"engine", "protect", "mode"}
    from_outside = {"root", "stage", "instance", "locked"}
    assert set(SCHEMA["properties"]) - {"format", "required-version", "stages"} == (
        names(model.Manifest) - of_a_stage - from_outside
    )
    assert declared("stage") - {"instances"} == (
        of_a_stage | {"services", "networks", "volumes", "registry", "provider"}
    )


def test_the_line_for_editors_is_a_comment(project: Path) -> None:
    (project / "shipyard.toml").write_text(
        '#:schema ./schemas/manifest.schema.json\nname = "a"\n[services.web]\n'
    )
    assert load(project, stage=None, instance=None, environ={}).manifest.name == "a"


def test_it_is_found_in_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "shipyard"
    monkeypatch.setattr(schema, "__file__", str(package / "manifest" / "schema.py"))
    assert schema.schema_path() == tmp_path / "site-packages" / "schemas" / "manifest.schema.json"
    (package / "schemas").mkdir(parents=True)
    (package / "schemas" / "manifest.schema.json").touch()
    assert schema.schema_path() == package / "schemas" / "manifest.schema.json"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a document was really held against the schema."""
    calls: list[int] = []
    real = schema.check

    def check(document: dict[str, object], text: bytes) -> object:
        calls.append(1)
        return real(document, text)

    monkeypatch.setattr(schema, "check", check)
    return calls


def test_a_manifest_is_held_against_the_schema_once(
    project: Path, tmp_path: Path, counted: list[int]
) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PORT": "80"}
    file = project / "shipyard.toml"

    def again() -> int:
        load(project, stage=None, instance=None, environ=environ)
        return len(counted)

    file.write_text('name = "a"\n[services.web]\npublish = ["${env:PORT}"]\n')
    assert [again(), again(), again()] == [1, 1, 1]
    environ["PORT"] = "none"  # what the environment holds is judged each time
    with pytest.raises(Exception, match="is no port"):
        again()
    environ["PORT"] = "81"
    file.write_text('name = "a"\n[services.web]\n')
    assert [again(), again()] == [2, 2]
    assert len(list((tmp_path / "cache" / "shipyard" / "validated").iterdir())) == 1


def test_what_is_wrong_is_never_remembered(project: Path, tmp_path: Path, counted: list[int]) -> None:
    (project / "shipyard.toml").write_text('name = "a"\nnope = 1\n[services.web]\n')
    for _ in range(2):
        with pytest.raises(Exception, match="unknown key"):
            load(project, stage=None, instance=None, environ={"HOME": str(tmp_path)})
    assert len(counted) == 2


def test_another_version_or_schema_judges_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    one = validated.digest(b"a", b"b")
    assert one != validated.digest(b"ab", b"")
    assert one != validated.digest(b"a", b"c")
    monkeypatch.setattr(validated, "__version__", "0.0.0")
    assert one != validated.digest(b"a", b"b")


@pytest.mark.parametrize("home", ["file", "missing/\0", "relative", ""])
def test_a_home_that_cannot_be_written_is_no_matter(project: Path, tmp_path: Path, home: str) -> None:
    (tmp_path / "file").touch()
    (project / "shipyard.toml").write_text('name = "a"\n[services.web]\n')
    where = home if home in ("relative", "") else str(tmp_path / home)
    for _ in range(2):
        assert load(project, stage=None, instance=None, environ={"HOME": where}).manifest.name == "a"


def test_the_hot_path_is_light(project: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    (project / "shipyard.toml").write_text('name = "a"\n[services.web]\npublish = ["80:80"]\n')
    script = (
        "import sys; from pathlib import Path; from shipyard.manifest import load\n"
        f"environ = {{'HOME': {str(tmp_path)!r}}}\n"
        f"load(Path({str(project)!r}), stage=None, instance=None, environ=environ)\n"
        "heavy = 'jsonschema tree_sitter tomli_w packaging docker rich difflib'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True, text=True) for _ in range(2)]
    assert runs[1].stdout.strip() == "[]", runs[1].stderr
