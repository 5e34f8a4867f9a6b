"""`init` on the examples' own sources: what it writes loads, and asks for what they need."""

from __future__ import annotations

import shutil
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from sources import write_tree

from examples import EXAMPLES
from shipyard.__main__ import run
from shipyard.manifest import load


def source(example: str, tmp_path: Path) -> Path:
    root = tmp_path / "My Shop"
    shutil.copytree(EXAMPLES / example, root, ignore=shutil.ignore_patterns(".env*", "shipyard.toml"))
    return root


def document(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "shipyard.toml").read_text())


def test_a_django_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = source("django-postgres", tmp_path)
    assert run(["init", "-C", str(root)]) == 0
    said = capsys.readouterr().out
    assert "next: shipyard plan" in said
    made = document(root)
    assert made["name"] == "my-shop"
    assert made["services"]["web"]["needs"] == ["db", "redis"]
    assert made["services"]["web"]["before_deploy"] == "python manage.py migrate --noinput"
    assert made["services"]["worker"] == {"like": "web", "framework": "celery"}
    assert set(made["services"]) == {"web", "worker", "db", "redis"}
    secrets = root / ".env.dev"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    values = dict(line.split("=", 1) for line in secrets.read_text().splitlines())
    assert set(values) == {"SECRET_KEY", "DB_PASSWORD"}
    assert all(len(value) >= 32 and value not in said for value in values.values())
    assert load(root, stage=None, instance=None, environ={}).manifest.stage == "dev"
    assert "# framework django (manage.py:" in (root / "shipyard.toml").read_text()


def test_a_fastapi_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = source("fastapi-postgres", tmp_path)
    assert run(["init", "--stdout", "-C", str(root)]) == 0
    made = tomllib.loads(capsys.readouterr().out)
    url = "postgresql://my-shop:${secret:DB_PASSWORD}@db/my-shop"
    assert made["services"]["web"]["env"]["DATABASE_URL"] == url
    assert not (root / "shipyard.toml").exists()
    assert not (root / ".env.dev").exists()


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = source("fastapi-postgres", tmp_path)
    (root / "shipyard.toml").write_text("mine\n")
    assert run(["init", "-C", str(root)]) == 1
    assert "there is a shipyard.toml already" in capsys.readouterr().err
    (root / "shipyard.toml").unlink()
    (root / ".env.dev").write_text("DB_PASSWORD=mine")
    assert run(["init", "-C", str(root)]) == 0
    assert (root / ".env.dev").read_text().splitlines()[0] == "DB_PASSWORD=mine"
    assert (root / ".env.dev").read_text().count("DB_PASSWORD") == 1


def test_a_folder_with_nothing_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "-C", str(tmp_path)]) == 1
    assert "found no dependencies to install" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_uploads_get_a_volume_and_known_values_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = source("django-postgres", tmp_path)
    (root / ".env").write_text("SECRET_KEY=mine\nOTHER=x\n")
    assert run(["init", "-C", str(root)]) == 0
    assert "taken from it: SECRET_KEY" in capsys.readouterr().out
    assert document(root)["services"]["web"]["volumes"] == ["media:/app/media"]
    assert "SECRET_KEY=mine\n" in (root / ".env.dev").read_text()
    ignored = (root / ".gitignore").read_text().splitlines()
    assert ".env*" in ignored
    assert "*.plan" in ignored


@pytest.mark.parametrize("name", [".env.dev", ".gitignore"])
def test_what_cannot_be_written_leaves_nothing_half_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    root = source("django-postgres", tmp_path)
    (root / name).unlink(missing_ok=True)
    (root / name).mkdir()
    assert run(["init", "-C", str(root)]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert not (root / "shipyard.toml").exists()


def test_a_lock_that_no_tool_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "uv.lock").write_text("version = 1\npackage = 3\n")
    (tmp_path / "pyproject.toml").write_text("project = 3\n")
    assert run(["init", "-C", str(tmp_path)]) == 1
    assert "uv.lock is not as uv writes it" in capsys.readouterr().err


@pytest.mark.parametrize(("extra", "told"), [("", True), ("[redis]", False)])
def test_celery_without_a_client_of_its_broker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: str, told: bool
) -> None:
    (tmp_path / "requirements.txt").write_text(f"flask==3.1.0\ncelery{extra}==5.4.0\n")
    (tmp_path / "app.py").write_text(
        "import os\nfrom celery import Celery\nfrom flask import Flask\n"
        'app = Flask(__name__)\ncelery = Celery("app", broker=os.environ["CELERY_BROKER_URL"])\n'
    )
    assert run(["init", "-C", str(tmp_path)]) == 0
    assert ("add celery[redis] to the dependencies" in capsys.readouterr().out) is told


