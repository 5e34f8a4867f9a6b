"""The Dockerfiles of the corpus as golden files, in which a long script is one line that names it.

So they can be read, and a change of a script is one in its own file alone.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from shipyard.compile.distroless import root_stage
from shipyard.compile.dockerfile import Instruction, Write, dockerfile_text
from shipyard.compile.scripts import scripts_stage
from shipyard.compile.system import SystemPackages
from shipyard.model.build import DependencyInstall

GOLDEN = Path(__file__).resolve().parent / "golden" / "corpus"


def _scripts(instructions: tuple[Instruction, ...]) -> dict[str, str]:
    """The short form by the whole one."""
    return {
        dockerfile_text((one,)): dockerfile_text(
            (Write(target=one.target, lines=(f"# shipyard/compile/{posixpath.basename(one.target)}",)),)
        )
        for one in instructions
        if isinstance(one, Write)
    }


NOTHING = DependencyInstall(facts=(), install=())
_SCRIPTS = _scripts(scripts_stage(collecting=True) + root_stage(SystemPackages(), NOTHING))


def short(text: str) -> str:
    for whole_script, short_script in _SCRIPTS.items():
        text = text.replace(whole_script, short_script)
    return text


def whole(text: str) -> str:
    """What `short` was made of."""
    for whole_script, short_script in _SCRIPTS.items():
        text = text.replace(short_script, whole_script)
    return text


def golden_files() -> list[Path]:
    """NAME/SERVICE.Dockerfile of every fixture that compiles."""
    return sorted(GOLDEN.glob("*/*.Dockerfile"))
