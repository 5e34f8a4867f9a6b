"""The recipe: a Dockerfile whose layers change no more often than what they are made of.

Build stages, in the order of how rarely they change: base, tool (the installer), std (byte code of the
standard library), bare (the base without pip), lock (what is to be installed), deps, system (Debian packages
that run time needs), user (and a look at every library that the dependencies link to), front, src. The
final stage copies results only, each as a layer of its own, so that a code edit moves the source layer alone.
Two builds of the same inputs give the same bytes: byte code is keyed by content, every time is
SOURCE_DATE_EPOCH, whole top-level folders are copied, no empty folder is.
"""

from __future__ import annotations

import shlex

from shipyard.compile import distroless
from shipyard.compile.authorities import trusting_image, trusting_stages
from shipyard.compile.base_stages import BARE, bare_stage, base_stages
from shipyard.compile.context import is_below, removal_of_project_files
from shipyard.compile.dockerfile import (
    BindMount,
    CacheMount,
    Cmd,
    Comment,
    Copy,
    Env,
    Expose,
    From,
    Instruction,
    Run,
    StopSignal,
    User,
    Workdir,
    dockerfile_text,
)
from shipyard.compile.front_end import FrontEnd
from shipyard.compile.front_stages import BUILT, front_stages, put_in_place
from shipyard.compile.install import TOUCH, VENV, dependency_stages, local_stage
from shipyard.compile.scripts import BYTECODE, COLLECTED, DATED, LINKS, byte_code, scripts_stage
from shipyard.compile.system import SystemPackages
from shipyard.compile.system_layers import ENVIRONMENT, EPOCH, system_image, system_stage
from shipyard.model.build import DependencyInstall
from shipyard.model.record import Record

RECIPE = "8"
"""Raised by hand when the text changes: a newer recipe is taken at the next real change."""


class Recipe(Record):
    """`inner` is the project's folder in the context, "." when they are the same. `whole`: all of the context
    is the application's, not its own folder alone. `service` and `optional_libraries` are for the check of
    what the dependencies link to: how the manifest names the service, and what may be missing; `extensions`:
    packages of the source tree have compiled modules, which are looked at too.
    `static_environment`: throw-away variables for collectstatic, None when there is nothing to collect;
    `manage` are the words after python that run Django's commands. `environment` are variables that stay.
    `stop_signal` is what asks the program to finish, where that is not SIGTERM. `distroless`: no shell and no
    package manager of the base are in the image. `authorities` are the lines of certificates that it trusts
    beside the public ones, `secrets` the names of those that downloads need, `kept` names of files for people
    and tools at the project's top that the application reads."""

    base: str
    install: DependencyInstall
    inner: str
    whole: bool = True
    system: SystemPackages
    service: str
    optional_libraries: tuple[str, ...] = ()
    extensions: bool = False
    static_environment: tuple[tuple[str, str], ...] | None
    import_path: str
    mount_points: tuple[str, ...]
    user: str
    port: int | None
    command: tuple[str, ...] | None
    manage: tuple[str, ...] = ("manage.py",)
    environment: tuple[tuple[str, str], ...] = ()
    stop_signal: str | None = None
    distroless: bool = False
    front: FrontEnd | None = None
    authorities: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def image(self) -> str:
        """What the stages are made from: the base, or what trusts more than it does."""
        return trusting_image(self.base, self.authorities)

    @property
    def bare(self) -> str:
        """What the final image is made from, Debian packages aside."""
        return self.image if self.distroless else BARE


def recipe_text(recipe: Recipe) -> str:
    """The Dockerfile."""
    return dockerfile_text(
        (
            *trusting_stages(recipe.base, recipe.authorities),
            *base_stages(recipe.image),
            *(() if recipe.distroless else bare_stage(recipe.image)),
            *scripts_stage(collecting=recipe.static_environment is not None),
            *dependency_stages(recipe.install, recipe.inner, recipe.system, recipe.secrets),
            *local_stage(recipe.install, recipe.inner, recipe.secrets),
            *system_stage(recipe.bare, recipe.system),
            *_user_stage(recipe),
            *(distroless.root_stage(recipe.system, recipe.install) if recipe.distroless else ()),
            *_front_stages(recipe),
            *_source_stage(recipe),
            *_final_stage(recipe),
        )
    )


def _user_stage(recipe: Recipe) -> tuple[Instruction, ...]:
    """The final stage takes something of this one, so that no image is made where the check fails."""
    uid, _, gid = recipe.user.partition(":")
    gid = gid or uid
    words = ("check", recipe.service, *recipe.optional_libraries)
    mounts = [BindMount(stage="deps", source=VENV, target=VENV), LINKS]
    if recipe.extensions:
        mounts.append(BindMount(stage="local", source="/local", target="/local"))
    return (
        Comment(text="Every library that the dependencies link to is there; a passwd line for the user."),
        From(image=system_image(recipe.bare, recipe.system), name="user"),
        Run(
            mounts=tuple(mounts),
            commands=(
                f"python -I {LINKS.target} {' '.join(map(shlex.quote, words))}",
                f"mkdir -p /user/etc {shlex.quote('/user' + _workdir(recipe))}",
                f"sed '$a app:x:{uid}:{gid}::/nonexistent:/usr/sbin/nologin' /etc/passwd > /user/etc/passwd",
                f"sed '$a app:x:{gid}:' /etc/group > /user/etc/group",
                f"find /user -exec touch -hcd @{EPOCH} {{}} +",
            ),
        ),
    )


def _front_stages(recipe: Recipe) -> tuple[Instruction, ...]:
    if recipe.front is None:
        return ()
    apart = () if is_below(recipe.front.path, recipe.inner) else (recipe.front.path,)
    sources = (".",) if recipe.whole else (recipe.inner, *apart)
    return front_stages(recipe.front, sources, recipe.inner, recipe.authorities, recipe.secrets)


