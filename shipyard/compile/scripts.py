"""What builds run by the base's own Python, in a build stage of its own: a change of one script, and only of
one that a step mounts, makes that step run again."""

from __future__ import annotations

import shlex
from pathlib import Path

from shipyard.compile.dockerfile import BindMount, CacheMount, Comment, From, Instruction, Write

LINKS = BindMount(stage="scripts", source="/links.py", target="/links.py")
"""The script for a RUN that asks what is linked to."""
BYTECODE = (
    BindMount(stage="scripts", source="/bytecode.py", target="/bytecode.py"),
    CacheMount(target="/root/.cache/bytecode"),
)
"""The mounts of a RUN that makes byte code."""
COLLECTED = (
    BindMount(stage="scripts", source="/collected.py", target="/collected.py"),
    CacheMount(target="/root/.cache/collected"),
)
"""The mounts of a RUN that collects static files."""


DATED = BindMount(stage="scripts", source="/dated.py", target="/dated.py")
"""The script for a RUN whose files are served."""


def byte_code(folder: str, root: str = "") -> str:
    """The command that makes it; `root` is where the folder stands for now, "" for its place in the image."""
    # Not -I, which would not hear of PYTHONHASHSEED.
    return " ".join(["python -s /bytecode.py", *map(shlex.quote, (folder, root) if root else (folder,))])


def scripts_stage(*, collecting: bool) -> tuple[Instruction, ...]:
    names = ("links.py", "bytecode.py", "dated.py", *(("collected.py",) if collecting else ()))
    return (
        Comment(text="What looks at the libraries that are linked to, makes byte code, and dates files."),
        From(image="scratch", name="scripts"),
        *(written(name, f"/{name}") for name in names),
    )


def written(name: str, target: str) -> Write:
    """A script of this folder as a file of a build stage."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    # There it stands beside the one that it reads with.
    text = text.replace("from shipyard.compile.links ", "from links ")
    return Write(target=target, lines=tuple(text.splitlines()))
