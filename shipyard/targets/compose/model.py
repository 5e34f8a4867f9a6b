"""The desired model in Compose's terms.

Two forms of one model: `applied` is what apply feeds to Compose (networks and volumes external, since
Shipyard makes and removes them); `portable` is for people and declares them plainly. The services are
the same to the byte in Compose's configuration hash, so Compose accepts either over what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from shipyard.compile import labels
from shipyard.compile.spec import canonical, service_document
from shipyard.model.desired import Desired, NetworkSpec, SecretVolume, ServiceSpec, VolumeSpec
from shipyard.model.manifest import Mount, SecretRef, Template
from shipyard.reconcile.settings import network_document, volume_document

Form = Literal["applied", "portable"]
Model = dict[str, object]

SECRETS_PATH = "/run/secrets"
VARIABLE = {"applied": "SHIPYARD_SECRET_{0}", "portable": "{0}"}


def escape(text: str) -> str:
    """A literal text for Compose: a dollar sign is written twice (Compose file reference, interpolation)."""
    return text.replace("$", "$$")


def variable(form: Form, name: str) -> str:
    """The process environment variable that carries a secret's value to Compose."""
    return VARIABLE[form].format(name)


def compose_model(desired: Desired, form: Form = "applied") -> Model:
    """The whole Compose model; `build` sections of the portable form are added by its renderer."""
    networks = {
        network.key: {"name": network.name, **_network_settings(desired, network.key, form)}
        for network in desired.networks
    }
    volumes: Model = {
        volume.name: {"name": volume.name, "external": True}
        if form == "applied" or volume.external
        else {
            "name": volume.name,
            **({"driver": volume.driver} if volume.driver else {}),
            "labels": _labels(desired, volume_labels(volume)),
        }
        for volume in desired.volumes
    }
    for secret in desired.secret_volumes:
        volumes[secret.name] = {"name": secret.name, "external": True}
    model: Model = {
        "name": desired.deployment,
        "services": {spec.name: _service(desired, spec, form) for spec in desired.services},
        "networks": networks,
    }
    if volumes:
        model["volumes"] = volumes
    return model


def _network_settings(desired: Desired, key: str, form: Form) -> Model:
    network = next(one for one in desired.networks if one.key == key)
    if form == "applied" or network.external:
        return {"external": True}
    settings: Model = {}
    if network.driver:
        settings["driver"] = network.driver
    if network.internal:
        settings["internal"] = True
    if network.subnet:
        settings["ipam"] = {"config": [{"subnet": network.subnet}]}
    settings["labels"] = _labels(desired, network_labels(network))
    return settings


def network_labels(network: NetworkSpec) -> dict[str, str]:
    """The labels of a network beside whose it is."""
    return {labels.SPEC: network_document(network)}


def volume_labels(volume: VolumeSpec) -> dict[str, str]:
    """The labels of a volume beside whose it is."""
    database = {labels.DATABASE: volume.database} if volume.database is not None else {}
    return {labels.SPEC: volume_document(volume), **database}


def secret_labels(desired: Desired, volume: SecretVolume) -> dict[str, str]:
    """All labels of a volume of secret files."""
    return _labels(desired, {labels.ROLE: "secrets", labels.SERVICE: volume.service})


def _labels(desired: Desired, extra: Mapping[str, str]) -> dict[str, str]:
    """Whose it is, so that an apply takes over what Compose made by a rendered file."""
    manifest = desired.manifest
    whose = labels.ownership(manifest.name, manifest.stage, manifest.instance)
    return {**whose, **{name: escape(text) for name, text in extra.items()}}


