"""The build stage in which an image without shell and package manager gets its root, out of the slim one."""

from __future__ import annotations

import shlex
from pathlib import Path

from shipyard.compile.dockerfile import BindMount, Comment, From, Instruction, Run, Write
from shipyard.compile.install import TOUCH, VENV, apt

SCRIPT = Path(__file__).with_name("rootfs.py")
ENVIRONMENT = (("LANG", "C.UTF-8"), ("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
"""What the slim image sets, or finds by itself."""


def root_stage(packages: tuple[str, ...], *, local: bool) -> tuple[Instruction, ...]:
    """Stage `root`, which holds the result at /rootfs. `local`: packages of the source tree are installed."""
    mounts = [BindMount(stage="deps", source=VENV, target=VENV)]
    words = ["/rootfs", VENV]
    if local:
        mounts.append(BindMount(stage="local", source="/local", target="/local"))
        words[-1] += f",/local{VENV}"
    if packages:
        mounts.append(BindMount(stage="base", target="/base"))
        words += ["/base", *packages]
    return (
        Comment(text="The interpreter with what it and its packages need to run, and nothing else."),
        From(image="base", name="root"),
        *((apt(packages),) if packages else ()),
        Write(target="/rootfs.py", lines=tuple(SCRIPT.read_text(encoding="utf-8").splitlines())),
        Run(
            mounts=tuple(mounts),
            commands=(
                f"python -I /rootfs.py {' '.join(map(shlex.quote, words))}",
                f"find /rootfs {TOUCH}",
            ),
        ),
    )
