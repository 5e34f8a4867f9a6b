"""What only shows when services are looked at together, or several keys of one."""

from __future__ import annotations

from shipyard.manifest.errors import Problems, did_you_mean
from shipyard.manifest.namespaces import check_namespaces
from shipyard.manifest.scheduler import check_scheduler
from shipyard.manifest.sharing import host_services
from shipyard.manifest.shell import check_shell
from shipyard.model.manifest import Manifest, Publish, Service

SECRETS = "/run/secrets"
_OWN_NETWORKS = ("host", "none", "bridge")
"""Docker's, on which no service has a name."""
_EVERY_ADDRESS = ("0.0.0.0", "::")


def validate(manifest: Manifest, problems: Problems) -> None:
    if not manifest.services:
        problems.add(
            ("services",), "no service is declared", "add [services.web]; `shipyard down` removes everything"
        )
    if manifest.mode == "develop" and manifest.protect:
        problems.add(
            ("mode",), "a protected stage is none for development", 'remove protect, or mode = "develop"'
        )
    for service in manifest.services:
        _check_replicas(service, problems)
        check_scheduler(service, problems)
        check_shell(service, manifest, problems)
        _check_mounts(service, problems)
        _check_networks(service, manifest, problems)
        _check_needs(service, manifest, problems)
        check_namespaces(service, manifest, problems)
    _check_names_before(manifest, problems)
    _check_cycles(manifest, problems)
    _check_ports(manifest, problems)


def _check_replicas(service: Service, problems: Problems) -> None:
    path = ("services", service.name)
    fixed = [str(port.host_port) for port in service.publish or () if port.host_port is not None]
    if fixed and service.replicas > 1:
        problems.add(
            (*path, "replicas"),
            f"{service.replicas} replicas cannot share host port {fixed[0]}",
            "publish without a host port, as in 127.0.0.1::8000, or run one replica behind a proxy",
        )
    if service.rollout == "stop-first":
        return
    shared = [mount.source for mount in service.volumes if mount.source and not mount.read_only]
    why = f"host port {fixed[0]} is held by the old one" if fixed else None
    if shared:
        why = f"the old and the new one would both write to {shared[0]}"
    if why:
        problems.add(
            (*path, "rollout"), f"start-first is not possible: {why}", 'remove rollout, or say "stop-first"'
        )


def _check_mounts(service: Service, problems: Problems) -> None:
    path = ("services", service.name)
    seen: set[str] = set()
    mounts = [("volumes", mount.target) for mount in service.volumes]
    mounts += [("tmpfs", text.partition(":")[0]) for text in service.tmpfs]
    files = [secret.name for secret in service.secrets if secret.delivery == "file"]
    for key, target in mounts:
        if target == SECRETS and files:
            problems.add(
                (*path, key),
                f"{SECRETS} holds the secret files ({', '.join(files)}), and nothing else is seen there",
                "mount it somewhere else, or below it",
            )
        if target in seen:
            problems.add((*path, key), f"{target} is mounted twice", "keep one")
        seen.add(target)


def _check_networks(service: Service, manifest: Manifest, problems: Problems) -> None:
    names = {network.key: network.name or network.key for network in manifest.networks if network.external}
    for index, key in enumerate(service.networks or ()):
        if (name := names.get(key)) in _OWN_NETWORKS:
            problems.add(
                ("services", service.name, "networks", index),
                f"{name} is Docker's own network, on which no service has a name",
                f'compose = {{ network_mode = "{name}" }} in place of networks',
            )


def _check_needs(service: Service, manifest: Manifest, problems: Problems) -> None:
    path = ("services", service.name, "needs")
    services = {other.name: other for other in manifest.services}
    for need in service.needs:
        other = services.get(need)
        if other is None:
            problems.add(path, f"there is no service {need!r}", did_you_mean(need, services))
        elif not _networks(service) & _networks(other) and _by_network(service) and _by_network(other):
            problems.add(
                path,
                f"{service.name} needs {need}, and they share no network",
                f"{service.name} is on {', '.join(sorted(_networks(service)))};"
                f" {need} on {', '.join(sorted(_networks(other)))}",
            )


def _check_names_before(manifest: Manifest, problems: Problems) -> None:
    taken = {service.name: "is still declared" for service in manifest.services}
    for service in manifest.services:
        if service.was is None:
            continue
        if service.was in taken:
            title = f"was names {service.was}, which {taken[service.was]}"
            problems.add(("services", service.name, "was"), title, "name the service that this one was")
        else:
            taken[service.was] = f"{service.name} names already"


def _networks(service: Service) -> set[str]:
    return set(service.networks or ("default",))


def _by_network(service: Service) -> bool:
    return "network_mode" not in service.compose


def _check_cycles(manifest: Manifest, problems: Problems) -> None:
    needs = {service.name: (*service.needs, *host_services(service.compose)) for service in manifest.services}
    done: set[str] = set()

    def visit(name: str, chain: tuple[str, ...]) -> None:
        if name in chain:
            cycle = " -> ".join([*chain[chain.index(name) :], name])
            hint = "one of them has to start without the other"
            problems.add(("services", chain[-1], "needs"), f"a cycle: {cycle}", hint)
        elif name in needs and name not in done:
            for need in needs[name]:
                visit(need, (*chain, name))
            done.add(name)

    for name in needs:
        visit(name, ())


def _check_ports(manifest: Manifest, problems: Problems) -> None:
    """Two services cannot hold one port of the host; every address includes each single one."""
    taken: list[tuple[str, Publish]] = []
    for service in manifest.services:
        for port in service.publish or ():
            if port.host_port is None:
                continue
            holder = next((name for name, other in taken if _same_port(port, other)), None)
            if holder is not None:
                problems.add(
                    ("services", service.name, "publish"),
                    f"host port {port.host_port} is published by {holder} already"
                    if holder != service.name
                    else f"host port {port.host_port} is published twice",
                    "choose another host port",
                )
            taken.append((service.name, port))


def _same_port(one: Publish, other: Publish) -> bool:
    if (one.host_port, one.protocol) != (other.host_port, other.protocol):
        return False
    addresses = {one.host_ip, other.host_ip}
    return len(addresses) == 1 or any(every in addresses for every in _EVERY_ADDRESS)
