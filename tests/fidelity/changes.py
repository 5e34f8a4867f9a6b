"""What people change in a manifest."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable

from fidelity.manifests import IMAGES, OPTIONS, Table, random_service, settle


def _option(kind: str) -> Callable[[random.Random, Table], bool]:
    """A change of one service by an option."""

    def change(rng: random.Random, manifest: Table) -> bool:
        services = manifest["services"]
        name = rng.choice(sorted(services))
        others = {key: services[key] for key in list(services)[: list(services).index(name)]}
        was = copy.deepcopy(services[name])
        OPTIONS[kind](rng, services[name], others)
        return bool(was != services[name])

    return change


def _image(rng: random.Random, manifest: Table) -> bool:
    name = rng.choice(sorted(manifest["services"]))
    service = manifest["services"][name]
    if "image" not in service:
        return False
    service["image"] = rng.choice([image for image in IMAGES if image != service["image"]])
    return True


def _add(rng: random.Random, manifest: Table) -> bool:
    manifest["services"]["extra"] = random_service(rng, "extra", manifest["services"])
    return True


def _remove(rng: random.Random, manifest: Table) -> bool:
    if len(manifest["services"]) == 1:
        return False
    del manifest["services"][rng.choice(sorted(manifest["services"]))]
    return True


def _rename(rng: random.Random, manifest: Table) -> bool:
    services = manifest["services"]
    old = rng.choice(sorted(services))
    if "renamed" in services:  # once is enough: a service cannot have been itself
        return False
    manifest["services"] = {("renamed" if name == old else name): one for name, one in services.items()}
    for service in manifest["services"].values():
        if "needs" in service:
            service["needs"] = ["renamed" if need == old else need for need in service["needs"]]
        for key, value in service.get("compose", {}).items():
            if value == f"service:{old}":
                service["compose"][key] = "service:renamed"
    if rng.random() < 0.85:
        services = manifest["services"]
        services["renamed"]["was"] = old
    return True


def _network_settings(rng: random.Random, manifest: Table) -> bool:
    back = manifest.setdefault("networks", {}).setdefault("back", {})
    back["internal"] = not back.get("internal", False)
    return any("back" in service.get("networks", ()) for service in manifest["services"].values())


def _swap_ports(_: random.Random, manifest: Table) -> bool:
    """Ports that move from one service to another."""
    publishing = [one for one in manifest["services"].values() if "publish" in one]
    if len(publishing) >= 2:
        one, other = publishing[:2]
        one["publish"], other["publish"] = other["publish"], one["publish"]
        return True
    others = [one for one in manifest["services"].values() if "publish" not in one and "compose" not in one]
    if publishing and others:
        others[0]["publish"] = publishing[0].pop("publish")
        return True
    return False


def _everything(rng: random.Random, manifest: Table) -> bool:
    """A change of every service at once."""
    for service in manifest["services"].values():
        service.setdefault("env", {})["ALL"] = str(rng.randint(0, 9))
    return True


CHANGES: dict[str, Callable[[random.Random, Table], bool]] = {
    "image": _image,
    "add": _add,
    "remove": _remove,
    "rename": _rename,
    "network-settings": _network_settings,
    "swap-ports": _swap_ports,
    "everything": _everything,
    **{kind: _option(kind) for kind in OPTIONS},
}


def changed(rng: random.Random, before: Table, kind: str) -> Table | None:
    """The manifest after a change of a kind; None where it has nothing to change."""
    for _ in range(TRIES):
        after = copy.deepcopy(before)
        if CHANGES[kind](rng, after):
            settle(after)
            if after != before:
                return after
    return None


TRIES = 6
