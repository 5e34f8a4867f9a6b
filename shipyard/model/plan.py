"""A plan: a graph of operations, each with its causes. Types only; reconcile makes them, apply walks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from shipyard.model.causes import Cause as Cause
from shipyard.model.causes import DriftCause as DriftCause
from shipyard.model.causes import FieldCause as FieldCause
from shipyard.model.causes import FilesCause as FilesCause
from shipyard.model.causes import ImageCause as ImageCause
from shipyard.model.causes import ReasonCause as ReasonCause
from shipyard.model.observed import Engine
from shipyard.model.record import Record, field


class Interruption(Record):
    """How long users of the service notice the operation, and why."""

    seconds: float
    why: str


class OperationBase(Record):
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


class BuildImage(OperationBase):
    action: ClassVar[str] = "build"
    reference: str


class PullImage(OperationBase):
    action: ClassVar[str] = "pull"
    reference: str


class CreateNetwork(OperationBase):
    action: ClassVar[str] = "create"


class ReplaceNetwork(OperationBase):
    """Its settings changed: `network` is the old one's id; `containers` are the ids of ours that are on it
    and are connected again."""

    action: ClassVar[str] = "replace"
    network: str
    containers: tuple[str, ...] = ()


class CreateVolume(OperationBase):
    action: ClassVar[str] = "create"


class CreateKey(OperationBase):
    """The key with which this stage's secret values are digested."""

    action: ClassVar[str] = "create"


class CreateSecret(OperationBase):
    """Fill the volume of a service's secret files."""

    action: ClassVar[str] = "create"
    volume: str


class RemoveSecret(OperationBase):
    """Remove a secret volume that nothing uses any more."""

    action: ClassVar[str] = "remove"
    volume: str


class RunJob(OperationBase):
    """Run a before_deploy command; `records` are earlier runs' containers, removed on success, `outlived`
    those of them that ended well and on data that is gone."""

    action: ClassVar[str] = "run"
    command: tuple[str, ...]
    records: tuple[str, ...] = ()
    outlived: tuple[str, ...] = ()


class RemoveRecords(OperationBase):
    """Remove what earlier runs of a before_deploy command left; `containers` have ended."""

    action: ClassVar[str] = "remove"
    containers: tuple[str, ...]


class CreateService(OperationBase):
    """`publish` are host address, host port (empty for a free one) and container port, as manifests write
    them: 127.0.0.1:8000:8000/tcp."""

    action: ClassVar[str] = "create"
    replicas: int
    publish: tuple[str, ...] = ()


class ReplaceService(OperationBase):
    """`containers` are the ids replaced, by number; `replicas` is (now, then). `was`: they are of the
    service's earlier name, and `carried` the records of its before_deploy that stay good."""

    action: ClassVar[str] = "replace"
    containers: tuple[str, ...]
    replicas: tuple[int, int]
    strategy: Literal["stop-first", "start-first"]
    interruption: Interruption
    was: str | None = None
    carried: tuple[str, ...] = ()


class ScaleService(OperationBase):
    """`removed` are the ids to stop when scaling down, highest numbers first."""

    action: ClassVar[str] = "scale"
    replicas: tuple[int, int]
    removed: tuple[str, ...] = ()


class StartService(OperationBase):
    action: ClassVar[str] = "start"
    containers: tuple[str, ...]


class StopService(OperationBase):
    """Stop what is replaced later on, because another service waits for a port that it holds."""

    action: ClassVar[str] = "stop"
    containers: tuple[str, ...]


class UnpauseService(OperationBase):
    action: ClassVar[str] = "unpause"
    containers: tuple[str, ...]


class ConnectService(OperationBase):
    """`links` are (container id, network name on the engine) to connect again, after those in `unlinks`
    were disconnected: what was connected by hand, to an earlier network of the name, or without its name."""

    action: ClassVar[str] = "connect"
    links: tuple[tuple[str, str], ...] = ()
    unlinks: tuple[tuple[str, str], ...] = ()


class UpdateService(OperationBase):
    """Put restart policy and limits back to the recorded values, in place."""

    action: ClassVar[str] = "update"
    containers: tuple[str, ...]


class RemoveService(OperationBase):
    action: ClassVar[str] = "remove"
    destructive: ClassVar[bool] = True
    containers: tuple[str, ...]


class RemoveNetwork(OperationBase):
    action: ClassVar[str] = "remove"
    network: str


class RemoveVolume(OperationBase):
    action: ClassVar[str] = "remove"
    destructive: ClassVar[bool] = True
    volume: str


class MendService(OperationBase):
    """Clear what an interrupted run left, and give back names that were changed by hand: `remove` are ids,
    `rename` (id, name) pairs, one after the other."""

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
    | RemoveRecords
    | CreateService
    | ReplaceService
    | ScaleService
    | StartService
    | StopService
    | UnpauseService
    | ConnectService
    | UpdateService
    | RemoveService
    | RemoveNetwork
    | RemoveVolume
    | MendService
)


class Problem(Record):
    """Why apply would fail for sure, seen before it starts: shown with the plan, refused by apply."""

    address: str
    title: str
    hint: str


class Plan(Record):
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
