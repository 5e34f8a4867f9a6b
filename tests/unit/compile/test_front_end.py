"""Where a front end is found, how it is installed and built, and what of it moves an image's tag."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import dockerfile
import pytest
from sources import FASTAPI

from shipyard.compile.lockable import lockable
from shipyard.model.build import BuildPlan

Compile = Callable[..., Any]
Refused = Callable[..., str]
Decided = Callable[..., tuple[str, str, str]]
PACKAGE = json.dumps({"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}})
LOCK = {"frontend/package-lock.json": "{}"}
FRONT = FASTAPI | LOCK | {"frontend/package.json": PACKAGE, "frontend/src/main.ts": ""}


def commands(run: Any) -> list[str]:
    return [one.strip() for one in run.value[0].split(" && ")]


def runs(plan: BuildPlan, stage: str) -> list[Any]:
    """The RUN instructions of one build stage, as BuildKit reads them."""
    found: list[Any] = []
    inside = False
    for line in dockerfile.parse_string(plan.dockerfile):
        if line.cmd == "FROM":
            inside = line.value[-1] == stage
        elif inside and line.cmd == "RUN":
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("files", "lines", "value"),
    [
        ({"package.json": PACKAGE}, "", "."),
        ({"frontend/package.json": PACKAGE}, "", "frontend"),
        ({"anything/package.json": PACKAGE}, "", "anything"),
        ({"theme/static_src/package.json": PACKAGE}, "", "theme/static_src"),
        ({"package.json": PACKAGE, "frontend/package.json": PACKAGE}, "", "."),
        (
            {"package.json": "{}", "frontend/package.json": PACKAGE, "docs/package.json": PACKAGE},
            "",
            "frontend",
        ),
        ({"a/package.json": PACKAGE, "b/package.json": PACKAGE}, 'frontend = { path = "b" }', "b"),
        ({"x/y/z/package.json": PACKAGE}, 'frontend = { path = "./x/y/z/" }', "x/y/z"),
    ],
)
def test_where_it_is_found(decided: Decided, files: dict[str, str], lines: str, value: str) -> None:
    found, _, origin = decided("front end", FASTAPI | files, f"[services.web.build]\n{lines}")
    assert found == value
    assert origin == ("manifest" if lines else "detected")


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"package.json": '{"scripts": {"test": "x"}}'}, ""),
        ({"package.json": "no JSON"}, "frontend = false"),
        ({"docs/package.json": PACKAGE, "node_modules/x/package.json": PACKAGE}, ""),
        ({".storybook/package.json": PACKAGE, "tests/package.json": PACKAGE}, ""),
        ({"frontend/package.json": PACKAGE}, "frontend = false"),
    ],
)
def test_where_there_is_none_the_image_is_as_it_was(
    compiled: Compile, files: dict[str, str], lines: str
) -> None:
    _, plan = compiled(FASTAPI | files, f"[services.web.build]\n{lines}")
    assert plan.node is None
    assert "node" not in plan.dockerfile.lower()
    assert "front_end" not in plan.facts


def test_it_is_installed_then_built_where_it_stands(compiled: Compile) -> None:
    _, plan = compiled(FRONT)
    install, build = runs(plan, "front")
    assert install.flags == (
        "--mount=type=bind,from=front-lock,source=/lock,target=/lock",
        "--mount=type=cache,target=/root/.npm",
    )
    assert commands(install)[2:] == ["cd /app/frontend", "npm ci"]
    assert commands(build)[2:4] == ["cd /app/frontend", "npm run build"]
    assert build.flags == ("--mount=type=bind,from=front-source,source=/source,target=/source",)
    (source,) = runs(plan, "src")
    assert "--mount=type=bind,from=front,source=/built,target=/built" in source.flags
    words = commands(source)
    assert words.index("cp -R /context/. /app") < words.index("cp -R /built/. /app")
    final = plan.dockerfile.partition("# The image: results only.")[2]
    assert "front" not in final


def test_what_it_writes_is_there_when_static_files_are_collected(compiled: Compile) -> None:
    files = FRONT | {
        "requirements.txt": "django==5.2.1\ngunicorn==23.0.0\n",
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "shop/settings.py": "INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = 'x'\n",
        "shop/wsgi.py": "application = None\n",
    }
    (source,) = runs(compiled(files)[1], "src")
    assert 0 < source.value[0].index("cp -R /built/. /app") < source.value[0].index("collectstatic")


def test_an_output_is_all_that_is_taken(compiled: Compile) -> None:
    _, plan = compiled(FRONT, 'build = { frontend = { output = "../static/dist" } }')
    assert "cp -R --parents ./static/dist /built" in runs(plan, "front")[1].value[0]
    assert "-cnewer" not in plan.dockerfile


def test_python_files_are_read_for_class_names_alone(compiled: Compile) -> None:
    leave = "find /source -name '*.py' -delete"
    assert leave in compiled(FRONT)[1].dockerfile
    tailwind = PACKAGE.replace("vite", "tailwindcss")
    assert leave not in compiled(FRONT | {"frontend/package.json": tailwind})[1].dockerfile


@pytest.mark.parametrize(
    ("changes", "lines", "moves"),
    [
        ({"frontend/src/main.ts": "x"}, "", True),
        ({"frontend/package-lock.json": '{"x": 1}'}, "", True),
        ({"frontend/.nvmrc": "20"}, "", True),
        ({".tool-versions": "nodejs 20.1.0\n"}, "", True),
        ({}, 'build = { frontend = { output = "dist" } }', True),
        ({}, "build = { frontend = false }", True),
        ({}, 'build = { frontend = { path = "frontend" } }', False),
        ({"frontend/node_modules/x/index.js": "x", ".tool-versions": "nodejs 22.1.0\n"}, "", False),
    ],
)
def test_what_moves_the_tag(compiled: Compile, changes: dict[str, str], lines: str, moves: bool) -> None:
    before = compiled(FRONT)[1].tag
    assert (compiled(FRONT | changes, lines)[1].tag != before) is moves


def test_its_files_are_let_in_and_its_image_is_locked(built: Callable[..., Any]) -> None:
    manifest, builds = built(FRONT | {".gitignore": "package-lock.json\n"})
    plan = builds["web"][1]
    assert "\n!frontend/package.json\n!frontend/package-lock.json\n" in plan.dockerignore
    assert lockable(manifest, [plan]) == {"python:3.13-slim", "node:22-slim"}


def test_one_beside_the_project_widens_the_context(compiled: Compile) -> None:
    files = {f"api/{name}": text for name, text in FASTAPI.items()}
    files |= {"web/package.json": PACKAGE, "web/src/x.ts": "", "other/x.py": ""}
    lines = 'path = "api"\nbuild = { frontend = { path = "web" } }'
    detected, plan = compiled(files, lines)
    assert plan.context == "."
    decision = next(one for one in detected.decisions if one.subject == "context")
    assert decision.evidence == "the front end is built in web"
    assert {"api/main.py", "web/src/x.ts"} <= set(plan.files)
    assert "other/x.py" not in plan.files
    (source,) = runs(plan, "front-source")
    assert source.flags == (
        "--mount=type=bind,source=api,target=/context/api",
        "--mount=type=bind,source=web,target=/context/web",
    )


def test_a_member_of_a_workspace_is_installed_by_the_lock_of_the_whole(compiled: Compile) -> None:
    files = FASTAPI | {
        "package.json": '{"workspaces": ["frontend"]}',
        "yarn.lock": "__metadata:\n",
        "frontend/package.json": PACKAGE,
    }
    _, plan = compiled(files)
    install, build = runs(plan, "front")
    assert commands(install)[2:] == ["cd /app", "yarn install --immutable"]
    assert commands(build)[2] == "cd /app/frontend"
    # What yarn notes beside the lock is no output.
    assert "-not -path './frontend/.*' -not -path './.*'" in build.value[0]


@pytest.mark.parametrize(
    ("files", "lines", "told"),
    [
        (
            {"frontend/yarn.lock": ""},
            "",
            "frontend: found locks of several package managers\n  frontend/package-lock.json\n"
            "  frontend/yarn.lock\n  -> keep the lock of the manager that you use",
        ),
        (
            {"src/x.ts": ""},
            'build = { frontend = { path = "src" } }',
            "services.web.build.frontend: src/package.json has no script named build\n"
            "  -> name the folder of a package.json that has one, or add it",
        ),
        (
            {"site/package.json": PACKAGE, "site/bun.lock": ""},
            'build = { frontend = { path = "site" } }',
            "site/bun.lock: bun is no package manager that front ends are built with\n"
            "  -> use npm, pnpm or yarn; or build it elsewhere, and say frontend = false",
        ),
        (
            {},
            'build = { frontend = { output = "../../x" } }',
            "services.web.build.frontend.output: '../../x' is outside of the project\n"
            "  -> name a folder relative to frontend",
        ),
        (
            {f"src/{name}": text for name, text in FASTAPI.items()},
            'context = "src"\npath = "src"\nbuild = { frontend = { path = "frontend" } }',
            "services.web.context: the front end is built in frontend, which is outside the build context\n"
            "  -> remove context, or make it wider",
        ),
    ],
)
def test_what_cannot_be_built(refused: Refused, files: dict[str, str], lines: str, told: str) -> None:
    assert refused(FRONT | files, lines) == told


def test_one_that_is_declared_and_not_there(refused: Refused) -> None:
    told = refused(FASTAPI, 'build = { frontend = { output = "dist" } }')
    assert told.startswith("services.web.build.frontend: no package.json has a script named build\n")


def test_one_without_a_lock_is_told_how_to_make_one(compiled: Compile) -> None:
    detected, plan = compiled(FASTAPI | {"frontend/package.json": PACKAGE})
    assert (
        "web: frontend/package.json has no lock: each build takes what is newest; "
        "`npm install --package-lock-only` in frontend writes one"
    ) in detected.notes
    assert commands(runs(plan, "front")[0])[-1] == "npm install --no-package-lock"
