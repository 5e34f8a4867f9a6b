"""The build stage in which an image without shell and package manager gets its root, out of the slim one."""

from __future__ import annotations

import shlex

from shipyard.compile.authorities import ENVIRONMENT as TRUSTING
from shipyard.compile.dockerfile import BindMount, Comment, Env, From, Instruction, Run
from shipyard.compile.install import TOUCH, VENV
from shipyard.compile.scripts import LINKS, written
from shipyard.compile.system import SystemPackages
from shipyard.compile.system_layers import ENVIRONMENT as BUILDING
from shipyard.compile.system_layers import system_image
from shipyard.model.build import DependencyInstall

ENVIRONMENT = (("LANG", "C.UTF-8"), ("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
"""What the slim image sets, or finds by itself."""


def environment(authorities: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The variables of the final image; `authorities` are certificates trusted beside the public ones."""
    return tuple(dict((*ENVIRONMENT, *(TRUSTING if authorities else ()))).items())


def root_stage(system: SystemPackages, install: DependencyInstall) -> tuple[Instruction, ...]:
    """Stage `root`, which holds the result at /rootfs."""
    # What the dependencies link to has been looked at before.
    mounts = [
        BindMount(stage="user", source="/user", target="/user"),
        BindMount(stage="deps", source=VENV, target=VENV),
        BindMount(stage=LINKS.stage, source=LINKS.source, target="/scripts/links.py"),
    ]
    image = system_image("base", system)
    words = ["/rootfs", VENV]
    if install.local:
        mounts.append(BindMount(stage="local", source="/local", target="/local"))
        words[-1] += f",/local{VENV}"
    if image != "base":
        mounts.append(BindMount(stage="base", target="/base"))
        words += ["/base", *system.run]
    return (
        Comment(text="The interpreter with what it and its packages need to run, and nothing else."),
        From(image=image, name="root"),
        *((Env(values=BUILDING),) if image != "base" else ()),
        written("rootfs.py", "/scripts/rootfs.py"),
        Run(
            mounts=tuple(mounts),
            commands=(
                f"python -E -s -B /scripts/rootfs.py {' '.join(map(shlex.quote, words))}",
                f"find /rootfs {TOUCH}",
            ),
        ),
    )