@pytest.mark.parametrize(
    ("package", "there", "before"),
    [
        ("flask-migrate", "migrations/env.py", "flask --app app:app db upgrade"),
        ("flask-migrate", "alembic.ini", None),
        ("alembic", "alembic.ini", "alembic upgrade head"),
        ("alembic", "migrations/env.py", None),
    ],
)
def test_migrations_before_a_deploy(tmp_path: Path, package: str, there: str, before: str | None) -> None:
    """By the tool that the project's own are for, where it has some."""
    write_tree(
        tmp_path,
        {
            "requirements.txt": f"flask==3.1.0\npsycopg==3.2.1\nalembic==1.14.0\n{package}\n",
            "app.py": "from flask import Flask\napp = Flask(__name__)\n",
            there: "",
        },
    )
    assert run(["init", "-C", str(tmp_path)]) == 0
    assert document(tmp_path)["services"]["web"].get("before_deploy") == before


SETTINGS = "from pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n"


@pytest.mark.parametrize(
    "settings",
    [
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='ACME_')\n    KEYS\n",
        "class S(BaseSettings):\n    model_config = {'env_prefix': 'ACME_', 'extra': 'ignore'}\n    KEYS\n",
        "class S(BaseSettings, env_prefix='ACME_'):\n    KEYS\n",
        "class S(BaseSettings):\n    class Config:\n        env_prefix = 'ACME_'\n    KEYS\n",
    ],
)
def test_settings_with_a_prefix(tmp_path: Path, settings: str) -> None:
    keys = "database_url: str\n    token: str = Field(alias='TOKEN')\n    debug: bool = Field(False)"
    write_tree(
        tmp_path,
        {
            "requirements.txt": "fastapi==0.115.0\npsycopg2-binary==2.9.10\nsqlalchemy==2.1.0\n",
            "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "settings.py": SETTINGS + settings.replace("KEYS", keys),
        },
    )
    assert run(["init", "-C", str(tmp_path)]) == 0
    web = document(tmp_path)["services"]["web"]
    # SQLAlchemy takes another driver where none is named.
    assert web["env"]["ACME_DATABASE_URL"].startswith("postgresql+psycopg2://")
    assert web["secrets"] == ["TOKEN"]


def test_a_procfile_with_beat_and_a_cache_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tree(
        tmp_path,
        {
            "requirements.txt": "flask==3.1.0\ncelery[redis]==5.4.0\n",
            "app.py": "import os\nfrom celery import Celery\nfrom flask import Flask\napp = Flask(__name__)\n"
            "celery = Celery('app', broker=os.environ['REDIS_URL'], cache=os.environ['CACHE_URL'])\n"
            "os.environ['STRIPE_KEY']\n",
            "Procfile": "web: flask run\nworker: celery -A app worker\nclock: celery -A app beat -l info\n"
            "other: celery -A app beat -S my.Scheduler\n",
        },
    )
    assert run(["init", "-C", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    services = document(tmp_path)["services"]
    assert services["clock"] == {"like": "web", "framework": "celery-beat"}
    assert services["other"]["command"] == "celery -A app beat -S my.Scheduler"
    env = services["web"]["env"]
    assert (env["REDIS_URL"], env["CACHE_URL"]) == ("redis://redis:6379/0", "redis://redis:6379/1")
    assert "wrote nothing new to .env.dev" in said, "what is left to fill in is no value"
    assert "added .env*, !.env.example, *.plan, " in said


def test_extras_and_groups_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = '[project]\nname = "a"\nversion = "1"\ndependencies = ["fastapi"]\n'
    project += '[project.optional-dependencies]\npostgres = ["psycopg"]\ndocs = []\n'
    project += '[dependency-groups]\ndev = []\njobs = ["rq"]\ntests = []\n'
    main = "from fastapi import FastAPI\napp = FastAPI()\n"
    write_tree(tmp_path, {"pyproject.toml": project, "main.py": main})
    assert run(["init", "-C", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert 'postgres of the project\'s extras are not installed: build = { extras = ["postgres"] }' in said
    assert 'jobs of the project\'s groups are not installed: build = { groups = ["jobs"] }' in said
    assert "docs" not in said
    assert "tests" not in said
