"""The stages that install what the project asks for: from elsewhere first, then packages of its own tree."""

from __future__ import annotations

import posixpath
import shlex

from shipyard.compile.build_secrets import GIT_OVER_HTTPS, secret_exports, secret_mounts
from shipyard.compile.dockerfile import (
    BindMount,
    CacheMount,
    Comment,
    From,
    Instruction,
    Run,
    SecretMount,
    Write,
)
from shipyard.compile.scripts import BYTECODE, LINKS, byte_code
from shipyard.compile.system import SystemPackages
from shipyard.compile.system_layers import FOUND, apt
from shipyard.model.build import DependencyInstall, LocalPackage

VENV = "/opt/venv"
TOUCH = "-exec touch -hcd @$SOURCE_DATE_EPOCH {} +"
_UV = BindMount(stage="tool", source="/uv", target="/usr/local/bin/uv")
_CACHE = CacheMount(target="/root/.cache/uv")


def dependency_stages(
    install: DependencyInstall, inner: str, system: SystemPackages, secrets: tuple[str, ...]
) -> tuple[Instruction, ...]:
    """Stages `lock` (where there is one) and `deps`. `inner` is the project's folder in the context,
    `secrets` are the names of those that downloads need."""
    files = tuple(
        BindMount(source=_within(inner, install.root, name), target=f"/p/{name}") for name in install.files
    )
    made: list[Instruction] = []
    mounts: tuple[BindMount | SecretMount, ...] = files
    if install.texts:
        made += [
            Comment(text="What is to be installed, as the project's lock says it."),
            From(image="scratch", name="lock"),
            *(Write(target=f"/lock/{name}", lines=lines) for name, lines in install.texts),
        ]
        mounts = (*files, BindMount(stage="lock", source="/lock", target="/lock"))
    elif install.reduce:
        made += [
            Comment(text="What is to be installed, so that edits of other things in its files stop here."),
            From(image="base", name="lock"),
            Run(
                mounts=(_UV, *files, *secret_mounts(secrets)),
                commands=(*secret_exports(secrets), "mkdir /lock", *install.reduce),
            ),
        ]
        mounts = (BindMount(stage="lock", source="/lock", target="/lock"),)
    made += [
        Comment(text="Dependencies, in a virtual environment outside the source."),
        From(image="base", name="deps"),
    ]
    packages = (*system.build, *(("git",) if install.git and "git" not in system.build else ()))
    if packages:
        made.append(apt(packages))
    over_https = (GIT_OVER_HTTPS,) if install.git else ()
    commands = [
        *secret_exports(secrets),
        *over_https,
        f"uv venv -q --python /usr/local/bin/python3 --prompt venv {VENV}",
    ]
    resolved = tuple(one for one in install.local if one.resolve)
    if resolved:
        # A backend writes into the folder that it builds.
        commands += ["cp -R /src /build", *_unversioned(install)]
        mounts = (*mounts, *_sources(resolved, inner))
    commands += [f"uv pip {_quiet(words)}" for words in (install.install, install.direct) if words]
    if resolved:
        # By what they are called there: their own files may say it otherwise.
        commands += [
            f"uv pip freeze -q --python {VENV} > /installed",
            f"uv pip uninstall -q --python {VENV} $(sed -n 's, @ file:///build/.*,,p' /installed)",
        ]
    if install.extra:
        commands.append(f"uv pip {_quiet(('install', *install.indexes, *install.extra))}")
    # For shells, which an environment of an image is never activated in.
    commands.append(f"find {VENV}/bin '(' -name 'activate*' -o -name '*.bat' ')' -delete")
    commands += [byte_code(f"{VENV}/lib"), f"find /opt {TOUCH}"]
    if system.linked:
        mounts = (*mounts, LINKS)
        commands += ["mkdir /debian", FOUND]
    mounts = (*mounts, *secret_mounts(secrets))
    made.append(Run(mounts=(_UV, *mounts, _CACHE, *BYTECODE), commands=tuple(commands)))
    return tuple(made)


def local_stage(install: DependencyInstall, inner: str, secrets: tuple[str, ...]) -> tuple[Instruction, ...]:
    """Stage `local`: packages of the source tree, built and installed to /local/opt/venv, so that they are a
    layer of their own over the dependencies."""
    if not install.local:
        return ()
    names = " ".join(shlex.quote(f"/build/{one.name}") for one in install.local)
    options = "".join(f" {shlex.quote(word)}" for word in install.local_options)
    return (
        Comment(text="Packages of the source tree, over the dependencies."),
        From(image="deps", name="local"),
        Run(
            mounts=(_UV, *_sources(install.local, inner), _CACHE, *BYTECODE, *secret_mounts(secrets)),
            commands=(
                *secret_exports(secrets),
                "rm -rf /build",
                "cp -R /src /build",
                *_unversioned(install),
                f"uv pip install -q --python {VENV} --prefix /local{VENV} --no-deps --no-sources"
                f"{options} {names}",
                # uv notes there when it built what.
                "find /local '(' -name uv_cache.json -o -name .lock ')' -delete",
                "find /local -name RECORD -exec sed -i '/uv_cache.json,/d' {} +",
                byte_code(f"{VENV}/lib", "/local"),
                f"find /local {TOUCH}",
            ),
        ),
    )


def _unversioned(install: DependencyInstall) -> tuple[str, ...]:
    """Builds that ask git for the version are told one: the repository is not there."""
    if not any(one.from_git for one in install.local):
        return ()
    names = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PDM_BUILD_SCM_VERSION", "POETRY_DYNAMIC_VERSIONING_BYPASS")
    return (f"export {' '.join(f'{name}=0' for name in names)}",)


def _sources(packages: tuple[LocalPackage, ...], inner: str) -> tuple[BindMount, ...]:
    """Each package's folder below /src. The whole context has no name of its own."""
    places = ((one.name, _within(inner, one.folder)) for one in packages)
    return tuple(
        BindMount(source=None if place == "." else place, target=f"/src/{name}") for name, place in places
    )


def _within(*parts: str) -> str:
    return posixpath.normpath(posixpath.join(*parts))


def _quiet(words: tuple[str, ...]) -> str:
    verb, *rest = map(shlex.quote, words)
    return " ".join([verb, "-q", "--python", VENV, *rest])
