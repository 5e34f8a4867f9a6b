"""The shape of the code base: who imports whom, how large a module is, one source for each fact."""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import shipyard
from shipyard.cli.app import COMMANDS, application
from shipyard.errors import ExitCode
from shipyard.model import manifest as model
from shipyard.model.record import Record

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "shipyard"
MODULES = sorted(PACKAGE.rglob("*.py"))
ORDER = (
    *("concealed", "whole_file", "errors", "cache", "model", "manifest", "source", "managers"),
    *("frameworks", "compile", "starter", "reconcile"),
    *("diagnosis", "engine", "targets", "apply", "render", "saved", "cli", "__main__"),
)
HEAVY = {
    *("docker", "python_on_whales", "rich", "jsonschema", "tomli_w", "tree_sitter", "tree_sitter_toml"),
    *("dotenv", "requests"),
}
CONFINED = {"docker": {"engine", "targets"}, "python_on_whales": {"engine", "targets"}, "typer": {"cli"}}


def place(path: Path) -> str:
    """The first name below shipyard: a package, or a module of its own."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


@functools.cache
def imports(path: Path, node: ast.AST | None = None) -> tuple[tuple[str, int], ...]:
    """Every imported module of a file with its line: in functions and under TYPE_CHECKING too."""
    made: list[tuple[str, int]] = []
    for found in ast.walk(node or tree(path)):
        if isinstance(found, ast.Import):
            made += [(alias.name, found.lineno) for alias in found.names]
        elif isinstance(found, ast.ImportFrom):
            assert found.level == 0, f"{path}:{found.lineno}: a relative import"
            made += [(f"{found.module}.{alias.name}", found.lineno) for alias in found.names]
    return tuple(made)


def at(path: Path, line: int, name: str) -> str:
    return f"{path.relative_to(ROOT)}:{line}: {name}"


def test_a_package_imports_only_what_stands_before_it() -> None:
    assert {place(path) for path in MODULES} == {*ORDER, "__init__"}
    wrong = [
        at(path, line, name)
        for path in MODULES
        if place(path) != "__init__"
        for name, line in imports(path)
        if name.startswith("shipyard.")
        and (imported := name.split(".")[1]) in ORDER
        and ORDER.index(imported) > ORDER.index(place(path))
    ]
    assert wrong == []
    assert imports(PACKAGE / "__init__.py") == ()


@pytest.mark.parametrize("library", sorted(CONFINED))
def test_a_library_is_used_in_its_own_packages_only(library: str) -> None:
    users = {
        place(path): at(path, line, name)
        for path in MODULES
        for name, line in imports(path)
        if name.split(".")[0] == library
    }
    assert {where: line for where, line in users.items() if where not in CONFINED[library]} == {}
    assert users


def at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported: not those of functions, not for type checkers."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        yield statement
        for inner in ("body", "orelse", "finalbody"):
            yield from at_import(getattr(statement, inner, []))


def test_no_heavy_library_is_imported_with_a_module() -> None:
    wrong = [
        at(path, line, name)
        for path in MODULES
        for statement in at_import(tree(path).body)
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for name, line in imports(path, statement)
        if name.split(".")[0] in HEAVY
    ]
    assert wrong == []


def test_no_pattern_is_compiled_before_it_is_needed() -> None:
    """Of the packages that a plan loads: some 5 ms for patterns that most plans never match."""
    wrong = [
        at(path, call.lineno, "re.compile")
        for path in MODULES
        if place(path) in {"model", "manifest", "source", "managers", "reconcile", "concealed"}
        for statement in tree(path).body
        if isinstance(statement, ast.Assign)
        for call in ast.walk(statement)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "re.compile"
    ]
    assert wrong == []


def test_no_module_is_over_300_lines() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert {path: count for path, count in lines.items() if count > 300} == {}


def test_modules_are_named_for_what_they_hold() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [str(path) for path in MODULES if vague & {path.stem, path.parent.name}] == []


def test_every_module_says_what_it_is_for() -> None:
    empty = [path for path in MODULES if path.read_text().strip() and not ast.get_docstring(tree(path))]
    assert empty == []


def of_type(kind: type[Record]) -> set[str]:
    return set(kind.fields)


@pytest.mark.parametrize(
    ("key", "kind", "only_in_schema", "only_in_type"),
    [
        ("service", model.Service, {"unset"}, {"name"}),
        ("build", model.Build, set(), set()),
        ("health", model.Health, set(), {"disabled"}),
        ("resources", model.Resources, set(), set()),
        ("networks", model.Network, set(), {"key"}),
        ("volumes", model.Volume, set(), {"key"}),
    ],
)
def test_the_schema_has_the_keys_of_the_types(
    key: str, kind: type[Record], only_in_schema: set[str], only_in_type: set[str]
) -> None:
    schema: dict[str, Any] = json.loads((ROOT / "schemas/manifest.schema.json").read_bytes())
    node = schema["$defs"][key]
    declared = set(node.get("properties") or node["additionalProperties"]["properties"])
    assert declared - only_in_schema == of_type(kind) - only_in_type
    assert only_in_schema <= declared
    assert only_in_type <= of_type(kind)


def test_the_version_has_one_source() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "shipyard/__init__.py"}
    literal = f'"{shipyard.__version__}"'
    assert [path.name for path in MODULES if literal in path.read_text()] == ["__init__.py"]


def commands() -> dict[str, str]:
    """Names of the commands with their docstrings."""
    return {
        str(one.name): inspect.getdoc(one.callback) or "" for one in application(COMMANDS).registered_commands
    }


def test_every_command_is_in_the_readme() -> None:
    rows = re.findall(r"^\| `shipyard ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(commands())


def test_every_command_is_a_file_of_its_name_with_an_example() -> None:
    for name, text in commands().items():
        assert f"Example: shipyard {name}" in text, name
        assert (PACKAGE / "cli" / f"{name}.py").is_file()


def test_the_readme_has_the_exit_codes() -> None:
    table = (ROOT / "README.md").read_text().partition("| exit code | meaning |")[2].partition("\n\n")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == sorted(ExitCode)


WATCHED = {*HEAVY, "typer", "msgspec", "inspect", "packaging", "difflib", "subprocess", "http", "pydantic"}
TYPER = {"typer", "inspect", "difflib", "subprocess"}


@pytest.mark.parametrize(
    ("modules", "may_load"),
    [
        ("shipyard.cli.app", TYPER),
        ("shipyard.cli.plan, shipyard.cli.app", TYPER),
        ("shipyard.__main__, shipyard.cli.usual, shipyard.cli.planning, shipyard.render.text", set()),
        ("shipyard.__main__, shipyard.cli.usual, shipyard.cli.looking", set()),
    ],
)
def test_what_a_plan_loads(modules: str, may_load: set[str]) -> None:
    script = f"import sys, {modules}; print(*sorted({WATCHED!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= may_load
