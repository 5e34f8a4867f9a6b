"""`init` where the services stand in folders of the project."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from shipyard.__main__ import run
from shipyard.managers.workspace import is_member

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
CELERY = "from celery import Celery\napp = Celery('tasks')\n"
SETTINGS = (
    "from pydantic_settings import BaseSettings\n"
    "class Settings(BaseSettings):\n    database_url: str\n    secret_key: str\n"
)
PATTERNS = (
    ("apps/*", "apps/api", True),
    ("./apps/*", "apps/api", True),
    ("apps/*/", "apps/api", True),
    ("apps/api", "apps/api", True),
    ("apps/*", "apps/api/inner", False),
    ("apps/**", "apps/api/inner", True),
    ("apps/*", "lib/api", False),
)
WORKSPACE = '[tool.uv.workspace]\nmembers = ["apps/*", "packages/*"]\nexclude = ["apps/old"]\n'


def member(name: str, *packages: str, sources: str = "") -> str:
    listed = ", ".join(f'"{one}"' for one in packages)
    return f'[project]\nname = "{name}"\nversion = "1"\ndependencies = [{listed}]\n{sources}'


def initialized(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    assert run(["init", "-C", str(root)]) == 0, capsys.readouterr().err
    return tomllib.loads((root / "shipyard.toml").read_text()), capsys.readouterr().out


def test_folders_of_a_monorepo_each_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "api/requirements.txt": "fastapi==1\npsycopg==3\n",
        "api/main.py": FASTAPI,
        "api/settings.py": SETTINGS,
        "shop/admin/requirements.txt": "fastapi==1\n",
        "shop/admin/main.py": FASTAPI,
        "jobs/requirements.txt": "celery==5\nredis==5\n",
        "jobs/tasks.py": CELERY + "import os\nos.environ['DATABASE_URL']\n",
        "docs/requirements.txt": "fastapi==1\n",
        "docs/main.py": FASTAPI,
        "lib/requirements.txt": "httpx==1\n",
    }
    write_tree(tmp_path, files)
    made, said = initialized(tmp_path, capsys)
    services = made["services"]
    assert {name: one.get("path") for name, one in services.items()} == {
        "api": "api",
        "jobs": "jobs",
        "admin": "shop/admin",
        "db": None,
        "redis": None,
    }
    assert services["api"]["needs"] == ["db"]
    assert services["jobs"]["needs"] == ["db", "redis"], "it reads where the database is"
    assert services["jobs"]["env"]["DATABASE_URL"] == services["api"]["env"]["DATABASE_URL"]
    assert "needs" not in services["admin"]
    assert (tmp_path / ".env.dev").read_text().count("SECRET_KEY=") == 1
    assert "next: shipyard plan" in said


def test_one_that_serves_is_web_and_what_is_in_its_folder_is_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "backend/requirements.txt": "fastapi==1\n",
        "backend/main.py": FASTAPI,
        "backend/jobs/requirements.txt": "celery==5\n",
        "backend/jobs/tasks.py": CELERY,
        "frontend/package.json": "{}",
        "other/requirements.txt": "fastapi==1\n",
        "other/one.py": FASTAPI,
        "other/two.py": FASTAPI,
    }
    write_tree(tmp_path, files)
    made, said = initialized(tmp_path, capsys)
    assert "note: other is left out: found several FastAPI applications" in said
    assert {name: one.get("path") for name, one in made["services"].items()} == {"web": "backend"}


def test_the_root_of_a_workspace_and_its_members(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "pyproject.toml": member("mono", sources=WORKSPACE),
        "apps/api/pyproject.toml": member("api", "fastapi"),
        "apps/api/main.py": FASTAPI,
        "apps/old/pyproject.toml": member("old", "fastapi"),
        "apps/old/main.py": FASTAPI,
        "packages/core/pyproject.toml": member("core", "httpx"),
    }
    write_tree(tmp_path, files)
    made, _ = initialized(tmp_path, capsys)
    assert {name: one["path"] for name, one in made["services"].items()} == {"web": "apps/api"}
    assert run(["init", "-C", str(tmp_path / "apps/api")]) == 1
    assert 'path = "apps/api"' in capsys.readouterr().err
    assert not (tmp_path / "apps/api/shipyard.toml").exists()
    (tmp_path / "shipyard.toml").write_text('name = "x"\n[services.web]\n')
    assert run(["explain", "-C", str(tmp_path)]) == 1
    assert "it is a workspace of apps/api, packages/core" in capsys.readouterr().err


def test_what_only_a_lock_knows_is_not_taken_from_the_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = "[tool.uv.sources]\ncore = { workspace = true }\n"
    write_tree(
        tmp_path, {"pyproject.toml": member("api", "fastapi", "core", sources=sources), "main.py": FASTAPI}
    )
    assert run(["init", "-C", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "[tool.uv.sources] says where core comes from, and there is no uv.lock" in said
    assert "uv lock" in said


@pytest.mark.parametrize(("pattern", "folder", "inside"), PATTERNS)
def test_members_by_the_patterns_of_a_workspace(pattern: str, folder: str, inside: bool) -> None:
    assert is_member(folder, {"members": [pattern]}) is inside
    assert not is_member(folder, {"members": [pattern], "exclude": [pattern]})
