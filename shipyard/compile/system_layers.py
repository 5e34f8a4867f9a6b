"""The stages that install Debian packages, and the script that looks at what is linked to."""

from __future__ import annotations

import shlex
from pathlib import Path

from shipyard.compile.dockerfile import BindMount, Comment, From, Instruction, Run, TmpfsMount, Write
from shipyard.compile.system import SystemPackages

EPOCH = "315532800"
LINKS = BindMount(stage="links", source="/links.py", target="/links.py")
"""The script for a RUN that asks what is linked to."""
FOUND = f"python -I {LINKS.target} packages > /debian/packages"
"""A command that writes which Debian packages of its stage are linked to. /debian is a folder of its own, so
that the final image's packages are installed anew only when the list changes."""


def links_stage() -> tuple[Instruction, ...]:
    script = Path(__file__).with_name("links.py").read_text(encoding="utf-8")
    return (
        Comment(text="What looks at the libraries that are linked to."),
        From(image="scratch", name="links"),
        Write(target=LINKS.target, lines=tuple(script.splitlines())),
    )


def system_image(base: str, system: SystemPackages) -> str:
    """What the final stage is made from."""
    return "system" if system.run or system.linked else base


def system_stage(base: str, system: SystemPackages) -> tuple[Instruction, ...]:
    """Stage `system`, where the final image has Debian packages of its own."""
    if system_image(base, system) == base:
        return ()
    return (
        Comment(text="Debian packages that run time needs."),
        From(image=base, name="system"),
        apt(system.run, linked=system.linked),
    )


def apt(packages: tuple[str, ...], *, linked: bool = False) -> Run:
    """Debian packages without a trace of the time: nothing apt writes beside them stays. With `linked`, those
    too that stage `deps` has found; what the base has is left as it is."""
    names = " ".join([*map(shlex.quote, packages), *(["$(cat /debian/packages)"] if linked else [])])
    tmpfs = ("/var/cache", "/var/lib/apt/lists", "/var/log", "/tmp")
    return Run(
        mounts=(
            *((BindMount(stage="deps", source="/debian", target="/debian"),) if linked else ()),
            *(TmpfsMount(target=target) for target in tmpfs),
        ),
        commands=(
            "touch /before",
            "apt-get update -qq",
            "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "
            + ("--no-upgrade " if linked else "")
            + names,
            f"find / -xdev -newer /before -not -path '/proc/*' -not -path '/sys/*' "
            f"-exec touch -hcd @{EPOCH} {{}} +",
            "rm /before",
        ),
    )
