"""Random trees with random ignore files, and what the engine's builder takes of them."""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLAIN = ("a", "b", "ab", "abc", "foo", "bar", "foo.txt", "x.py", "x.pyc", ".env", ".git", "node_modules")
ODD = (
    *("a b", "a+b", "a^b", "a-b", "[a]", "{2}", "a|b", "!a", "#a", "a*b", "a?b", "a\\b", "a$", "(a)", "é"),
    *("日本", "]", "^", "-", "_", "a\nb", "aa", "a{2}", "README.md"),
)
CLASSES = (
    *("a-c", "^a-c", "abf", "^/", "!a", "a-", "*", "?", "[", "^", "\\]", "\\-a", "x.", "+-a", "$|", "a&&b"),
    *("\\d", "\\w", "^\\s"),
)
GLUED = ("**", "{2}", "|", "^", "]", "+", ".", "{", "{1,2}*", "*{a}", "\\w", "\\b", "\\.")
KINDS = {"@": "symbolic link", "|": "pipe", "=": "socket"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A tree and an ignore file. `files` are paths with what they are: one of KINDS, or "" for a file."""

    files: dict[str, str]
    ignore: str

    def write(self, top: Path) -> None:
        """Make the tree, its ignore file included."""
        for path, kind in self.files.items():
            file = top / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if kind == "@":
                file.symlink_to("a")
            elif kind == "|":
                os.mkfifo(file)
            elif kind == "=":
                with contextlib.chdir(file.parent), socket.socket(socket.AF_UNIX) as listener:
                    listener.bind(file.name)
            else:
                file.write_text("content")
        top.mkdir(parents=True, exist_ok=True)
        (top / ".dockerignore").write_bytes(self.ignore.encode())


def random_case(seed: int) -> Case:
    """Half of all with names like those of projects, half with names made of what patterns are made of."""
    dice = random.Random(seed)
    names = dice.choice((PLAIN, PLAIN + ODD))
    paths = {
        "/".join(dice.choices(names, k=dice.choice((1, 1, 2, 2, 3, 4)))) for _ in range(dice.randint(2, 14))
    }
    folders = {path[: at.start()] for path in paths for at in re.finditer("/", path)}
    files = {path: dice.choice(("",) * 12 + tuple(KINDS)) for path in sorted(paths - folders)}
    lines = [_line(dice, sorted(files), names) for _ in range(dice.randint(1, 7))]
    if folders and dice.random() < 0.2:
        # A folder left out, something of it let in again, more left out.
        folder = dice.choice(sorted(folders))
        inside = dice.choice([path for path in sorted(files) if path.startswith(f"{folder}/")])
        lines += [folder, f"!{inside}", dice.choice((folder, "*", f"**/{folder}", f"{folder}/**"))]
    if dice.random() < 0.2:
        lines.append(dice.choice(lines))
    end = dice.choice(("\n", "\n", "\n", "\r\n"))
    return Case(files=files, ignore=dice.choice(("", "", "", "\ufeff")) + end.join(lines) + end)


def _line(dice: random.Random, paths: Sequence[str], names: Sequence[str]) -> str:
    if dice.random() < 0.04:
        return dice.choice(("", "#" + dice.choice(names), " #a", "   ", "#!a"))
    parts = dice.choice(paths).split("/") if dice.random() < 0.85 else [dice.choice(names)]
    parts = [_part(dice, part) for part in parts[: dice.randint(1, len(parts))]]
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2))):
        more = dice.choice(("**", "**", "*", ".", "..", "", "**" + dice.choice(names), "***"))
        parts.insert(dice.randint(0, len(parts)), more)
    before = dice.choice(("",) * 8 + ("/", "./", "//", "../"))
    after = dice.choice(("",) * 8 + ("/", "/**", "/*", "**"))
    bang = dice.choice(("", "", "", "", "!", "!", "! ", "!!", "/!"))
    space = dice.choice(("", "", "", " ", "\t"))
    return space + bang + before + "/".join(parts) + after + dice.choice(("", "", "", " ", "\u00a0"))


def _part(dice: random.Random, part: str) -> str:
    """A pattern that may match a name."""
    at = dice.randrange(len(part))
    match dice.randrange(14):
        case 0:
            return "*"
        case 1:
            return f"{part[:at]}*"
        case 2:
            return f"*{part[at:]}"
        case 3:
            return f"{part[:at]}?{part[at + 1 :]}"
        case 4:
            return f"{part[:at]}[{dice.choice(CLASSES)}]{part[at + 1 :]}"
        case 5:
            return f"{part[:at]}\\{part[at:]}"
        case 6:
            return f"{part[:at]}{dice.choice(GLUED)}{part[at:]}"
    return part


class BuildRefused(Exception):
    """The builder's own words."""


def sent(tops: Sequence[Path], work: Path) -> list[dict[str, int | None]]:
    """What the builder takes of each tree by its .dockerignore: paths with sizes, None for what is no file.

    One build: each tree is a context of its own. Raises BuildRefused.
    """
    copies = [f"COPY --from=c{number} . /{number}/\n" for number in range(len(tops))]
    contexts = [f"--build-context=c{number}={top}" for number, top in enumerate(tops)]
    made: list[dict[str, int | None]] = [{} for _ in tops]
    for member in _built(work, "FROM scratch\n" + "".join(copies), None, contexts):
        number, _, path = member.name.partition("/")
        if not member.isdir():
            made[int(number)][path] = member.size if member.isreg() else None
    return made


def sent_by(top: Path, ignore: str | None, work: Path) -> set[str]:
    """What the builder takes of a tree by an ignore file beside the Dockerfile. Raises BuildRefused."""
    members = _built(work, "FROM scratch\nCOPY . /\n", ignore, [], top)
    return {member.name for member in members if not member.isdir()}


def _built(
    work: Path, dockerfile: str, ignore: str | None, options: Sequence[str], context: Path | None = None
) -> list[tarfile.TarInfo]:
    work.mkdir()
    (work / "empty").mkdir()
    (work / "Dockerfile").write_text(dockerfile)
    if ignore is not None:
        (work / "Dockerfile.dockerignore").write_text(ignore)
    output = work / "output.tar"
    words = ["docker", "buildx", "build", "-q", "-f", str(work / "Dockerfile")]
    done = subprocess.run(
        [*words, f"--output=type=tar,dest={output}", *options, str(context or work / "empty")],
        env={**os.environ, "BUILDX_BUILDER": "default", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildRefused(done.stderr)
    with tarfile.open(output) as tar:
        return tar.getmembers()
