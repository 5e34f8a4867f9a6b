"""Django projects: what manage.py and the settings say, read from their syntax trees."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from sources import DJANGO

from shipyard.frameworks.application import EnvironmentRead, UnreadableSettings
from shipyard.model.manifest import SecretRef

Find = Callable[..., Any]
Refused = Callable[..., str]

STATIC = "INSTALLED_APPS = ['django.contrib.staticfiles']\n"


def django(settings: str = "", **files: str | None) -> dict[str, str]:
    """A Django project; a file given as None is missing."""
    named = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    made = {**DJANGO, "shop/settings.py": settings, **named}
    return {name: text for name, text in made.items() if text is not None}


def test_the_usual_project(find: Find) -> None:
    found = find("django", django("WSGI_APPLICATION = 'shop.wsgi.application'\n"))
    assert (found.framework, found.evidence) == ("django", "manage.py:2 sets DJANGO_SETTINGS_MODULE")
    assert (found.app, found.app_evidence) == (
        "shop.wsgi:application",
        "shop/settings.py:1 WSGI_APPLICATION",
    )
    assert (found.interface, found.static, found.hosts) == ("wsgi", "", ())


def test_in_a_folder_of_its_own_evidence_is_relative_to_it(find: Find) -> None:
    files = {
        f"services/shop/{name}": text for name, text in django("ALLOWED_HOSTS = ['a.example']\n").items()
    }
    found = find("django", files, folder="services/shop")
    assert found.app_evidence == "shop/wsgi.py"
    assert found.hosts_evidence == "shop/settings.py:1 ALLOWED_HOSTS"


@pytest.mark.parametrize("missing", ["manage", "django"])
def test_no_django_project(find: Find, missing: str) -> None:
    files = django(manage=None) if missing == "manage" else django() | {"requirements.txt": "gunicorn\n"}
    assert find("django", files) is None


@pytest.mark.parametrize(
    "manage",
    [
        "# os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "text = \"os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\"\n",
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', NAME)\n",
        "os.environ.setdefault('OTHER', 'shop.settings')\n",
        "def broken(:\n",
    ],
)
def test_only_code_counts(refused: Refused, manage: str) -> None:
    assert refused("django", django(manage=manage)) == (
        "manage.py: manage.py does not say which settings it uses\n"
        '  -> add env = { DJANGO_SETTINGS_MODULE = "project.settings" } to [services.web]'
    )


def test_the_declared_settings_win(find: Find) -> None:
    files = django(shop__prod="ALLOWED_HOSTS = ['prod.example']\n")
    found = find("django", files, env={"DJANGO_SETTINGS_MODULE": ("shop.prod",)})
    assert found.evidence == "services.web.env.DJANGO_SETTINGS_MODULE"
    assert found.hosts == ("prod.example",)
    secret = find("django", files, env={"DJANGO_SETTINGS_MODULE": (SecretRef(name="X"),)})
    assert secret.evidence == "manage.py:2 sets DJANGO_SETTINGS_MODULE"


@pytest.mark.parametrize(
    "star", ["from .base import *", "from shop.settings.base import *", "from ..common import *"]
)
def test_settings_that_build_on_others(find: Find, star: str) -> None:
    base = STATIC + "STATIC_ROOT = 'x'\nALLOWED_HOSTS = ['base.example']\n"
    files = {
        **DJANGO,
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.prod')\n",
        "shop/settings/__init__.py": "",
        "shop/settings/prod.py": f"{star}\nALLOWED_HOSTS = ['prod.example']\n",
        "shop/common.py" if ".." in star else "shop/settings/base.py": base,
    }
    del files["shop/settings.py"]
    found = find("django", files)
    assert found.hosts == ("prod.example",)
    assert found.static.endswith(
        ("shop/settings/base.py:2 sets STATIC_ROOT", "shop/common.py:2 sets STATIC_ROOT")
    )


def test_settings_that_import_one_another_come_to_an_end(find: Find) -> None:
    files = django("from shop.other import *\n", shop__other="from shop.settings import *\n")
    assert find("django", files).app == "shop.wsgi:application"


@pytest.mark.parametrize(
    ("files", "app", "interface"),
    [
        (django(), "shop.wsgi:application", "wsgi"),
        (django(shop__asgi=""), "shop.wsgi:application", "wsgi"),
        (django(shop__asgi="", shop__wsgi=None), "shop.asgi:application", "asgi"),
        (django("ASGI_APPLICATION = 'shop.sockets.app'\n"), "shop.sockets:app", "asgi"),
        (django(shop__asgi="") | {"requirements.txt": "django\nuvicorn\n"}, "shop.asgi:application", "asgi"),
        (
            django(shop__asgi="") | {"requirements.txt": "django\nuvicorn\ngunicorn\n"},
            "shop.wsgi:application",
            "wsgi",
        ),
        (django("WSGI_APPLICATION = None\n"), "shop.wsgi:application", "wsgi"),
    ],
)
def test_the_entry_point(find: Find, files: dict[str, str], app: str, interface: str) -> None:
    """WSGI unless only an ASGI server is installed, or only ASGI is there; settings before files."""
    found = find("django", files)
    assert (found.app, found.interface) == (app, interface)


@pytest.mark.parametrize(("app", "interface"), [("x.asgi:app", "asgi"), ("x.wsgi:app", "wsgi")])
def test_a_declared_entry_point(find: Find, app: str, interface: str) -> None:
    found = find("django", django(), app=app)
    assert (found.app, found.app_evidence, found.interface) == (app, "declared", interface)


def test_no_entry_point(refused: Refused) -> None:
    assert refused("django", django(shop__wsgi=None)) == (
        "services.web: found no WSGI or ASGI entry point of the Django project\n"
        "  settings shop.settings name none, and shop/ holds no wsgi.py or asgi.py\n"
        '  -> add app = "shop.wsgi:application" to [services.web]'
    )


@pytest.mark.parametrize(
    ("settings", "static"),
    [
        (STATIC + "STATIC_ROOT = BASE / 'static'\n", True),
        ("INSTALLED_APPS = []\nINSTALLED_APPS += ['django.contrib.staticfiles']\nSTATIC_ROOT = 'x'\n", True),
        ("if True:\n    " + STATIC + "STATIC_ROOT = 'x'\n", True),
        (STATIC, False),
        (STATIC + "STATIC_ROOT = None\n", False),
        (STATIC + "STATIC_ROOT = ''\n", False),
        ("INSTALLED_APPS = ['shop']  # 'django.contrib.staticfiles'\nSTATIC_ROOT = 'x'\n", False),
    ],
)
def test_whether_static_files_are_collected(find: Find, settings: str, static: bool) -> None:
    assert bool(find("django", django(settings)).static) is static


@pytest.mark.parametrize(
    ("value", "hosts", "variable"),
    [
        ("['a.example', '.b.example']", ("a.example", ".b.example"), None),
        ("[]", (), None),
        ("env.list('HOSTS', default=['a.example'])", ("a.example",), "HOSTS"),
        ("os.environ.get('HOSTS', 'a.example, b.example').split(',')", ("a.example", "b.example"), "HOSTS"),
        ("os.environ['HOSTS'].split(',')", (), "HOSTS"),
        ("[host.strip() for host in os.getenv('HOSTS', '').split(',')]", (), "HOSTS"),
        ("config('HOSTS', cast=Csv())", (), "HOSTS"),
        ("['*'] if DEBUG else ['a.example']", ("a.example", "*"), None),
    ],
)
def test_the_hosts_that_are_allowed(
    find: Find, value: str, hosts: tuple[str, ...], variable: str | None
) -> None:
    found = find("django", django(f"ALLOWED_HOSTS = {value}\n"))
    assert (sorted(found.hosts), found.hosts_env) == (sorted(hosts), variable)


def test_the_variables_that_settings_read(find: Find) -> None:
    files = django("from shop.base import *\nA = os.environ['A']\n", shop__base="B = os.getenv('B', '1')\n")
    assert find("django", files).reads == (
        EnvironmentRead(name="B", default=True, required=False, fallback="1"),
        EnvironmentRead(name="A", default=False, required=True),
    )


@pytest.mark.parametrize(
    ("settings", "spatial"),
    [
        ("INSTALLED_APPS = ['django.contrib.gis']\n", "settings.py:1 INSTALLED_APPS has django.contrib.gis"),
        (
            "INSTALLED_APPS = []\nINSTALLED_APPS += ['django.contrib.gis']\n",
            "settings.py:2 INSTALLED_APPS has",
        ),
        (
            "DATABASES = {'default': {'ENGINE': 'django.contrib.gis.db.backends.postgis'}}\n",
            "settings.py:1 DATABASES has django.contrib.gis.db.backends.postgis",
        ),
        ("DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n", ""),
    ],
)
def test_geodjango(find: Find, settings: str, spatial: str) -> None:
    found = find("django", django(settings)).spatial
    assert spatial in found
    assert bool(found) == bool(spatial)


def test_settings_that_do_not_parse_are_an_error(find: Find) -> None:
    """Without what they say the image would be another one: no static files, say."""
    with pytest.raises(UnreadableSettings) as raised:
        find("django", django("A = 1\nX = (\n"))
    assert raised.value.where == "shop/settings.py:2"
    assert "was never closed" in raised.value.title
    assert f"this is Python {sys.version_info.major}." in raised.value.hint


def test_nor_may_those_that_they_are_made_of(find: Find) -> None:
    files = {**django("from .base import *\n"), "shop/base.py": "X = (\n"}
    with pytest.raises(UnreadableSettings) as raised:
        find("django", files)
    assert raised.value.where == "shop/base.py:1"


def test_a_project_two_folders_below(find: Find) -> None:
    files = {f"src/backend/{name}": text for name, text in django().items() if name != "requirements.txt"}
    found = find("django", {**files, "requirements.txt": DJANGO["requirements.txt"]})
    assert (found.import_path, found.manage) == ("src/backend", ("src/backend/manage.py",))
    # The first level that has one is the project's.
    nearer = {"site/manage.py": DJANGO["manage.py"], "site/shop/wsgi.py": ""}
    assert find("django", nearer).import_path == "site"
