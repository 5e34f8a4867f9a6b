#!/usr/bin/env python3
"""From a saved edit to its answer in `shipyard dev`: medians of 7 and the slowest, in milliseconds; on the
engine of this machine, and on the same one by way of a real sshd.

tests/bench/dev.py
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "engine")]

from project import free_port  # noqa: E402
from ssh_server import ssh_server  # noqa: E402

TIMES = 7
SHIPYARD = [str(Path(sys.executable).with_name("shipyard"))]
MANIFEST = """
name = "{name}"
[services.web]
publish = ["{port}:8000"]
health = "/"
[stages.dev]
mode = "develop"
"""
SETTINGS = """
SECRET_KEY = "made up"
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_of_mine.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["pages"]}]
WSGI_APPLICATION = "site_of_mine.wsgi.application"
"""
URLS = """
from django.shortcuts import render
from django.urls import path
from site_of_mine.word import WORD
urlpatterns = [path("", lambda request: render(request, "page.html", {"word": WORD}))]
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_mine.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_mine.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
APPS = {
    "django": {
        "requirements.txt": "django==5.1.3\ngunicorn==23.0.0\n",
        "manage.py": MANAGE,
        "site_of_mine/__init__.py": "",
        "site_of_mine/settings.py": SETTINGS,
        "site_of_mine/urls.py": URLS,
        "site_of_mine/wsgi.py": WSGI,
        "site_of_mine/word.py": 'WORD = "hello"\n',
        "pages/page.html": "{{ word }}",
    },
    "fastapi": {
        "requirements.txt": "fastapi==0.115.5\nuvicorn==0.32.1\n",
        "main.py": "from fastapi import FastAPI\nfrom word import WORD\napp = FastAPI()\n"
        "@app.get('/')\ndef hello():\n    return WORD\n",
        "word.py": 'WORD = "hello"\n',
    },
}
EDITS = (
    ("django, code", "django", "site_of_mine/word.py", 'WORD = "{}"\n'),
    ("django, template", "django", "pages/page.html", "{}"),
    ("fastapi, code", "fastapi", "word.py", 'WORD = "{}"\n'),
)


def answered(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def until(port: int, word: str, patience: float) -> float:
    """Milliseconds until it is answered."""
    began = time.perf_counter()
    while word not in answered(port):
        if time.perf_counter() - began > patience:
            raise SystemExit(f"{word} was not answered")
        time.sleep(0.01)
    return (time.perf_counter() - began) * 1000


def measure(title: str, app: str) -> None:
    """With the engine that DOCKER_HOST names."""
    folder, port = Path(tempfile.mkdtemp()), free_port()
    for path, text in APPS[app].items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text.lstrip("\n"))
    (folder / "shipyard.toml").write_text(MANIFEST.format(name=f"dev{os.getpid()}{app}", port=port))
    log = (folder.parent / f"{folder.name}.log").open("wb")
    dev = subprocess.Popen([*SHIPYARD, "dev"], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until(port, "hello", 180)
        time.sleep(3)
        for what, of, path, text in EDITS:
            if of != app:
                continue
            found = []
            for number in range(TIMES):
                (folder / path).write_text(text.format(f"word-{number}-{what[-4:]}"))
                found.append(until(port, f"word-{number}-{what[-4:]}", 60))
                # Reloaders look at times of whole seconds.
                time.sleep(2)
            print(f"{what:<20}{title:<12}{statistics.median(found):>8.0f}{max(found):>8.0f}", flush=True)
    finally:
        dev.send_signal(signal.SIGINT)
        dev.wait()
        log.close()
        gone = [*SHIPYARD, "down", "--volumes", "--yes"]
        subprocess.run(gone, cwd=folder, check=True, capture_output=True)
        shutil.rmtree(folder)


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"{'edit of':<32}{'median':>8}{'slowest':>8}")
    for app in APPS:
        measure("locally", app)
    with tempfile.TemporaryDirectory() as name, ssh_server(Path(name)) as server:
        os.environ |= {"PATH": server.path, "DOCKER_HOST": f"{server.address}/var/run/docker.sock"}
        for app in APPS:
            measure("over ssh", app)
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
