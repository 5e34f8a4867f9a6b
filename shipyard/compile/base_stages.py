"""The stages that are made of the base image alone: every project on that base shares them."""

from __future__ import annotations

import shlex

from shipyard.compile.dockerfile import Comment, Env, From, Instruction, Run
from shipyard.compile.install import TOUCH
from shipyard.compile.system_layers import ENVIRONMENT, EPOCH

UV_VERSION = "0.13.9"
TOOL = "tool"
"""The build stage of the installer, a file /uv: a build context of that name stands in for it."""
BARE = "bare"
"""The build stage of the base without pip."""


def base_stages(image: str) -> tuple[Instruction, ...]:
    """Stages `base`, what every other that builds is made from, `tool` and `std`."""
    skip = "/(site-packages|test|tests|idlelib|tkinter|turtledemo|ensurepip|pydoc_data|lib2to3)/"
    return (
        From(image=image, name="base"),
        Env(
            values=(
                *ENVIRONMENT,
                # Where something was built is among what a compiler says to debuggers.
                ("CFLAGS", "-g0"),
                ("CXXFLAGS", "-g0"),
                ("UV_NO_PROGRESS", "1"),
                ("UV_PYTHON_DOWNLOADS", "never"),
                ("UV_LINK_MODE", "copy"),
                # Of uv's 50 at once a mirror or a company's proxy lets many wait for seconds.
                ("UV_CONCURRENT_DOWNLOADS", "16"),
            )
        ),
        Comment(text="The installer, in a build stage of its own; Shipyard brings it along."),
        From(image="base", name=TOOL),
        Run(
            commands=(
                f"python -m pip install -q --no-cache-dir --no-compile --root-user-action=ignore"
                f" --target /tool uv=={UV_VERSION}",
                "mv /tool/bin/uv /uv",
            )
        ),
        Comment(text="Byte code of the standard library."),
        From(image="base", name="std"),
        Run(
            commands=(
                'lib="$(python -c \'import sysconfig; print(sysconfig.get_path("stdlib"))\')"',
                f"python -m compileall -q -j 0 -x {shlex.quote(skip)}"
                ' --invalidation-mode unchecked-hash "$lib"',
                "mkdir /std",
                'find "$lib" -path "*/site-packages" -prune -o -name "*.pyc" -exec cp --parents -t /std {} +',
                f"find /std {TOUCH}",
            )
        ),
    )


def bare_stage(image: str) -> tuple[Instruction, ...]:
    """Stage `bare`: pip's files are hidden by links to nothing, since what a layer says of a file that is
    gone bears the time of the build."""
    place = "import sys, sysconfig; print(sysconfig.get_path(sys.argv[1]))"
    kinds = ("stdlib", "purelib", "scripts")
    return (
        Comment(text="The base without pip: nobody installs into an image. A plain removal would be dated."),
        From(image=image, name=BARE),
        Run(
            commands=(
                *(f'{kind}="$(python -B -c {shlex.quote(place)} {kind})"' for kind in kinds),
                'for path in "$stdlib/ensurepip" "$purelib/pip" "$purelib"/pip-*.dist-info "$scripts/pip"'
                ' "$scripts"/pip[0-9]*; do if [ -e "$path" ]; then rm -rf "$path"; '
                f'ln -s /nonexistent "$path"; touch -hcd @{EPOCH} "$path"; fi; done',
                f'touch -hcd @{EPOCH} "$stdlib" "$purelib" "$scripts"',
            )
        ),
    )
