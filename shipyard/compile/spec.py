"""The canonical, redacted document of a service: what is recorded on its containers and compared later.

Only what differs from a default is written, so a new default or a new key of a later version changes
no document. It holds names of secrets with keyed digests, never a value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from shipyard.compile.checks import probe_words
from shipyard.compile.references import without_digest
from shipyard.model.desired import Check, JobSpec, ServiceSpec
from shipyard.model.manifest import Mount, Publish, SecretRef, Template

FORMAT = 1
JOB_KEYS = ("image", "env", "secrets", "secret_files", "volumes")
Document = dict[str, object]

OLDER: dict[int, Callable[[Document], Document]] = {}
"""By an earlier format: today's document as the versions of that format would have written it. What was
recorded then is compared with this, so that a new format alone changes nothing."""


def in_format(document: Mapping[str, object], recorded: Mapping[str, object]) -> Document | None:
    """A declared document in the format of a recorded one; None where that format is not known: a later
    version of Shipyard wrote it."""
    wanted = recorded.get("format", FORMAT)
    if wanted == FORMAT:
        return dict(document)
    older = OLDER.get(wanted) if isinstance(wanted, int) else None
    return older(dict(document)) if older is not None else None


def canonical(document: object) -> str:
    """One text for one meaning: sorted keys, no spaces, ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def show_template(template: Template) -> str:
    """A value for people and documents: `${secret:NAME}` stays, the same text meant literally is `$${`."""
    return "".join(
        f"${{secret:{part.name}}}" if isinstance(part, SecretRef) else part.replace("${", "$${")
        for part in template
    )


def publish_text(publish: Publish, port: int | None) -> str:
    host = f"[{publish.host_ip}]" if ":" in publish.host_ip else publish.host_ip
    host_port = "" if publish.host_port is None else str(publish.host_port)
    return f"{host}:{host_port}:{publish.container_port or port}/{publish.protocol}"


def _number(value: float | None) -> float | None:
    """Whole numbers without a point: one text for one meaning."""
    return int(value) if value is not None and value == int(value) else value


def _check_document(check: Check) -> Document:
    return {
        "command": probe_words(check.command) or list(check.command),
        "interval": _number(check.interval),
        "timeout": _number(check.timeout),
        "retries": check.retries,
        "start_period": _number(check.start_period),
        "start_interval": _number(check.start_interval),
    }


def _mounts_document(volumes: tuple[Mount, ...]) -> Document:
    return {mount.target: _mount_source(mount) + (":ro" if mount.read_only else "") for mount in volumes}


def _mount_source(mount: Mount) -> str:
    """A name on the engine, or a path as it was declared: where the project stands is not part of it."""
    if mount.source is None:
        return "anonymous"
    relative = mount.kind == "bind" and not mount.source.startswith("/")
    return f"./{mount.source}" if relative else mount.source


def service_document(spec: ServiceSpec) -> Document:
    """The document of a service, in today's format."""
    document: Document = {
        "format": FORMAT,
        "image": without_digest(spec.image) if spec.built else spec.image,
        "command": list(spec.command) if spec.command is not None else None,
        "entrypoint": list(spec.entrypoint) if spec.entrypoint is not None else None,
        "env": {name: show_template(value) for name, value in spec.env.items()},
        "secrets": dict(spec.secrets),
        "secret_files": {file.name: file.source for file in spec.secret_files},
        "publish": sorted(publish_text(publish, spec.port) for publish in spec.publish),
        "health": _check_document(spec.check) if spec.check else ("none" if spec.check_disabled else None),
        "volumes": _mounts_document(spec.volumes),
        "networks": sorted(spec.networks),
        "resources": {
            key: value
            for key, value in (("cpus", _number(spec.cpus)), ("memory", spec.memory))
            if value is not None
        },
        "restart": spec.restart,
        "stop_timeout": _number(spec.stop_timeout),
        "user": spec.user,
        "read_only": spec.read_only or None,
        "tmpfs": list(spec.tmpfs),
        "labels": dict(spec.labels),
        "extra_hosts": list(spec.extra_hosts),
        "compose": dict(spec.compose),
    }
    # An empty entrypoint is a word of its own: it takes the image's away.
    emptied = spec.entrypoint == ()
    return {
        key: value
        for key, value in document.items()
        if value not in (None, {}, []) or (key == "entrypoint" and emptied)
    }


def job_document(spec: ServiceSpec, command: tuple[str, ...]) -> Document:
    """All that makes a before_deploy command run again: image, env, secrets, mounts and itself."""
    whole = service_document(spec)
    kept: Document = {key: whole[key] for key in JOB_KEYS if key in whole}
    return {"format": FORMAT, "command": list(command), **kept}


def job_text(job: JobSpec) -> str:
    return canonical(job.document)


def secrets_of(document: Mapping[str, object]) -> Mapping[str, str | None]:
    """The keyed digests of a recorded document; empty when it is of another shape."""
    secrets = document.get("secrets")
    return secrets if isinstance(secrets, Mapping) else {}
