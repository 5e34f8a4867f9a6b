"""The stages that install Debian packages."""

from __future__ import annotations

import shlex

from shipyard.compile.dockerfile import BindMount, Comment, From, Instruction, Run, TmpfsMount
from shipyard.compile.scripts import LINKS
from shipyard.compile.system import SystemPackages

EPOCH = "315532800"
ENVIRONMENT = (
    ("SOURCE_DATE_EPOCH", EPOCH),
    ("PYC_INVALIDATION_MODE", "UNCHECKED_HASH"),
    # The order of a set is in byte code before Python 3.11.
    ("PYTHONHASHSEED", "0"),
)
"""What every build stage that runs Python has."""
FOUND = f"python -I {LINKS.target} packages > /debian/packages"
"""A command that writes which Debian packages of its stage are linked to. /debian is a folder of its own, so
that the final image's packages are installed anew only when the list changes."""


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
            # By the time of any change: of a file that was opened alone, one store keeps a copy.
            f"find / -xdev -cnewer /before -not -path '/proc/*' -not -path '/sys/*' "
            f"-exec touch -hcd @{EPOCH} {{}} +",
            "rm /before",
        ),
    )