def _service(desired: Desired, spec: ServiceSpec, form: Form) -> Model:
    service: Model = {
        "image": escape(spec.image),
        "command": [escape(word) for word in spec.command] if spec.command is not None else None,
        "entrypoint": [escape(word) for word in spec.entrypoint] if spec.entrypoint is not None else None,
        "environment": {name: _interpolated(value, form) for name, value in spec.env.items()},
        "ports": [_port(spec, index) for index in range(len(spec.publish))],
        "healthcheck": _healthcheck(spec),
        "volumes": [_mount(desired, mount) for mount in spec.volumes] + _secret_mount(spec),
        "networks": dict.fromkeys(_network_keys(desired, spec)),
        "depends_on": _depends(desired, spec),
        "restart": spec.restart,
        "stop_grace_period": _duration(spec.stop_timeout),
        "user": spec.user,
        "read_only": spec.read_only or None,
        "tmpfs": [escape(path) for path in spec.tmpfs],
        "extra_hosts": [escape(entry) for entry in spec.extra_hosts],
        "init": True,
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
        "deploy": {"replicas": spec.replicas, **_limits(spec)},
        "labels": _labels(
            desired,
            {
                **spec.labels,
                labels.SERVICE: spec.name,
                labels.SPEC: canonical(service_document(spec)),
                **({labels.MODE: "develop"} if spec.built and desired.manifest.mode == "develop" else {}),
            },
        ),
    }
    kept = {key: value for key, value in service.items() if value not in (None, {}, [])}
    if spec.entrypoint == ():
        kept["entrypoint"] = []
    if "network_mode" in spec.compose:
        kept.pop("networks", None)
    return merged(kept, spec.compose)


def merged(base: Model, extra: Mapping[str, object]) -> Model:
    """`extra` over `base`: tables merge, all else replaces; its texts are literal."""
    result = dict(base)
    for key, value in extra.items():
        old = result.get(key)
        if isinstance(value, Mapping):
            result[key] = merged(old if isinstance(old, dict) else {}, value)
        else:
            result[key] = literal(value)
    return result


def literal(value: object) -> object:
    """A JSON value whose texts Compose takes as they are."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list | tuple):
        return [literal(item) for item in value]
    if isinstance(value, Mapping):
        return {key: literal(item) for key, item in value.items()}
    return value


def _interpolated(value: Template, form: Form) -> str:
    return "".join(
        f"${{{variable(form, part.name)}}}" if isinstance(part, SecretRef) else escape(part) for part in value
    )


def _port(spec: ServiceSpec, index: int) -> Model:
    publish = spec.publish[index]
    port: Model = {
        "target": publish.container_port or spec.port,
        "protocol": publish.protocol,
        "mode": "ingress",
    }
    if publish.host_port is not None:
        port["published"] = str(publish.host_port)
    if publish.host_ip not in ("", "0.0.0.0"):
        port["host_ip"] = publish.host_ip
    return port


def _healthcheck(spec: ServiceSpec) -> Model | None:
    if spec.check_disabled:
        return {"disable": True}
    if spec.check is None:
        return None
    check = spec.check
    return {
        "test": ["CMD", *(escape(word) for word in check.command)],
        "interval": _duration(check.interval),
        "timeout": _duration(check.timeout),
        "retries": check.retries,
        "start_period": _duration(check.start_period),
        "start_interval": _duration(check.start_interval),
    }


def _duration(seconds: float) -> str:
    """Go's duration syntax, whole milliseconds."""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def _limits(spec: ServiceSpec) -> Model:
    limits: Model = {}
    if spec.cpus is not None:
        limits["cpus"] = f"{spec.cpus:.9f}".rstrip("0").rstrip(".")
    if spec.memory is not None:
        limits["memory"] = str(spec.memory)
    return {"resources": {"limits": limits}} if limits else {}


def _mount(desired: Desired, mount: Mount) -> Model:
    made: Model = {"type": mount.kind, "target": escape(mount.target)}
    if mount.kind == "bind" and mount.source is not None:
        # Absolute always: Compose would resolve a relative one against its own project folder.
        made["source"] = escape(str(desired.manifest.root / mount.source))
        made["bind"] = {"create_host_path": False}
    elif mount.source is not None:
        made["source"] = mount.source
    if mount.read_only:
        made["read_only"] = True
    return made


def _secret_mount(spec: ServiceSpec) -> list[Model]:
    if spec.secret_volume is None:
        return []
    return [
        {
            "type": "volume",
            "source": spec.secret_volume,
            "target": SECRETS_PATH,
            "read_only": True,
            "volume": {"nocopy": True},
        }
    ]


def _network_keys(desired: Desired, spec: ServiceSpec) -> list[str]:
    return [network.key for network in desired.networks if network.name in spec.networks]


def _depends(desired: Desired, spec: ServiceSpec) -> Model:
    made: Model = {}
    for name in spec.needs:
        need = desired.service(name)
        condition = "service_healthy" if need.check is not None else "service_started"
        if need.one_shot:
            condition = "service_completed_successfully"
        made[name] = {"condition": condition}
    return made
