"""A Compose project driven by Compose itself, and what the engine says that happened to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from fidelity.stream import Event, Stream, subscribed

Model = dict[str, Any]
Found = dict[str, "Counter[str]"]
"""Steps by object: `old web-1` is a container that was there before, `new web-1` one that was not; then
`network back`, `volume data`. `+back` and `-back` are its connection to a network and the end of it."""

FIXED = ("--env-file", os.devnull, "--progress", "plain")
UP = ("up", "-d", "--no-deps", "--no-build", "--pull", "never", "--remove-orphans=false")
LEFT_OVER = re.compile(r"[0-9a-f]{12}_")
ANONYMOUS = re.compile(r"[0-9a-f]{64}")

Done = subprocess.CompletedProcess[str]


@dataclass(slots=True, kw_only=True)
class Recording:
    """What is known before, and `found` after the block: names and volumes without a name by their ids."""

    before: Mapping[str, str]
    anonymous: set[str]
    stream: Stream
    found: Found = field(default_factory=dict)

    def until_ended(self, container: str) -> None:
        """Wait until the engine has told of a container's end, which it does after it answers a wait."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if any(_is_end(raw, container) for raw in list(self.stream.raw)):
                return
            time.sleep(0.02)


def _is_end(raw: Mapping[str, Any], container: str) -> bool:
    attributes = raw["Actor"].get("Attributes") or {}
    return bool(raw["Action"] == "die" and attributes.get("name") == container)


@dataclass(slots=True, kw_only=True)
class ComposeProject:
    """`shared` is the external network that services are on unless they say otherwise. In models `@project`
    stands for the project's name, `@folder` for the folder of its file."""

    folder: Path
    name: str
    shared: str
    api: docker.APIClient
    anonymous: set[str] = field(default_factory=set)

    def write(self, model: Model, file: str = "model.json") -> Path:
        """The model as JSON, with the shared network as its default one."""
        networks = {"default": {"name": self.shared, "external": True}, **model.get("networks", {})}
        text = json.dumps({**model, "networks": networks}, indent=2)
        path = self.folder / file
        path.write_text(text.replace("@project", self.name).replace("@folder", str(self.folder)))
        return path

    def compose(self, file: Path, *words: str, env: Mapping[str, str] | None = None) -> Done:
        """Compose as Shipyard runs it: named project and model, nothing of the caller's settings."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("COMPOSE_")}
        return subprocess.run(
            ["docker", "compose", "-p", self.name, "-f", str(file), *FIXED, *words],
            cwd=self.folder,
            env={**kept, "COMPOSE_IGNORE_ORPHANS": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def must(self, model: Model, *words: str) -> Done:
        """Compose with this model, which has to succeed."""
        done = self.compose(self.write(model), *words)
        assert done.returncode == 0, f"compose {' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def start_all(self, model: Model) -> None:
        self.must(model, "up", "-d", "--no-build", "--pull", "never")

    def up(self, model: Model, *flags: str, service: str = "web") -> Done:
        """Converge one service as Shipyard does."""
        return self.compose(self.write(model), *UP, *flags, service)

    def hash(self, model: Model, service: str = "web") -> str:
        """What Compose computes of a service's configuration."""
        name, value = self.must(model, "--profile", "*", "config", "--hash", service).stdout.split()
        assert name == service
        return str(value)

    def id(self, short: str) -> str:
        """The id of `web-1`."""
        return next(id_ for id_, name in self.names().items() if name == short)

    def inspect(self, short: str) -> Any:
        return self.api.inspect_container(f"{self.name}-{short}")

    def _listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.containers(all=True, filters={"name": self.name})
        return found

    def names(self) -> dict[str, str]:
        """`web-1` and the like by id, of all containers that have this project's name in theirs."""
        return {one["Id"]: self._short(one["Names"][0]) for one in self._listed()}

    def states(self) -> dict[str, str]:
        return {self._short(one["Names"][0]): one["State"] for one in self._listed()}

    def _short(self, name: str) -> str:
        whole = name.lstrip("/")
        left = LEFT_OVER.match(whole)
        rest = whole[left.end() :] if left else whole
        return ("<old id>_" if left else "") + rest.removeprefix(f"{self.name}-")

    def _anonymous(self) -> set[str]:
        mounts = [mount for one in self._listed() for mount in one["Mounts"]]
        found = {one["Name"] for one in mounts if ANONYMOUS.fullmatch(one.get("Name") or "")}
        self.anonymous |= found
        return found

    @contextmanager
    def recorded(self) -> Iterator[Recording]:
        """Everything that happens to this project's objects while the block runs."""
        before, anonymous = self.names(), self._anonymous()
        with subscribed() as stream:
            recording = Recording(before=before, anonymous=anonymous, stream=stream)
            yield recording
        recording.anonymous |= self._anonymous()
        recording.found = self._collected(stream.events(), recording)

    def _collected(self, events: Iterable[Event], recording: Recording) -> Found:
        names, events = dict(recording.before), list(events)
        for event in events:
            if event.kind == "container" and event.about not in recording.before:
                name = event.attributes.get("name", "")
                if self.name in name:
                    names[event.about] = self._short(name)
        found: Found = {}
        killed: set[str] = set()
        for event in events:
            about = self._about(event, names, recording)
            if about is None or (event.action == "kill" and about in killed):
                # A second signal follows when the first is not enough.
                continue
            if event.action == "kill":
                killed.add(about)
            elif event.action == "start":
                killed.discard(about)
            found.setdefault(about, Counter())[self._step(event)] += 1
        return found

    def _about(self, event: Event, names: Mapping[str, str], recording: Recording) -> str | None:
        subject = event.other or event.about
        if event.kind == "container" or event.other:
            if subject not in names:
                return None
            return f"{'old' if subject in recording.before else 'new'} {names[subject]}"
        if event.kind == "volume" and event.about in recording.anonymous:
            return "volume without a name"
        if event.about.startswith(f"{self.name}_"):
            return f"{event.kind} {self._key(event.about)}"
        return None

    def _step(self, event: Event) -> str:
        if event.other:
            return ("+" if event.action == "connect" else "-") + self._key(event.about)
        return event.action

    def _key(self, name: str) -> str:
        return "shared" if name == self.shared else name.removeprefix(f"{self.name}_")

    def remove(self) -> None:
        """All that has this project's name in its own, and what its containers had without one."""
        self._anonymous()
        for container in self.names():
            self.api.remove_container(container, force=True)
        for network in self.api.networks():
            if network["Name"].startswith(f"{self.name}_"):
                self.api.remove_network(network["Id"])
        for volume in self.api.volumes()["Volumes"] or []:
            if volume["Name"].startswith(f"{self.name}_") or volume["Name"] in self.anonymous:
                self.api.remove_volume(volume["Name"])
        for image in self.api.images(name=f"{self.name}/*"):
            for tag in image["RepoTags"]:
                if tag.startswith(f"{self.name}/"):
                    self.api.remove_image(tag)


def steps(expected: Mapping[str, str]) -> Found:
    """Steps as they are written in a row: `{"old web-1": "kill stop die"}`."""
    return {about: Counter(words.split()) for about, words in expected.items()}


def shown(found: Found) -> str:
    """Steps for a person, an object a line."""
    lines = [
        f"{about}: "
        + ", ".join(word if count == 1 else f"{word} x{count}" for word, count in sorted(counted.items()))
        for about, counted in sorted(found.items())
    ]
    return "\n".join(f"    {line}" for line in lines or ["nothing"])
