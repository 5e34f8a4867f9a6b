"""What registries answer an engine, for who wants to know before anything is pulled or pushed. Reads only."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from shipyard.engine.objects import Objects
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
