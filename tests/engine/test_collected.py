"""Static files are collected once for all that they are made of, however often other code is edited."""

from __future__ import annotations

from project import Project, docker

from examples import EXAMPLES

MANAGE = """
    import os
    import sys

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """
    import time
    from pathlib import Path

    BASE = Path(__file__).parent
    SECRET_KEY = "key"
    ALLOWED_HOSTS = ["*"]
    INSTALLED_APPS = ["django.contrib.staticfiles"]
    ROOT_URLCONF = "urls"
    WSGI_APPLICATION = "wsgi.application"
    STATIC_URL = "static/"
    STATIC_ROOT = BASE / "collected"
    STATICFILES_DIRS = [BASE / "assets"]
    # What is another at each run.
    STATIC_ROOT.mkdir(exist_ok=True)
    if not (STATIC_ROOT / "stamp").exists():
        (STATIC_ROOT / "stamp").write_text(str(time.time_ns()))
"""
WSGI = """
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
"""


def test_an_edit_of_what_nothing_is_collected_from_collects_nothing(project: Project) -> None:
    project.manifest("[services.web]\n")
    requirements = (EXAMPLES / "django-postgres" / "requirements.txt").read_text()
    project.write("requirements.txt", requirements)
    project.write("manage.py", MANAGE)
    project.write("settings.py", SETTINGS + f"    # {project.name}\n")
    project.write("wsgi.py", WSGI)
    project.write("urls.py", "urlpatterns = []\n")
    project.write("assets/site.css", "a {}\n")

    dates: list[str] = []

    def built() -> tuple[str, str, str]:
        """A module of the image, a style sheet and the stamp."""
        image = project.run("build").stdout.split()[0]
        shown = "cat urls.py collected/site.css collected/stamp; echo; stat -c %Y collected/site.css"
        text = docker("run", "--rm", "--entrypoint", "sh", image, "-c", shown)
        urls, css, stamp, date = text.splitlines()
        dates.append(date)
        return urls, css, stamp

    urls, css, stamp = built()
    assert (urls, css) == ("urlpatterns = []", "a {}")
    project.write("urls.py", "urlpatterns = [ ]\n")
    assert built() == ("urlpatterns = [ ]", css, stamp)
    project.write("assets/site.css", "b {}\n")
    _, css, second = built()
    assert css == "b {}"
    assert second != stamp
    # By date and size a browser is told whether it has the file already.
    assert dates[0] == dates[1] != dates[2]
    project.write("settings.py", f"{SETTINGS}    # {project.name}, again\n")
    _, css, third = built()
    assert css == "b {}"
    assert third not in (stamp, second)
