"""Registries, asked by an engine: what they have, whether they answer, and pushes to them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from shipyard.engine.objects import EngineError, Objects
from shipyard.engine.refusals import registry_hint, wants_login
from shipyard.model.record import Record

Verdict = Literal["there", "absent", "refused", "unreachable"]


class Answer(Record):
    """Of a registry about an image; `said` and `hint` are "" where it has it."""

    verdict: Verdict
    said: str = ""
    hint: str = ""


class RegistryObjects(Objects):
    def has_image(self, reference: str) -> bool:
        """Whether the engine itself has it."""
        try:
            api: Any = self._api
            api.inspect_image(reference)
        except self._errors.NotFound:
            return False
        except (self._errors.DockerException, OSError):
            # Asked in vain, its registry would be blamed.
            return True
        return True

    def ask(self, reference: str) -> Answer:
        """The engine asks, with the client's own credentials."""
        try:
            api: Any = self._api
            api.inspect_distribution(reference)
        except self._errors.APIError as error:
            said = str(error.explanation)
            verdict: Verdict = "unreachable"
            if error.status_code == HTTPStatus.NOT_FOUND:
                verdict = "absent"
            elif wants_login(said):
                verdict = "refused"
            return Answer(verdict=verdict, said=said, hint=registry_hint(reference, said))
        except (self._errors.DockerException, OSError) as error:
            return Answer(verdict="unreachable", said=str(error), hint=registry_hint(reference, str(error)))
        return Answer(verdict="there")

    def keeps_indexes(self) -> bool:
        """Whether the image store keeps an image together with its attestations and other platforms'
        (Docker's documentation of the containerd image store)."""
        return "io.containerd.snapshotter.v1" in str(self._call("info").get("DriverStatus"))

    def registry_digest(self, reference: str) -> str | None:
        """An image's digest in its registry, None where it is not there. The engine asks, with the client's
        own credentials."""
        try:
            api: Any = self._api
            found: Mapping[str, Any] = api.inspect_distribution(reference)
        except self._errors.NotFound:
            return None
        except self._errors.APIError as error:
            # A repository that does not exist yet is refused like one that may not be read.
            if error.status_code in (401, 403):
                return None
            raise self._untransferred("asking for", reference, str(error.explanation)) from error
        except (self._errors.DockerException, OSError) as error:
            raise EngineError(f"the engine did not answer: {error}", where=self._where) from error
        return str(found["Descriptor"]["digest"])

    def push(self, reference: str) -> str:
        """Push an image; its digest. Raises EngineError with what to do."""
        for line in self._call("push", reference, stream=True, decode=True):
            if "error" in line:
                raise self._untransferred("pushing", reference, line["error"])
        return self.pushed_digest(reference)

    def pushed_digest(self, reference: str) -> str:
        """The registry's own word: not every image store tells it while it pushes."""
        digest = self.registry_digest(reference)
        if digest is None:
            raise EngineError(f"{reference} was pushed, and the registry does not have it", where=self._where)
        return digest
