"""Whatever the values are: rendered models read by a parser that is not ours hold those very values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from shipyard.compile.spec import service_document
from shipyard.model.desired import Check, Desired, ServiceSpec
from shipyard.model.manifest import Manifest, Mount, SecretRef
from shipyard.render.files import rendered_files
from shipyard.targets.compose.command import model_text
from shipyard.targets.compose.model import compose_model, variable

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
HOSTILE = st.sampled_from(
    [
        *("$", "$$", "${", "}", "${A}", "${A:-b}", "$A", "'", '"', "\\", "\n", "\r\n", "\t", " ", ": ", " #"),
        *("- ", "{", "[", "&a", "*a", "!!int 1", "|", ">", "%", "@", "`", "---", "...", "<<", "no", "~"),
        *("1e3", "0x1f", "1:30", "2001-01-01", ".inf", "\u0085", "\u2028", "\ufeff", "\x1b[31m", "\x7f"),
    ]
)
TEXTS = st.one_of(st.text(CHARACTERS, max_size=20), st.lists(HOSTILE, max_size=5).map("".join))
SECRETS = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
VARIABLES = TEXTS.map(lambda text: re.sub(r"[=\r\n]", "", text)).filter(bool)
LABELS = TEXTS.map(lambda text: re.sub(r"=", "", text)).filter(
    lambda text: text and text.isprintable() and not text.startswith("shipyard.")
)
TEMPLATES = st.lists(st.one_of(TEXTS, SECRETS.map(lambda name: SecretRef(name=name))), max_size=4).map(tuple)
WORDS = st.lists(TEXTS, min_size=1, max_size=4).map(tuple)
FOLDERS = st.one_of(TEXTS, st.just("srv")).map(lambda text: "/" + re.sub(r"[/:\r\n]", "", text) + "x")
JSON = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(LABELS, inner, max_size=3)),
    max_leaves=5,
)


@st.composite
def specs(draw: st.DrawFn) -> ServiceSpec:
    return ServiceSpec(
        name="web",
        image="acme/web:1",
        built=None,
        command=draw(st.one_of(st.none(), WORDS)),
        entrypoint=draw(st.one_of(st.none(), st.just(()), WORDS)),
        env=draw(st.dictionaries(VARIABLES, TEMPLATES, max_size=5)),
        check=Check(command=draw(WORDS)),
        volumes=tuple(
            Mount(kind="bind", source=source.lstrip("/"), target=target)
            for source, target in draw(st.dictionaries(FOLDERS, FOLDERS, max_size=2)).items()
        ),
        labels=draw(st.dictionaries(LABELS, TEXTS, max_size=4)),
        compose={"x-extra": draw(JSON)},
    )


def value_of(name: str) -> str:
    """The value that a secret has while Compose reads; it is never looked into again."""
    return f"<${{{name}}}$$>"


def interpolated(value: Any, variables: Mapping[str, str]) -> Any:
    """What Compose makes of a value: the rules of its file reference, keys left alone.

    A dollar sign that begins nothing is an error there, and no other form is ever written.
    """
    if isinstance(value, dict):
        return {key: interpolated(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolated(item, variables) for item in value]
    if not isinstance(value, str):
        return value
    assert re.fullmatch(r"([^$]|\$\$|\$\{\w+\})*", value, re.DOTALL), value
    return re.sub(r"\$(\$|\{(\w+)\})", lambda found: variables[found[2]] if found[2] else "$", value)


def check_values(model: Any, spec: ServiceSpec, root: Path, form: Any) -> None:
    names = {part.name for value in spec.env.values() for part in value if isinstance(part, SecretRef)}
    service = interpolated(model["services"]["web"], {variable(form, name): value_of(name) for name in names})
    assert service.get("environment", {}) == {
        name: "".join(value_of(part.name) if isinstance(part, SecretRef) else part for part in value)
        for name, value in spec.env.items()
    }
    assert service.get("command") == (list(spec.command) if spec.command is not None else None)
    assert service.get("entrypoint") == (list(spec.entrypoint) if spec.entrypoint is not None else None)
    assert spec.check is not None
    assert service["healthcheck"]["test"] == ["CMD", *spec.check.command]
    assert {mount["target"]: mount["source"] for mount in service.get("volumes", [])} == {
        mount.target: str(root / str(mount.source)) for mount in spec.volumes
    }
    labels = {key: text for key, text in service["labels"].items() if not key.startswith("shipyard.")}
    assert labels == dict(spec.labels)
    assert json.loads(service["labels"]["shipyard.spec"]) == service_document(spec)
    assert service["x-extra"] == spec.compose["x-extra"]


@given(specs(), FOLDERS)
def test_a_model_says_what_was_declared(spec: ServiceSpec, folder: str) -> None:
    root = Path(folder)
    desired = Desired(manifest=Manifest(root=root, name="shop", stage="prod"), services=(spec,))
    check_values(json.loads(model_text(compose_model(desired))), spec, root, "applied")
    portable = rendered_files(desired, root / "deploy", applied=False)["compose.yaml"]
    check_values(yaml.safe_load(portable), spec, root, "portable")
