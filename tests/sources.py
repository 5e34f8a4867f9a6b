"""Source trees as test material."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shipyard.source import IgnoreRules, SourceTree


def write_tree(root: Path, files: Mapping[str, str]) -> SourceTree:
    """The tree below `root` with these files; an empty text is a file too."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return SourceTree(root)


def left_out(rules: IgnoreRules, path: str) -> bool:
    """Whether a build goes without a path, asked folder by folder as a walk does."""
    parts = path.split("/")
    state = 0
    for end, name in enumerate(parts, 1):
        way = "/".join(parts[:end])
        out, state = rules.check(way, name, state)
        if out and (end == len(parts) or rules.prunes(way)):
            return True
    return False


DJANGO = {
    "requirements.txt": "django==5.2.1\ngunicorn==23.0.0\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/settings.py": "INSTALLED_APPS = []\n",
    "shop/wsgi.py": "application = None\n",
}
FASTAPI = {
    "requirements.txt": "fastapi==0.115.0\nuvicorn==0.34.0\n",
    "main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
}
