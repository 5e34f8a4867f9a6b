"""Which health page `init` takes from the routes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources import write_tree

from shipyard.frameworks.application import Application
from shipyard.starter.health import health_path


def application(framework: str, app: str, import_path: str = "") -> Application:
    return Application(
        framework=framework, evidence="", app=app, app_evidence="", interface="wsgi", import_path=import_path
    )


@pytest.mark.parametrize(
    ("routes", "path"),
    [
        ("urlpatterns = [path('healthz', ok), path('admin/', admin)]\n", "/healthz"),
        ("urlpatterns = [path('health/', ok)]\n", "/health/"),
        ("urlpatterns = [path('healthz', ok), path('ping', ok)]\n", None),
        ("urlpatterns = [path('shop/health', ok), include('healthz')]\n", None),
        ("urlpatterns = [path(\n", None),
    ],
)
def test_of_django_beside_its_entry_point(tmp_path: Path, routes: str, path: str | None) -> None:
    tree = write_tree(tmp_path, {"src/shop/urls.py": routes, "src/shop/wsgi.py": "", "src/blog/urls.py": ""})
    assert health_path(tree, application("django", "shop.wsgi:application", "src")) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("@app.get('/healthz')\ndef ok(): ...\n", "/healthz"),
        ("@app.route('/health-check')\ndef ok(): ...\n", "/health-check"),
        ("app = Starlette(routes=[Route('/up', ok)])\n", "/up"),
        ("@router.get('/healthz')\ndef ok(): ...\n", None),
        ("@app.get('/items')\ndef ok(): ...\nclient.get('/healthz')\n", None),
    ],
)
def test_of_an_application_its_own_routes(tmp_path: Path, text: str, path: str | None) -> None:
    tree = write_tree(tmp_path, {"main.py": text})
    assert health_path(tree, application("fastapi", "main:app")) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (
            "def create_app():\n    app = Flask(__name__)\n    @app.route('/healthz')\n    def ok(): ...\n",
            "/healthz",
        ),
        ("def create_app():\n    made = Flask(__name__)\n    made.get('/_health')\n", "/_health"),
        (
            "def create_app():\n    pages = Blueprint('x')\n    @pages.get('/healthz')\n    def ok(): ...\n",
            None,
        ),
    ],
)
def test_of_what_a_factory_makes(tmp_path: Path, text: str, path: str | None) -> None:
    tree = write_tree(tmp_path, {"shop/__init__.py": text})
    assert health_path(tree, application("flask", "shop:create_app()")) == path


def test_of_litestar_by_its_decorator(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"main.py": "@get('/healthz')\nasync def ok(): ...\n"})
    assert health_path(tree, application("litestar", "main:app")) == "/healthz"
    assert health_path(tree, application("fastapi", "main:app")) is None


def test_of_no_application(tmp_path: Path) -> None:
    assert health_path(write_tree(tmp_path, {}), None) is None
