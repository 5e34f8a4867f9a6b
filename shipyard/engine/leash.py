"""A command that does not outlive this process, however it ends.

A Compose whose parent was killed would go on by itself, for as long as a container takes to stop, while the
next apply is already at work on the same container.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

_LEASH = """\
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[3:])
"""
"""prctl(2): PR_SET_PDEATHSIG is 1, SIGKILL 9. It holds over exec, not over fork: so it is set by a program of
its own, and not between this one's fork and exec, where threads forbid to run Python."""


def on_leash(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The argument list that runs a command so that the kernel kills it when this process dies; as it is
    where the kernel cannot. Raises FileNotFoundError when there is no such command."""
    found = shutil.which(command[0], path=environment.get("PATH"))
    if found is None:
        raise FileNotFoundError(command[0])
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid()), found, *command]
