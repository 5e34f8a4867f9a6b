"""How dependencies and packages of the source tree get into an image, and which files are its inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dockerfile
import pytest
from sources import FASTAPI

from shipyard.compile.dockerfile import DockerfileError, Write, dockerfile_text

Compile = Callable[..., Any]
Refused = Callable[..., str]

LOCKS = Path(__file__).parents[1] / "managers" / "locks"
RUN = 'command = ["python", "main.py"]'
BUILT = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
PROJECT = '[project]\nname = "shop"\nversion = "1"\n'
LOCK = '[[package]]\nname = "shop"\nversion = "1"\nsource = { editable = "." }\n'
PACKAGED = {"pyproject.toml": PROJECT + BUILT, "uv.lock": LOCK, "src/shop/__init__.py": "", "README.md": "x"}
WORKSPACE = {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["services/*", "libs/*"]\n',
    "uv.lock": '[[package]]\nname = "api"\nversion = "1"\nsource = { virtual = "services/api" }\n'
    'dependencies = [{ name = "lib" }]\n'
    '[package.metadata]\nrequires-dist = [{ name = "lib", editable = "libs/lib" }]\n'
    '[[package]]\nname = "lib"\nversion = "1"\nsource = { editable = "libs/lib" }\n'
    '[[package]]\nname = "other"\nversion = "1"\nsource = { virtual = "services/other" }\n',
    "services/api/pyproject.toml": '[project]\nname = "api"\nversion = "1"\ndependencies = ["lib>=1"]\n',
    "services/api/main.py": "",
    "services/other/pyproject.toml": '[project]\nname = "other"\nversion = "1"\n',
    "services/other/main.py": "",
    "libs/lib/pyproject.toml": PROJECT.replace("shop", "lib") + BUILT,
    "libs/lib/src/lib/__init__.py": "",
}
MEMBER = f'path = "services/api"\n{RUN}'


def locked(name: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in (LOCKS / name).iterdir()} | {"main.py": ""}


def stage(plan: Any, name: str) -> list[Any]:
    """The instructions of one build stage, as BuildKit reads them."""
    found: list[Any] = []
    inside = False
    for line in dockerfile.parse_string(plan.dockerfile):
        if line.cmd == "FROM":
            inside = line.value[-1] == name
        elif inside:
            found.append(line)
    return found


def test_a_lock_is_written_into_its_stage(compiled: Compile) -> None:
    _, plan = compiled(locked("pipenv"), RUN)
    (copy,) = stage(plan, "lock")
    ((text, _, _),) = [(one.content, one.name, one.file_descriptor) for one in copy.heredocs]
    assert text.startswith(
        "--index-url https://index.example/simple\n"
        "click==8.5.1 ; python_version >= '3.10' \\\n    --hash=sha256:"
    )
    (deps,) = stage(plan, "deps")
    assert "uv pip install -q --python /opt/venv --no-deps --require-hashes" in deps.value[0]
    assert sorted(plan.files) == ["main.py"]
    assert "rm -rf" in plan.dockerfile
    assert "/app/Pipfile /app/Pipfile.lock &&" in plan.dockerfile


def test_lines_that_look_like_the_end_of_a_file() -> None:
    lines = ("LINES", "$HOME \\", "LINES_", '"x"')
    text = dockerfile_text((Write(target="/lock/x", lines=lines),))
    (copy,) = dockerfile.parse_string(f"FROM scratch\n{text}")[1:]
    assert copy.heredocs[0].content == "\n".join(lines) + "\n"
    with pytest.raises(DockerfileError):
        dockerfile_text((Write(target="/lock/x", lines=("a\nb",)),))


@pytest.mark.parametrize(
    ("name", "old", "new", "moves"),
    [
        ("pdm", 'version = "1.0.0"', 'version = "1.0.1"', False),
        ("pdm", "distribution = false", "distribution = false\n[tool.ruff]\nline-length = 100", False),
        ("poetry-2.1", 'version = "1.0.0"', 'version = "1.0.1"', False),
    ],
)
def test_what_of_a_locked_project_moves_the_tag(
    compiled: Compile, name: str, old: str, new: str, moves: bool
) -> None:
    files = locked(name)
    assert old in files["pyproject.toml"]
    before = compiled(files, RUN)[1].tag
    changed = files | {"pyproject.toml": files["pyproject.toml"].replace(old, new)}
    assert (compiled(changed, RUN)[1].tag != before) is moves


def test_extras_groups_and_a_date_move_the_tag(compiled: Compile) -> None:
    tags = [
        compiled(locked("pdm"), f"{RUN}\n{build}")[1].tag
        for build in ("", 'build = { extras = ["fast"] }', 'build = { groups = ["jobs"] }')
    ]
    tags += [
        compiled({"requirements.txt": "six\n", "main.py": ""}, f"{RUN}\n{build}")[1].tag
        for build in (
            "",
            'build = { exclude_newer = "2024-05-01" }',
            'build = { exclude_newer = "2024-05-02T00:00:00Z" }',
        )
    ]
    assert len(set(tags)) == 6


def test_a_package_is_a_layer_over_the_dependencies(compiled: Compile) -> None:
    _, plan = compiled(PACKAGED, RUN)
    (build,) = stage(plan, "local")
    assert "--mount=type=bind,target=/src/shop" in build.flags
    assert (
        "uv pip install -q --python /opt/venv --prefix /local/opt/venv --no-deps --no-sources"
        in build.value[0]
    )
    assert "/build/shop" in build.value[0]
    copies = [line for line in plan.dockerfile.splitlines() if line.startswith("COPY --from")]
    assert copies[2:4] == [
        "COPY --from=deps /opt /opt",
        "COPY --from=local /local/ /",
    ]
    assert "!pyproject.toml\n" in plan.dockerignore


@pytest.mark.parametrize(
    ("changes", "moves"),
    [
        ({"src/shop/__init__.py": "X = 1\n"}, True),
        ({"pyproject.toml": PROJECT.replace('"1"', '"2"') + BUILT}, True),
        ({"pyproject.toml": PROJECT + BUILT + "[tool.ruff]\nline-length = 100\n"}, False),
        ({"pyproject.toml": PROJECT + BUILT + "[dependency-groups]\ndev = ['six']\n"}, False),
        ({"README.md": "y"}, False),
    ],
)
def test_what_of_a_package_moves_the_tag(compiled: Compile, changes: dict[str, str], moves: bool) -> None:
    before = compiled(PACKAGED, RUN)[1].tag
    assert (compiled(PACKAGED | changes, RUN)[1].tag != before) is moves


def test_a_version_from_git_is_made_up_and_told(compiled: Compile) -> None:
    asked = BUILT.replace('["hatchling"]', '["hatchling", "hatch-vcs>=0.4"]')
    detected, plan = compiled(PACKAGED | {"pyproject.toml": PROJECT + asked}, RUN)
    assert "export SETUPTOOLS_SCM_PRETEND_VERSION=0 " in stage(plan, "local")[0].value[0]
    told = "web: shop reads its version from git, which is in no build: it is installed as version 0"
    assert told in detected.notes
    assert "SCM" not in compiled(PACKAGED, RUN)[1].dockerfile


def test_a_member_of_a_workspace_is_built_from_the_whole(compiled: Compile) -> None:
    detected, plan = compiled(WORKSPACE, MEMBER)
    assert plan.context == "."
    decision = next(one for one in detected.decisions if one.subject == "context")
    assert (decision.value, decision.evidence, decision.origin) == (".", "uv installs from .", "detected")
    assert sorted(plan.files) == ["libs/lib/src/lib/__init__.py", "services/api/main.py"]
    (lock,) = stage(plan, "lock")
    mounted = [flag.partition("source=")[2] for flag in lock.flags if "target=/p/" in flag]
    names = ("libs/lib", "services/api", "services/other")
    assert mounted == [
        "pyproject.toml,target=/p/pyproject.toml",
        "uv.lock,target=/p/uv.lock",
        *(f"{name}/pyproject.toml,target=/p/{name}/pyproject.toml" for name in names),
    ]
    assert "--package api --no-emit-local" in lock.value[0]
    (build,) = stage(plan, "local")
    assert "--mount=type=bind,source=libs/lib,target=/src/lib" in build.flags
    (source,) = stage(plan, "src")
    assert source.flags[0] == "--mount=type=bind,source=services/api,target=/context"
    assert "mkdir -p /app/services/api /points" in source.value[0]
    assert "\nWORKDIR /app/services/api\n" in plan.dockerfile


@pytest.mark.parametrize(
    ("file", "text", "moves"),
    [
        ("services/other/main.py", "x = 1\n", False),
        ("services/other/pyproject.toml", '[project]\nname = "other"\nversion = "2"\n', False),
        ("libs/lib/src/lib/__init__.py", "x = 1\n", True),
        ("services/api/main.py", "x = 1\n", True),
        ("README.md", "x", False),
    ],
)
def test_a_member_depends_on_what_it_is_made_of(compiled: Compile, file: str, text: str, moves: bool) -> None:
    before = compiled(WORKSPACE, MEMBER)[1].tag
    assert (compiled(WORKSPACE | {file: text}, MEMBER)[1].tag != before) is moves


def test_a_context_too_narrow_for_what_is_installed(refused: Refused) -> None:
    assert refused(WORKSPACE, f'{MEMBER}\ncontext = "services"') == (
        "services.web.context: uv installs from ., which is outside the build context\n"
        "  -> remove context, or make it wider"
    )


def test_git_is_in_the_build_stage_alone(compiled: Compile) -> None:
    line = f"six @ git+https://example.com/six@{'a' * 40}\n"
    _, plan = compiled({"requirements.txt": line, "main.py": ""}, RUN)
    assert "apt-get install -y -qq --no-install-recommends git" in stage(plan, "deps")[0].value[0]
    assert plan.dockerfile.count("apt-get install") == 1
    _, plan = compiled({"requirements.txt": "six\n", "main.py": ""}, RUN)
    assert "apt-get" not in plan.dockerfile


def test_static_files_are_collected_with_the_packages_of_the_tree(compiled: Compile) -> None:
    files = {
        "requirements.txt": "django==5.2.1\ngunicorn==23.0.0\n./lib\n",
        "lib/pyproject.toml": PROJECT.replace("shop", "lib") + BUILT,
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "shop/settings.py": "INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = 'x'\n",
        "shop/wsgi.py": "application = None\n",
    }
    (source,) = stage(compiled(files)[1], "src")
    assert "--mount=type=bind,from=local,source=/local,target=/local" in source.flags
    assert 'export PYTHONPATH="$(echo /local/opt/venv/lib/python*/site-packages)" &&' in source.value[0]


@pytest.mark.parametrize(
    ("project", "moves"),
    [
        ({"setup.py": "from setuptools import setup\nsetup(name='a')\n"}, True),
        ({"pyproject.toml": '[project]\nname = "a"\nversion = "1"\ndynamic = ["readme"]\n'}, True),
        ({"pyproject.toml": '[project]\nname = "a"\nversion = "1"\n'}, False),
    ],
)
def test_what_the_build_of_a_package_may_read_moves_the_image(
    compiled: Compile, project: dict[str, str], moves: bool
) -> None:
    files = {**FASTAPI, **project, "requirements.txt": FASTAPI["requirements.txt"] + "-e .\n"}
    tags = {
        compiled({**files, "README.md": text, "requirements-base.txt": text})[1].tag for text in ("a", "b")
    }
    assert (len(tags) == 2) is moves
