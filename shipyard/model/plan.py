"""A plan: a graph of operations, each with its causes. Types only; reconcile makes them, apply walks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from shipyard.model.observed import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCause:
    """A declared value changed. `before`/`after` are JSON values; both None when `sensitive`."""

    kind: ClassVar[str] = "field"
    path: str
    before: object = None
    after: object = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesCause:
    """Files that reach the image changed; a path with a trailing slash stands for a folder."""

    kind: ClassVar[str] = "files"
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCause:
    """The image is made anew, by the operation with the id `by`."""

    kind: ClassVar[str] = "image"
    by: str | None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftCause:
    """What runs is not what was recorded."""

    kind: ClassVar[str] = "drift"
    path: str
    declared: object
    found: object


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCause:
    """A cause without values: `reason` is one of a fixed set of words, `text` the sentence for people."""

    kind: ClassVar[str] = "reason"
    reason: Literal["new", "removed", "missing", "dependency", "first-run", "forced", "interrupted", "unused"]
    text: str


Cause = FieldCause | FilesCause | ImageCause | DriftCause | ReasonCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """How long users of the service notice the operation, and why."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationBase:
    """`address` such as service.web; `after` are ids of operations that must have ended before."""

    action: ClassVar[str]
    destructive: ClassVar[bool] = False
    address: str
    causes: tuple[Cause, ...]
    after: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.address}/{self.action}"

    @property
    def name(self) -> str:
        return self.address.partition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildImage(OperationBase):
    action: ClassVar[str] = "build"
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullImage(OperationBase):
    action: ClassVar[str] = "pull"
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNetwork(OperationBase):
    action: ClassVar[str] = "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceNetwork(OperationBase):
    """Its settings changed: `network` is the old one's id; containers on it are connected again."""

    action: ClassVar[str] = "replace"
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVolume(OperationBase):
    action: ClassVar[str] = "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateKey(OperationBase):
    """The key with which this stage's secret values are digested."""

    action: ClassVar[str] = "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSecret(OperationBase):
    """Fill the volume of a service's secret files."""

    action: ClassVar[str] = "create"
    volume: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSecret(OperationBase):
    """Remove a secret volume that nothing uses any more."""

    action: ClassVar[str] = "remove"
    volume: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob(OperationBase):
    """Run a before_deploy command; `records` are earlier runs' containers, removed on success."""

    action: ClassVar[str] = "run"
    command: tuple[str, ...]
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateService(OperationBase):
    action: ClassVar[str] = "create"
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceService(OperationBase):
    """`containers` are the ids replaced, by number; `replicas` is (now, then)."""

    action: ClassVar[str] = "replace"
    containers: tuple[str, ...]
    replicas: tuple[int, int]
    strategy: Literal["stop-first", "start-first"]
    interruption: Interruption


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleService(OperationBase):
    """`removed` are the ids to stop when scaling down, highest numbers first."""

    action: ClassVar[str] = "scale"
    replicas: tuple[int, int]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartService(OperationBase):
    action: ClassVar[str] = "start"
    containers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpauseService(OperationBase):
    action: ClassVar[str] = "unpause"
    containers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectService(OperationBase):
    """`links` are (container id, network name on the engine) to connect again."""

    action: ClassVar[str] = "connect"
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateService(OperationBase):
    """Put restart policy and limits back to the recorded values, in place."""

    action: ClassVar[str] = "update"
    containers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveService(OperationBase):
    action: ClassVar[str] = "remove"
    destructive: ClassVar[bool] = True
    containers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveNetwork(OperationBase):
    action: ClassVar[str] = "remove"
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveVolume(OperationBase):
    action: ClassVar[str] = "remove"
    destructive: ClassVar[bool] = True
    volume: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MendService(OperationBase):
    """Clear what an interrupted replace left: `remove` are ids, `rename` (id, name) pairs."""

    action: ClassVar[str] = "mend"
    remove: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()


Operation = (
    BuildImage
    | PullImage
    | CreateNetwork
    | ReplaceNetwork
    | CreateVolume
    | CreateKey
    | CreateSecret
    | RemoveSecret
    | RunJob
    | CreateService
    | ReplaceService
    | ScaleService
    | StartService
    | UnpauseService
    | ConnectService
    | UpdateService
    | RemoveService
    | RemoveNetwork
    | RemoveVolume
    | MendService
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why apply would fail for sure, seen before it starts: shown with the plan, refused by apply."""

    address: str
    title: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`engine` is None when planned offline. `unchanged` are addresses; `attention` maps what is as
    declared and still not well; `feels` what an unchanged service notices of others' replacement;
    `preconditions` are digests of the observed state by address; `secret_sources` says of each secret,
    by name, where its value was found."""

    project: str
    stage: str
    instance: str | None
    deployment: str
    engine: Engine | None
    operations: tuple[Operation, ...] = ()
    unchanged: tuple[str, ...] = ()
    attention: tuple[tuple[str, str], ...] = ()
    feels: tuple[tuple[str, str], ...] = ()
    not_compared: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    preconditions: Mapping[str, str] = field(default_factory=dict)
    secret_sources: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        return not self.operations