def _workdir(recipe: Recipe) -> str:
    return "/app" if recipe.inner == "." else f"/app/{recipe.inner}"


def _source_stage(recipe: Recipe) -> tuple[Instruction, ...]:
    top = _workdir(recipe)
    commands = ["mkdir /app /points", "cp -R /context/. /app"]
    mounts: list[BindMount | CacheMount] = [BindMount(target="/context")]
    if not recipe.whole:
        commands = [f"mkdir -p {shlex.quote(top)} /points", f"cp -R /context/. {shlex.quote(top)}"]
        mounts = [BindMount(source=recipe.inner, target="/context")]
    kept = tuple(
        f"{recipe.inner}/{one}" if recipe.whole and recipe.inner != "." else one for one in recipe.kept
    )
    commands.append(removal_of_project_files(top, recipe.install.own_files, kept))
    if recipe.front is not None:
        mounts.append(BindMount(stage="front", source=BUILT, target=BUILT))
        commands += put_in_place(recipe.front)
    if recipe.static_environment is not None:
        mounts.append(BindMount(stage="deps", source=VENV, target=VENV))
        if recipe.install.local:
            mounts.append(BindMount(stage="local", source="/local", target="/local"))
        mounts += COLLECTED
        commands += _collection(recipe, recipe.static_environment)
    folders = "/app /points /static" if recipe.static_environment is not None else "/app /points"
    commands += [
        byte_code("/app"),
        f"chmod -R u=rwX,go=rX {folders}",
        # No digest of the inputs knows them, and git keeps none.
        "find /app -mindepth 1 -type d -empty -delete",
    ]
    owner = shlex.quote(recipe.user if ":" in recipe.user else f"{recipe.user}:{recipe.user}")
    inside = [point for point in recipe.mount_points if point.startswith("/app/")]
    outside = [
        f"/points{point}"
        for point in recipe.mount_points
        if not point.startswith("/app/") and point != "/app"
    ]
    for point in map(shlex.quote, inside + outside):
        commands.append(f"mkdir -p {point} && chown {owner} {point}")
    commands += [f"find {folders} {TOUCH}", f"python -s /dated.py {folders}"]
    return (
        Comment(text="The source, without what only people and tools read."),
        *_source_base(recipe),
        Run(mounts=(*mounts, *BYTECODE, DATED), commands=tuple(commands)),
    )


def _collection(recipe: Recipe, variables: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Commands that collect static files into /static, which an edit of code leaves as it is."""
    # What Python writes by itself is stamped with the time, and would stay.
    commands = ["export PYTHONDONTWRITEBYTECODE=1"]
    if recipe.install.local:
        # The installed packages of the source tree stand apart from the others until the last stage.
        commands.append(f'export PYTHONPATH="$(echo /local{VENV}/lib/python*/site-packages)"')
    environment = " ".join(f"{shlex.quote(name)}={shlex.quote(value)}" for name, value in variables)
    manage = " ".join(map(shlex.quote, recipe.manage))
    collect = f"{VENV}/bin/python /collected.py {manage} collectstatic --noinput -v 0"
    return (*commands, "touch /begun", f"env -C {shlex.quote(_workdir(recipe))} {environment} {collect}")


def _source_base(recipe: Recipe) -> tuple[Instruction, ...]:
    """The standard library with its byte code, for what is run here; settings may load what only the final
    image has."""
    if recipe.static_environment is None or system_image(recipe.bare, recipe.system) == recipe.bare:
        return (From(image="std", name="src"),)
    return (From(image="system", name="src"), Env(values=ENVIRONMENT))


def _final_stage(recipe: Recipe) -> tuple[Instruction, ...]:
    workdir = _workdir(recipe)
    environment = [
        ("PATH", f"{VENV}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("PYTHONUNBUFFERED", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ]
    if recipe.import_path:
        environment.append(("PYTHONPATH", f"{workdir}/{recipe.import_path}"))
    if recipe.distroless:
        environment += distroless.environment(recipe.authorities)
    if recipe.command and recipe.command[0] == "gunicorn" and "--no-control-socket" not in recipe.command:
        # For that socket of a release that is not known here (gunicorn's settings): the user has no home.
        environment.append(("XDG_RUNTIME_DIR", "/dev/shm"))
    environment += recipe.environment
    made: list[Instruction] = [
        Comment(text="The image: results only."),
        From(image="scratch" if recipe.distroless else system_image(recipe.bare, recipe.system)),
        Env(values=tuple(environment)),
    ]
    if recipe.distroless:
        made.append(Copy(stage="root", source="/rootfs/", target="/"))
    made += [
        Copy(stage="user", source="/user/", target="/"),
        Copy(stage="std", source="/std/", target="/"),
        Copy(stage="deps", source="/opt", target="/opt"),
    ]
    if recipe.install.local:
        made.append(Copy(stage="local", source="/local/", target="/"))
    if any(not point.startswith("/app/") for point in recipe.mount_points):
        made.append(Copy(stage="src", source="/points/", target="/"))
    if recipe.static_environment is not None:
        made.append(Copy(stage="src", source="/static/", target="/"))
    made += [
        # Before the source, so that it costs nothing at an edit; the folder is there.
        Workdir(path=workdir),
        Copy(stage="src", source="/app", target="/app"),
        User(name=recipe.user if ":" in recipe.user else f"{recipe.user}:{recipe.user}"),
    ]
    if recipe.port is not None:
        made.append(Expose(port=recipe.port))
    if recipe.stop_signal is not None:
        made.append(StopSignal(name=recipe.stop_signal))
    if recipe.command is not None:
        made.append(Cmd(words=recipe.command))
    return tuple(made)
