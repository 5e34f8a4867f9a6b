"""Why a container no longer is what is declared."""

from __future__ import annotations

from collections.abc import Mapping, Set

from shipyard.compile.spec import Document, in_format
from shipyard.manifest.sharing import shared_services
from shipyard.model.build import BuildPlan
from shipyard.model.desired import ServiceSpec
from shipyard.model.observed import Container, Observed
from shipyard.model.plan import Cause, DriftCause, FieldCause, ImageCause, ReasonCause
from shipyard.reconcile.diff import document_causes
from shipyard.reconcile.limits import limits_drift
from shipyard.reconcile.moments import later
from shipyard.reconcile.moved import image_drift
from shipyard.reconcile.recorded import as_recorded


def comparable(document: Document, container: Container) -> bool:
    """Whether its recorded spec is of a format that is known here: a later version of Shipyard may have
    declared otherwise what it runs with."""
    return container.spec is None or in_format(document, container.spec) is not None


def outdated_causes(
    spec: ServiceSpec,
    document: Document,
    container: Container,
    observed: Observed,
    build: str | None,
    image: BuildPlan | None,
    moved: bool,
) -> tuple[Cause, ...]:
    """Empty when it is as declared, or was recorded by a later version of Shipyard and cannot be compared.
    `build` is the id of the operation that makes the image, if any does; `image` the plan of one that is
    built; `moved`: its tag means another image now."""
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
        drift = image_drift(container, image, spec.image, moved, observed)
        causes += [drift] if drift is not None else []
    if container.edited:
        causes.append(DriftCause(path="files", declared="its image's", found="edited by `shipyard dev`"))
    causes += document_causes(container.spec, declared)
    # The engine changes a limit in place and takes none away; what is passed through is Compose's to set.
    was = as_recorded(spec, container.spec)
    causes += [
        cause
        for cause in limits_drift(was, container)
        if cause.declared == 0 or cause.path.removeprefix("compose.") in was.compose
    ]
    return tuple(causes)


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
    for key, name in shared_services(spec.compose):
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
    return later(one.started_at, other.started_at)
