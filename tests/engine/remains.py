"""What a project has on the engine, by the engine's own lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from project import PROJECT_LABEL, Project, docker

ANONYMOUS = re.compile(r"[0-9a-f]{64}")
HALF_NAMED = re.compile(r"[0-9a-f]{12}_")


def inspected(project: Project) -> list[dict[str, Any]]:
    """All containers of a project, in the order of their names."""
    found = project.ids()
    containers = json.loads(docker("inspect", *found)) if found else []
    return sorted(containers, key=lambda one: str(one["Name"]))


def one_off(container: dict[str, Any]) -> bool:
    return bool(container["Config"]["Labels"].get("com.docker.compose.oneoff") == "True")


def anonymous(containers: Iterable[dict[str, Any]]) -> set[str]:
    """The names of the volumes without a name that containers have."""
    mounts = [mount for one in containers for mount in one["Mounts"] if mount["Type"] == "volume"]
    return {mount["Name"] for mount in mounts if ANONYMOUS.fullmatch(mount["Name"])}


def in_file(container: str, path: str) -> str:
    """The content of a file in a running container."""
    return docker("exec", container, "cat", path)


def write_file(container: str, path: str, text: str) -> None:
    docker("exec", container, "sh", "-c", f"echo {text} >> {path}")


@dataclass(slots=True)
class Remains:
    """Looks at a project again and again: `unnamed` are all the anonymous volumes that any of its
    containers was seen to have."""

    project: Project
    unnamed: set[str] = field(default_factory=set)

    def look(self) -> list[dict[str, Any]]:
        found = inspected(self.project)
        self.unnamed |= anonymous(found)
        return found

    def expect(self, replicas: dict[str, int], records: dict[str, int]) -> None:
        """Exactly so many containers of each service, all running under names of their own, and so many
        finished one-shots; nothing else, and no anonymous volume that nothing uses."""
        found = self.look()
        running: dict[str, int] = {}
        ended: dict[str, int] = {}
        for one in found:
            name, state = str(one["Name"]).lstrip("/"), one["State"]
            labels = one["Config"]["Labels"]
            assert not HALF_NAMED.match(name), f"{name} is half named"
            assert labels.get("shipyard.role") is None, f"{name}, a {labels['shipyard.role']}, is left"
            counted = ended if one_off(one) else running
            service = labels["shipyard.service"]
            counted[service] = counted.get(service, 0) + 1
            if one_off(one):
                assert (state["Status"], state["ExitCode"]) == ("exited", 0), name
            else:
                number = labels["com.docker.compose.container-number"]
                assert name == f"{self.project.name}-{service}-{number}"
                assert state["Status"] == "running", f"{name} is {state['Status']}"
        assert (running, ended) == (replicas, records)
        unused = self.unnamed - anonymous(found)
        there = docker("volume", "ls", "-q").split()
        assert not unused & set(there), "an anonymous volume is left that nothing uses"

    def volumes(self) -> dict[str, str]:
        """The roles of this project's named volumes ("" for those of the manifest), by name."""
        shown = ("--format", '{{.Name}} {{.Label "shipyard.role"}}')
        text = docker("volume", "ls", *shown, "--filter", f"label={PROJECT_LABEL}={self.project.name}")
        return {line.partition(" ")[0]: line.partition(" ")[2] for line in text.splitlines()}

    def clean_up(self) -> None:
        """Remove the anonymous volumes that were seen: they carry no mark of the project."""
        left = self.unnamed & set(docker("volume", "ls", "-q").split())
        if left:
            docker("volume", "rm", *left, check=False)
