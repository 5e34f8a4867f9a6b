"""Why a container no longer is what is declared."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime

from shipyard.compile.references import image_id
from shipyard.compile.spec import Document, in_format, service_document
from shipyard.manifest.sharing import shared_services
from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Cause, DriftCause, FieldCause, ImageCause, ReasonCause
from shipyard.reconcile.diff import document_causes
from shipyard.reconcile.limits import limits_drift


def comparable(spec: ServiceSpec, container: Container) -> bool:
    """Whether its recorded spec is of a format that is known here: a later version of Shipyard may have
    declared otherwise what it runs with."""
    return container.spec is None or in_format(service_document(spec), container.spec) is not None


def outdated_causes(
    spec: ServiceSpec, document: Document, container: Container, observed: Observed, build: str | None
) -> tuple[Cause, ...]:
    """Empty when it is as declared, or was recorded by a later version of Shipyard and cannot be compared.
    `build` is the id of the operation that makes the image, if any does."""
    if container.spec is None:
        return (ReasonCause(reason="missing", text="its recorded spec cannot be read"),)
    declared = in_format(document, container.spec)
    if declared is None:
        return ()
    causes: list[Cause] = []
    before, after = container.spec.get("image"), declared["image"]
    if before != after:
        if spec.built is not None:
            causes.append(ImageCause(by=build, before=str(before), after=str(after)))
        else:
            causes.append(FieldCause(path="image", before=before, after=after))
    elif spec.image == after:
        now = image_id(observed.images, spec.image)
        if now is not None and now != container.image_id:
            causes.append(DriftCause(path="image", declared=_short(now), found=_short(container.image_id)))
    fields = document_causes(container.spec, declared)
    changed = {cause.path for cause in fields}
    causes += fields
    # The engine can change a limit in place and cannot take one away.
    causes += [
        cause for cause in limits_drift(spec, container) if cause.declared == 0 and cause.path not in changed
    ]
    return tuple(causes)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def sharing_causes(
    spec: ServiceSpec,
    container: Container,
    observed: Observed,
    restarted: Mapping[str, str],
    leaving: Set[str],
) -> tuple[Cause, ...]:
    """Why a container that lives in others' namespaces or volumes has to follow them: Compose leaves it
    with those of the container that is gone. `restarted` says what this plan does to a service; `leaving`
    are ids of containers that go."""
    causes: list[Cause] = []
    for key, name in shared_services(spec.compose).items():
        hosts = [one for one in observed.containers if one.service == name and not one.one_off]
        joined = [one for one in hosts if one.id in container.shares or one.name in container.shares]
        lives = container.at_work and key != "volumes_from"
        if name in restarted and (restarted[name] != "started" or lives):
            text = f"it shares {key} of {name}, which is {restarted[name]}"
            causes.append(ReasonCause(reason="dependency", text=text))
        elif any(one.id in leaving for one in joined):
            text = f"it shares {key} of a container of {name} that goes"
            causes.append(ReasonCause(reason="dependency", text=text))
        elif container.shares and not joined:
            causes.append(DriftCause(path=f"shares.{key}", declared=name, found="a container that is gone"))
        # Of a host that was started again the guest is still where it was before.
        elif lives and any(started_later(one, container) for one in joined):
            causes.append(DriftCause(path=f"shares.{key}", declared=name, found="an earlier run of it"))
    return tuple(causes)


def started_later(one: Container, other: Container) -> bool:
    """Whether one was started after the other, by the engine's clock; not when that is not known."""
    try:
        return _moment(one.started_at) > _moment(other.started_at)
    except ValueError:
        return False


def _moment(text: str) -> tuple[datetime, str]:
    """The engine's time, in nanoseconds: comparable."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(seconds), fraction.ljust(9, "0")
