"""Writes on the engine, always by id or by a name that was just made: containers, networks, volumes.

Everything goes through the Docker SDK, imported on first use: `plan` never needs it.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

from shipyard.engine.archive import empty_archive, small_files
from shipyard.engine.connect import Connection
from shipyard.engine.http import unreachable
from shipyard.engine.refusals import registry_hint
from shipyard.engine.sdk import api_client, first_cause
from shipyard.errors import ShipyardError

if TYPE_CHECKING:
    from docker import APIClient

EMPTY_IMAGE = "shipyard/empty:1"
"""An image without content, for containers that are never started."""


class EngineError(ShipyardError):
    """The engine refused a write. `status` is that of its answer, None when it gave none."""

    status: int | None = None


class Objects:
    """The write side of one engine.

    `before_write` is called before each call that changes something on the engine; what it raises stops
    the write.
    """

    def __init__(self, connection: Connection, before_write: Callable[[], None] = lambda: None) -> None:
        import docker

        self._before_write, self._asking = before_write, threading.Lock()
        self._errors: Any = docker.errors
        try:
            self._api: APIClient = api_client(connection)
        except docker.errors.DockerException as error:
            raise unreachable(connection.url, first_cause(error)) from error
        self._where = connection.address

    def close(self) -> None:
        self._api.close()

    def _call(self, function: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self._api, function)(*arguments, **options)
        except self._errors.APIError as error:
            raise self._refused(error) from error
        except (self._errors.DockerException, OSError) as error:
            raise EngineError(f"the engine did not answer: {error}", where=self._where) from error

    def _write(self, function: str, *arguments: Any, **options: Any) -> Any:
        with self._asking:
            self._before_write()
        return self._call(function, *arguments, **options)

    def _refused(self, error: Any) -> EngineError:
        refused = EngineError(f"the engine refused: {error.explanation or error}", where=self._where)
        refused.status = error.status_code
        return refused

    def inspect(self, container: str) -> Mapping[str, Any] | None:
        """One container, None when it is gone."""
        try:
            found: Mapping[str, Any] = self._api.inspect_container(container)
        except self._errors.NotFound:
            return None
        except (self._errors.DockerException, OSError) as error:
            raise EngineError(f"the engine did not answer: {error}", where=self._where) from error
        return found

    def _untransferred(self, doing: str, reference: str, said: str) -> EngineError:
        hint = registry_hint(reference, said)
        return EngineError(f"{doing} {reference} failed: {said}", where=self._where, hint=hint)

    def containers(self, wanted: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """Containers (running or not) that carry all these labels."""
        filters = {"label": [f"{key}={value}" for key, value in wanted.items()]}
        found: list[Mapping[str, Any]] = self._call("containers", all=True, filters=filters)
        return found

    def running(self) -> list[Mapping[str, Any]]:
        """Whatever runs on the engine, paused or between two starts too."""
        found: list[Mapping[str, Any]] = self._call("containers")
        return found

    def logs(self, container: str, tail: int) -> list[str]:
        """The last lines of a container's output, both streams."""
        try:
            text: bytes = self._api.logs(container, tail=tail, stdout=True, stderr=True)
        except (self._errors.DockerException, OSError):
            return []
        return text.decode("utf-8", "replace").splitlines()

    def last_end(self, container: str) -> tuple[int | None, bool]:
        """The exit code that it last ended with, None where the engine has forgotten, and whether the kernel
        ended something in it for want of memory: its state forgets both with the next start."""
        filters = {"container": container, "event": ["die", "oom"]}
        try:
            found = list(self._api.events(since=1, until=int(time.time()), filters=filters, decode=True))
        except (self._errors.DockerException, OSError):
            return None, False
        codes = [int(one["Actor"]["Attributes"]["exitCode"]) for one in found if one["Action"] == "die"]
        return (codes[-1] if codes else None), any(one["Action"] == "oom" for one in found)

    def start(self, container: str) -> None:
        self._write("start", container)

    def unpause(self, container: str) -> None:
        self._write("unpause", container)

    def rename(self, container: str, name: str) -> None:
        self._write("rename", container, name)

    def stop(self, container: str, seconds: float) -> None:
        self._write("stop", container, timeout=round(seconds))

    def wait(self, container: str) -> int:
        """Wait for a container to end; its exit code."""
        return int(self._call("wait", container)["StatusCode"])

    def remove(self, container: str, *, volumes: bool = False) -> None:
        """Remove a stopped container; only when asked, with the anonymous volumes that were made for it:
        those that it was given by name, as Compose does when it recreates one, stay in any case."""
        self._write("remove_container", container, v=volumes)

    def remove_image(self, reference: str) -> None:
        """Take a name away, and the image with its last one; refused where a container is made of it."""
        self._write("remove_image", reference)

    def update(self, container: str, *, restart: str | None, cpus: float | None, memory: int | None) -> None:
        """Put restart policy and limits to these values; None leaves one as it is."""
        body: dict[str, Any] = {}
        if restart is not None:
            name, _, count = restart.partition(":")
            body["RestartPolicy"] = {"Name": name}
            if count:
                body["RestartPolicy"]["MaximumRetryCount"] = int(count)
        if cpus:
            body["NanoCpus"] = round(cpus * 1e9)
        if memory:
            # The swap limit is set with it, as the engine does when a container is made.
            body |= {"Memory": memory, "MemorySwap": memory * 2}
        # The SDK's own update_container knows no NanoCpus, in which Compose keeps the limit.
        api: Any = self._api
        url = api._url("/containers/{0}/update", container)
        self._call("_raise_for_status", self._write("_post_json", url, data=body))

    def connect(self, container: str, network: str, aliases: tuple[str, ...]) -> None:
        self._write("connect_container_to_network", container, network, aliases=list(aliases))

    def disconnect(self, container: str, network: str) -> None:
        self._write("disconnect_container_from_network", container, network, force=True)

    def create_network(
        self, name: str, labels: Mapping[str, str], *, driver: str | None, internal: bool, subnet: str | None
    ) -> None:
        ipam = None
        if subnet:
            from docker.types import IPAMConfig, IPAMPool

            ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)])
        self._write(
            "create_network",
            name,
            driver=driver or "bridge",
            internal=internal,
            ipam=ipam,
            labels=dict(labels),
            check_duplicate=True,
        )

    def remove_network(self, network: str) -> None:
        self._write("remove_network", network)

    def create_volume(self, name: str, labels: Mapping[str, str], driver: str | None = None) -> None:
        self._write("create_volume", name, driver=driver, labels=dict(labels))

    def volumes(self, wanted: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """Volumes that carry all these labels."""
        filters = {"label": [f"{key}={value}" for key, value in wanted.items()]}
        found: list[Mapping[str, Any]] = self._call("volumes", filters=filters).get("Volumes") or []
        return found

    def remove_volume(self, name: str) -> None:
        """Remove a volume, or find it gone: with the container that it was made for, say."""
        try:
            self._write("remove_volume", name)
        except EngineError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def pull(self, reference: str) -> None:
        """Pull an image, with the client's own credentials. Raises EngineError with what to do."""
        try:
            told = self._write("pull", reference, stream=True, decode=True)
            problem = next((line["error"] for line in told if "error" in line), None)
        except EngineError as error:
            raise self._untransferred("pulling", reference, error.title) from error
        if problem is not None:
            raise self._untransferred("pulling", reference, problem)

    def read_archive(self, container: str, path: str) -> Iterator[bytes]:
        """A file or folder of a container, running or not, as a tar."""
        chunks, _ = self._call("get_archive", container, path)
        yield from chunks

    def write_archive(self, container: str, path: str, file: io.BufferedIOBase | IO[bytes]) -> None:
        """Unpack a tar into a folder of a container, running or not."""
        self._write("put_archive", container, path, file)

    def run_once(self, image: str, command: Sequence[str], volume: str, target: str) -> None:
        """Run a program of an image as root, with one volume and nothing else. Raises EngineError where it
        fails."""
        config = self._api.create_host_config(
            binds={volume: {"bind": target, "mode": "rw"}}, network_mode="none"
        )
        created = self._write(
            "create_container", image, command=list(command), entrypoint="", user="0", host_config=config
        )
        try:
            self._write("start", created["Id"])
            code = self.wait(created["Id"])
            if code != 0:
                said = "; ".join(self.logs(created["Id"], 3))
                raise EngineError(f"{command[0]} failed in {image}: {said}", where=self._where)
        finally:
            self._call("remove_container", created["Id"], force=True)

    def fill_volume(
        self, volume: str, files: Mapping[str, str], *, uid: int, gid: int, labels: Mapping[str, str]
    ) -> None:
        """Write small files, mode 0400, into a volume by the archive call on a container that is never
        started: works on a remote engine too, and no value appears in any argument or label."""
        config = self._api.create_host_config(binds={volume: {"bind": "/s", "mode": "rw"}})
        helper = self.create_idle(None, labels, host_config=config)
        try:
            self._write("put_archive", helper, "/s", small_files(files, uid, gid))
        finally:
            # Made here, and in nobody's way: it goes in any case.
            self._call("remove_container", helper)

    def create_idle(self, name: str | None, labels: Mapping[str, str], **options: Any) -> str:
        """Create a container without content that is never started; its id.

        Of many who create the same name at the same time one succeeds, the others get status 409.
        """
        arguments = {"name": name, "command": ["none"], "labels": dict(labels), **options}
        try:
            created = self._write("create_container", EMPTY_IMAGE, **arguments)
        except EngineError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            self._import_empty_image()
            created = self._write("create_container", EMPTY_IMAGE, **arguments)
        return str(created["Id"])

    def put_file(self, container: str, name: str, content: str) -> None:
        """Write a small file into the root of a container, running or not, in place of an earlier one."""
        self._write("put_archive", container, "/", small_files({name: content}, 0, 0))

    def _import_empty_image(self) -> None:
        name, _, tag = EMPTY_IMAGE.partition(":")
        self._write("import_image_from_data", empty_archive(), repository=name, tag=tag)
