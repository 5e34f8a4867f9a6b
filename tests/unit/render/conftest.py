"""Plans and desired states to be shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipyard.model import plan as model
from shipyard.model.observed import Engine
from shipyard.model.plan import Plan


@pytest.fixture
def engine() -> Engine:
    return Engine(id="E1", name="box", version="28.5.2", address="ssh://deploy@db1", local=False)


@pytest.fixture
def plan(engine: Engine) -> Callable[..., Plan]:
    """A plan of some operations of shop / prod."""

    def made(*operations: Any, **fields: Any) -> Plan:
        base = {
            "project": "shop",
            "stage": "prod",
            "instance": None,
            "deployment": "shop-prod",
            "engine": engine,
        }
        return Plan(operations=operations, **{**base, **fields})

    return made


@pytest.fixture
def schemas() -> Path:
    return Path(__file__).parents[3] / "schemas"


NEW = model.ReasonCause(reason="new", text="declared and not there")
GONE = model.ReasonCause(reason="removed", text="no longer declared")
OPERATIONS: tuple[model.Operation, ...] = (
    model.BuildImage(
        address="image.web",
        causes=(
            model.FilesCause(
                changed=("app/views.py", "app/urls.py"),
                added=tuple(f"app/migrations/{number:04}_step.py" for number in range(1, 6)),
            ),
            model.FieldCause(path="build.dependencies.django", before="5.2.1", after="5.2.19"),
        ),
        reference="shop/web:in-2",
    ),
    model.CreateNetwork(address="network.back", causes=(NEW,)),
    model.CreateKey(address="secret.shipyard.key", causes=(NEW,)),
    model.RunJob(
        address="job.web",
        causes=(model.ImageCause(by=None),),
        command=("python", "manage.py", "migrate", "--noinput"),
        after=("image.web/build",),
    ),
    model.ReplaceService(
        address="service.web",
        causes=(
            model.ImageCause(by="image.web/build", before="shop/web:in-1", after="shop/web:in-2"),
            model.FieldCause(path="env.LOG_LEVEL", before="info", after="warning"),
            model.FieldCause(path="secrets.TOKEN", sensitive=True),
        ),
        containers=("c1",),
        replicas=(1, 1),
        strategy="stop-first",
        interruption=model.Interruption(seconds=3, why="port 80 is held"),
        after=("image.web/build", "job.web/run"),
    ),
    model.ReplaceService(
        address="service.worker",
        causes=(model.ImageCause(by="image.web/build"),),
        containers=("c4",),
        replicas=(1, 1),
        strategy="stop-first",
        interruption=model.Interruption(seconds=300, why="up to 5 min to finish what it does"),
    ),
    model.UpdateService(
        address="service.db",
        causes=(
            model.DriftCause(path="restart", declared="unless-stopped", found="no"),
            model.DriftCause(path="resources.memory", declared=256 * 1024**2, found=0),
        ),
        containers=("c3",),
    ),
    model.ScaleService(
        address="service.api",
        causes=(model.FieldCause(path="replicas", before=3, after=2),),
        replicas=(3, 2),
        removed=("c9",),
    ),
    model.RemoveService(address="service.old", causes=(GONE,), containers=("c2",)),
    model.RemoveVolume(address="volume.old-data", causes=(GONE,), volume="shop-prod_old-data"),
    model.RemoveNetwork(address="network.old", causes=(GONE,), network="n2"),
)


@pytest.fixture
def release(plan: Callable[..., Plan]) -> Plan:
    """A plan of a little of everything."""
    return plan(
        *OPERATIONS,
        unchanged=("service.cache", "service.queue"),
        attention=(("service.cache", "shop-prod-cache-1 is unhealthy"),),
        feels=(
            ("service.queue", "feels the replacement of web"),
            ("service.cache", "feels the replacement of web"),
        ),
        not_compared=("service.web: secrets.SMTP", "service.worker: secrets.SMTP"),
        notes=("requests is not pinned",),
        secret_sources=(("TOKEN", "environment"), ("KEY", ".env.prod"), ("SALT", "environment")),
        problems=(
            model.Problem(
                address="service.web",
                title="host port 80 is held by container x_1",
                hint="stop it (docker stop x_1) or publish another port",
            ),
        ),
    )


@pytest.fixture
def golden(update_golden: bool) -> Callable[[str, str], None]:
    """Hold a text against a file of tests/unit/render/golden."""

    def hold(name: str, text: str) -> None:
        file = Path(__file__).parent / "golden" / name
        if update_golden:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(text.encode())
        assert text == file.read_bytes().decode()

    return hold
