"""Secrets of a build: there while something is downloaded, in no layer, no argument and no cache key."""

from __future__ import annotations

from shipyard.compile.dockerfile import SecretMount

NETRC = "NETRC"
"""The secret that is a file of logins, which uv, pip and git read by themselves (GNU inetutils manual, "The
.netrc file")."""


NETRC_FILE = "/root/.netrc"


def secret_mounts(names: tuple[str, ...]) -> tuple[SecretMount, ...]:
    """What a command that downloads is given."""
    return tuple(SecretMount(name=one, target=NETRC_FILE if one == NETRC else None) for one in names)


def secret_exports(names: tuple[str, ...]) -> tuple[str, ...]:
    """What comes before it in the shell. Not `env=` of the mount, which the oldest engines do not know."""
    return tuple(f'export {one}="$(cat /run/secrets/{one})"' for one in names if one != NETRC)


_REWRITTEN = r"""[url "https://\1/"]\n insteadOf = ssh://git@\1/\n insteadOf = git@\1:"""
GIT_OVER_HTTPS = (
    f"if [ -f {NETRC_FILE} ]; then "
    r"sed -n 's|.*machine[[:space:]]\{1,\}\([^[:space:]]\{1,\}\).*"
    f"|{_REWRITTEN}|p' {NETRC_FILE} > /root/.gitconfig; fi"
)
"""What lets git fetch over https, with the login for a host, what is declared over ssh: a build has no key,
and knows no host's. Settings of a build stage alone (git-config(1), url.<base>.insteadOf)."""


def secret_stand_ins(names: tuple[str, ...]) -> tuple[str, ...]:
    """For a command that downloads nothing, and reads a configuration that names them all the same: yarn
    fails where a variable of .npmrc or .yarnrc.yml is not set."""
    return tuple(f"export {one}=unused" for one in names if one != NETRC)
