"""The stages that build a front end: its dependencies by their lock, then what its build script writes.

What the installer reads, and what the build reads, are each collected in a stage of its own: mounts are
keyed by content, so an edit of other files leaves the install, and one of Python files the build, as it is.
"""

from __future__ import annotations

import posixpath
import shlex

from shipyard.compile.authorities import trusting_node
from shipyard.compile.build_secrets import secret_exports, secret_mounts, secret_stand_ins
from shipyard.compile.context import removal_of_project_files
from shipyard.compile.dockerfile import BindMount, CacheMount, Comment, Env, From, Instruction, Run
from shipyard.compile.front_end import FrontEnd
from shipyard.compile.install import TOUCH
from shipyard.compile.node_managers import CONFIGURATION, LOCKS
from shipyard.compile.system_layers import EPOCH

BUILT = "/built"
_TOOL = "/tool"
_READ_BELOW = (".yarn/releases", ".yarn/plugins", ".yarn/patches", "patches")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def front_stages(
    front: FrontEnd,
    sources: tuple[str, ...],
    inner: str,
    authorities: tuple[str, ...],
    secrets: tuple[str, ...],
) -> tuple[Instruction, ...]:
    """Stage `front`, with what was built at /built as it is to stand in /app. `sources` are the folders of
    the context that the application is made of, "." for all of it, `inner` that of the project;
    `authorities` the certificates that are trusted beside the public ones, `secrets` the names of those that
    downloads need."""
    return (
        *_node(front, authorities),
        *_lock(front),
        *_source(front, sources, inner),
        Comment(text="The front end, built where it stands in the source."),
        From(image="node", name="front"),
        Run(
            mounts=(
                BindMount(stage="front-lock", source="/lock", target="/lock"),
                CacheMount(target=front.manager.cache),
                *secret_mounts(secrets),
            ),
            commands=(
                *secret_exports(secrets),
                f"mkdir -p {_place(front.root)}",
                f"cp -R /lock/. {_place(front.root)}",
                f"cd {_place(front.root)}",
                shlex.join(front.manager.install if front.lock else front.manager.unlocked),
            ),
        ),
        Run(
            mounts=(BindMount(stage="front-source", source="/source", target="/source"),),
            commands=(
                "cp -R /source/. /app",
                "touch /begun",
                f"cd {_place(front.path)}",
                *(secret_stand_ins(secrets) if front.manager.name == "yarn" else ()),
                f"{front.manager.name} run build",
                *_collect(front),
                f"find {BUILT} {TOUCH}",
            ),
        ),
    )


def _node(front: FrontEnd, authorities: tuple[str, ...]) -> tuple[Instruction, ...]:
    environment = [("SOURCE_DATE_EPOCH", EPOCH), ("NPM_CONFIG_UPDATE_NOTIFIER", "false")]
    environment += front.manager.environment
    made: list[Instruction] = []
    if front.manager.package:
        environment.append(("PATH", f"{_TOOL}/node_modules/.bin:{_PATH}"))
        install = f"npm install -q --no-audit --no-fund --prefix {_TOOL} {shlex.quote(front.manager.package)}"
        made.append(Run(mounts=(CacheMount(target="/root/.npm"),), commands=(install,)))
    return (
        Comment(text="Node, with the package manager of the front end."),
        From(image=front.node, name="node", native=True),
        *trusting_node(authorities),
        Env(values=tuple(environment)),
        *made,
    )


def _lock(front: FrontEnd) -> tuple[Instruction, ...]:
    locks = (name for name, manager in LOCKS.items() if manager == front.manager.name)
    names = " -o ".join(
        [f"-name {name}" for name in ("package.json", *locks, *CONFIGURATION)]
        + [f"-path {shlex.quote(f'*/{folder}/*')} -type f" for folder in _READ_BELOW]
    )
    return (
        Comment(text="What the front end's dependencies are."),
        From(image="node", name="front-lock"),
        Run(
            mounts=(BindMount(source=None if front.root == "." else front.root, target="/context"),),
            commands=(
                "mkdir /lock",
                "cd /context",
                f"find . -name node_modules -prune -o '(' {names} ')' -exec cp --parents -t /lock {{}} +",
                f"find /lock {TOUCH}",
            ),
        ),
    )


def _source(front: FrontEnd, sources: tuple[str, ...], inner: str) -> tuple[Instruction, ...]:
    places = ((None, "/context") if one == "." else (one, f"/context/{one}") for one in sources)
    top = posixpath.normpath(f"/source/{inner}")
    commands = ["mkdir /source", "cp -R /context/. /source", removal_of_project_files(top, ())]
    if not front.reads_python:
        commands.append("find /source -name '*.py' -delete")
    return (
        Comment(text="What its build reads of the source."),
        From(image="node", name="front-source"),
        Run(
            mounts=tuple(BindMount(source=source, target=target) for source, target in places),
            commands=(*commands, f"find /source {TOUCH}"),
        ),
    )


def _collect(front: FrontEnd) -> tuple[str, ...]:
    """What the build wrote, but for what it keeps for itself: packages, and what is hidden beside them."""
    if front.output is not None:
        output = shlex.quote(f"./{front.output}")
        return (f"mkdir {BUILT}", "cd /app", f"cp -R --parents {output} {BUILT}")
    tops = ("." if one == "." else f"./{one}" for one in front.folders)
    hidden = "".join(f" -not -path {shlex.quote(f'{top}/.*')}" for top in tops)
    told = shlex.quote(f"{front.manager.name} run build wrote no file")
    return (
        f"mkdir {BUILT}",
        "cd /app",
        f"find . -cnewer /begun -type f -not -path '*/node_modules/*'{hidden}"
        f" -exec cp --parents -t {BUILT} {{}} +",
        f'{{ test -n "$(ls -A {BUILT})" || {{ echo {told} >&2; exit 1; }}; }}',
    )


def put_in_place(front: FrontEnd) -> tuple[str, ...]:
    """Commands that lay what was built over the source in /app."""
    secret = " ".join(f"{_place(folder)}/{name}" for folder in front.folders for name in CONFIGURATION)
    return (f"rm -f {secret}", f"cp -R {BUILT}/. /app")


def _place(folder: str) -> str:
    return shlex.quote(posixpath.normpath(posixpath.join("/app", folder)))
