"""Who takes a lease: this user, process, command and CI run. Nothing of it is secret."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from collections.abc import Mapping

from shipyard.model.lease import Holder


def this_process(command: str, environ: Mapping[str, str], ttl: float) -> Holder:
    """A new holder. `command` is the subcommand without its arguments; `ttl` in seconds."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as containers have them
        user = f"uid {os.getuid()}"
    return Holder(
        who=f"{user}@{socket.gethostname()}",
        process=os.getpid(),
        command=command,
        run=ci_run(environ),
        token=secrets.token_hex(16),
        ttl=ttl,
    )


def ci_run(environ: Mapping[str, str]) -> str | None:
    """The address of the CI job that this is (GitHub Actions' and GitLab's predefined variables)."""
    if environ.get("CI_JOB_URL"):
        return environ["CI_JOB_URL"]
    parts = [environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else None
