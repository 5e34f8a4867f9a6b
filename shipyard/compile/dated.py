"""Dates for the files of folders, each by its content, from 1980 on.

Run in a build stage by the base's own Python (3.9 and later): `python -s dated.py FOLDER...`. What serves
static files tells browsers by date and size whether a file is still the one that they have: were all of one
date, they would be told so of an edit that leaves the size as it was. Nobody serves modules and folders,
which keep theirs.
"""

from __future__ import annotations

import hashlib
import os
import sys

FIRST = 315532800
"""1980, in seconds: archives know none before."""
SPAN = 1 << 28
"""Seconds, of more than eight years."""


def date(path: str) -> int:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return FIRST + int.from_bytes(found.digest()[:8], "big") % SPAN


def main(folders: list[str]) -> int:
    for folder in folders:
        for top, _, names in os.walk(folder):
            for name in names:
                path = f"{top}/{name}"
                if not name.endswith((".py", ".pyc")) and not os.path.islink(path) and os.path.isfile(path):
                    moment = date(path)
                    os.utime(path, (moment, moment))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
