"""From a Compose file to the manifest that keeps its services, their data and their settings.

What is read is the model as Compose itself has parsed it (short forms made long, files merged, variables as
they are written): see `targets/compose/foreign.py`.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipyard.manifest.passthrough import MANIFEST_KEYS
from shipyard.starter.compose_rest import left_out, names_in
from shipyard.starter.compose_values import Values, scalar, table
from shipyard.starter.draft import Draft
from shipyard.starter.masked import masked

Table = dict[str, Any]
_SAME = ("user", "read_only", "restart")
_TAKEN = {
    *("image", "build", "command", "entrypoint", "environment", "depends_on", "ports", "volumes", "networks"),
    *("healthcheck", "labels", "tmpfs", "extra_hosts", "stop_grace_period", "deploy", "scale", "cpus"),
    *("mem_limit", "secrets", "env_file", "profiles", "container_name", "expose", "init", *_SAME),
}
_SHARED = ("env", "secrets", "volumes", "networks", "needs", "resources")


def take_over(
    model: Mapping[str, Any], root: Path, known: Mapping[str, str], *, dockerfiles: bool = False
) -> Draft:
    """The manifest of a Compose model. `root` is the folder of the new manifest; `known` are the variables
    of the file's own .env; `dockerfiles`: images are built by the Dockerfiles that are there."""
    values = Values(known=known)
    files = {name: one for name, one in (model.get("secrets") or {}).items() if isinstance(one, Mapping)}
    services: dict[str, Table] = {}
    # Databases first: a password that they are given is known by its name where others use it.
    ordered = sorted(model.get("services", {}).items(), key=lambda one: "build" in one[1])
    made = {name: _service(name, one, root, values, files, dockerfiles) for name, one in ordered}
    words = names_in(model)
    for name in model.get("services", {}):
        clean = masked(name, made[name], values.secrets, values.notes, words)
        services[name] = _like(name, clean, services)
    document: Table = {"name": _name(str(model.get("name") or root.name)), "services": services}
    volumes = _volumes(model, services, values)
    if volumes:
        document["volumes"] = volumes
    networks = _networks(model, services)
    if networks:
        document["networks"] = networks
    return Draft(
        document={**document, "stages": {"dev": {}}},
        secrets=values.secrets,
        notes=tuple(dict.fromkeys(values.notes)),
    )


def _service(
    name: str, given: Mapping[str, Any], root: Path, values: Values, files: Mapping[str, Any], own: bool
) -> Table:
    made: Table = _image(name, given, root, values, own)
    for key in ("command", "entrypoint"):
        if given.get(key) is not None:
            words = given[key]
            made[key] = [
                values.literal(word) for word in (shlex.split(words) if isinstance(words, str) else words)
            ]
    env, secrets = _environment(given, values, files)
    made |= {"env": env, "secrets": secrets, "needs": list(given.get("depends_on") or {})}
    made["publish"] = [_port(one, values) for one in given.get("ports") or ()]
    mounts = [_mount(one, root, values) for one in given.get("volumes") or ()]
    for one in given.get("volumes") or ():
        if isinstance(one, Mapping) and one.get("type") == "volume" and not one.get("source"):
            values.notes.append(
                f"{name}: {one['target']} is a volume without a name, and what is in it stays behind: name "
                f"it (NAME:{one['target']}), and copy the data (docker cp) while the old container is there"
            )
    made["volumes"] = [one for one in mounts if one is not None]
    tmpfs = given.get("tmpfs") or []
    made["tmpfs"] = [tmpfs] if isinstance(tmpfs, str) else [str(one).partition(":")[0] for one in tmpfs]
    made["tmpfs"] += [
        str(one["target"])
        for one in given.get("volumes") or ()
        if isinstance(one, Mapping) and one.get("type") == "tmpfs"
    ]
    values.notes += left_out(name, given)
    made["networks"] = [key for key in given.get("networks") or () if key != "default"]
    if made["networks"] and "default" in (given.get("networks") or {}):
        made["networks"].insert(0, "default")
    made["health"] = _health(given.get("healthcheck"), values)
    made["labels"] = {key: values.literal(scalar(text)) for key, text in table(given.get("labels")).items()}
    made["extra_hosts"] = [
        f"{host}:{address}" for host, address in table(given.get("extra_hosts"), "=:").items()
    ]
    if given.get("stop_grace_period"):
        made["stop_timeout"] = f"{_seconds(given['stop_grace_period']):g}s"
    made |= {key: given[key] for key in _SAME if given.get(key) is not None}
    made |= _deploy(given)
    rest = {key: one for key, one in given.items() if key not in _TAKEN | MANIFEST_KEYS.keys()}
    made["compose"] = rest
    networks = given.get("networks")
    if isinstance(networks, Mapping) and any(networks.values()):
        values.notes.append(f"{name}: aliases and addresses in networks are left out: use its name")
    for key in ("container_name", "profiles", "configs"):
        if given.get(key):
            values.notes.append(f"{name}: {key} is left out: {MANIFEST_KEYS[key]}")
    return {key: value for key, value in made.items() if value not in (None, [], {})}


def _image(name: str, given: Mapping[str, Any], root: Path, values: Values, own: bool) -> Table:
    build = given.get("build")
    if build is None:
        return {"image": values.literal(str(given.get("image", "")))}
    context = build.get("context", ".") if isinstance(build, Mapping) else str(build)
    made: Table = {"path": _relative(context, root)}
    file = build.get("dockerfile", "Dockerfile") if isinstance(build, Mapping) else "Dockerfile"
    path = os.path.normpath(f"{made['path']}/{file}")
    if own:
        made["build"] = {"dockerfile": path}
    elif (root / path).is_file():
        values.notes.append(
            f"{name}: {path} is not used, since Shipyard makes the image itself: `init --dockerfile` keeps it"
        )
    if isinstance(build, Mapping) and (build.get("args") or build.get("target")):
        values.notes.append(f"{name}: build arguments and targets are not taken over")
    return made


def _environment(
    given: Mapping[str, Any], values: Values, files: Mapping[str, Any]
) -> tuple[dict[str, str], Table | list[str]]:
    """(env, secrets): a list of names where nothing more is to be said of them."""
    env: dict[str, str] = {}
    secrets: Table = {}
    for key, text in table(given.get("environment"), "=").items():
        target = scalar(text).removeprefix("/run/secrets/")
        if key.endswith("_FILE") and target in files and str(text).startswith("/run/secrets/"):
            secret = values.secret(target.upper().replace("-", "_"), files[target].get("value"))
            secrets[key.removesuffix("_FILE")] = {"from": secret, "as": "file"}
            continue
        whole = f"${{{key}}}" if text is None else scalar(text)
        secret_name = values.secret_of(key, whole)
        if secret_name is None:
            env[key] = values.template(key, whole)
        else:
            secrets[key] = {} if secret_name == key else {"from": secret_name}
    return env, secrets if any(secrets.values()) else list(secrets)


def _port(one: object, values: Values) -> str:
    if not isinstance(one, Mapping):
        return values.literal(str(one))
    address = str(one.get("host_ip") or "")
    # Without a port of the host Compose takes any that is free.
    host = "0.0.0.0:" if not address and not one.get("published") else f"{address}:" if address else ""
    host = f"[{address}]:" if ":" in address else host
    published = f"{one['published']}:" if one.get("published") else ":"
    protocol = f"/{one['protocol']}" if one.get("protocol", "tcp") != "tcp" else ""
    return f"{host}{published}{one['target']}{protocol}"


def _mount(one: object, root: Path, values: Values) -> str | None:
    if not isinstance(one, Mapping):
        return values.literal(str(one))
    if one.get("type") == "tmpfs":
        return None
    source = values.literal(str(one["source"])) if one.get("source") else None
    # With a variable in it Compose does not know yet which it is.
    if one.get("type") == "bind" or str(source).startswith((".", "/", "~")):
        relative = _relative(str(source), root)
        source = source if relative.startswith("..") else f"./{relative}"
    words = [str(source)] if source else []
    return ":".join([*words, str(one["target"]), *(["ro"] if one.get("read_only") else [])])


def _relative(path: str, root: Path) -> str:
    return os.path.relpath(path, root) if os.path.isabs(path) else os.path.normpath(path)  # noqa: PTH117


def _health(given: object, values: Values) -> object:
    if not isinstance(given, Mapping):
        return None
    test = given.get("test")
    if given.get("disable") or test in (["NONE"], "NONE"):
        return False
    made: Table = {}
    if isinstance(test, str):
        made["command"] = ["sh", "-c", values.literal(test)]
    elif test and test[0] == "CMD-SHELL":
        made["command"] = ["sh", "-c", values.literal(test[1])]
    elif test:
        made["command"] = [values.literal(word) for word in test[1:]]
    for key in ("interval", "timeout", "start_period"):
        if given.get(key):
            made[key] = f"{_seconds(given[key]):g}s"
    if given.get("retries"):
        made["retries"] = int(given["retries"])
    return made or None


def _seconds(text: str) -> float:
    """Go's duration syntax, such as 1m30s."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)(ms|h|m|s)", str(text)))


def _deploy(given: Mapping[str, Any]) -> Table:
    deploy = given.get("deploy") or {}
    limits = (deploy.get("resources") or {}).get("limits") or {}
    resources: Table = {}
    cpus, memory = limits.get("cpus") or given.get("cpus"), limits.get("memory") or given.get("mem_limit")
    if cpus:
        resources["cpus"] = float(cpus)
    if memory:
        resources["memory"] = str(memory)
    replicas = deploy.get("replicas") or given.get("scale")
    return {"resources": resources, **({"replicas": int(replicas)} if replicas else {})}


def _like(name: str, made: Table, before: Mapping[str, Table]) -> Table:
    """A service that runs from the same source as an earlier one, with all that it takes over, is like it."""
    if "path" not in made or "command" not in made:
        return made
    for other, owner in before.items():
        same = all(owner.get(key) == made.get(key) for key in ("path", "build"))
        if "like" in owner or not same or not all(_within(owner.get(key), made.get(key)) for key in _SHARED):
            continue
        shared = {key for key in _SHARED if made.get(key) == owner.get(key)}
        return {"like": other, **{k: v for k, v in made.items() if k not in {"path", "build", *shared}}}
    return made


def _within(owned: object, own: object) -> bool:
    """Whether what `like` takes over is there anyway."""
    if not owned:
        return True
    if isinstance(owned, Mapping):
        return isinstance(own, Mapping) and owned.keys() <= own.keys()
    return own == owned


def _volumes(model: Mapping[str, Any], services: Mapping[str, Table], values: Values) -> Table:
    """By their real names, as volumes that somebody else has made: so their data is kept."""
    used = {str(one).partition(":")[0] for service in services.values() for one in service.get("volumes", ())}
    made = {
        key: {"name": (one or {}).get("name") or key, "external": True}
        for key, one in (model.get("volumes") or {}).items()
        if key in used
    }
    if made:
        names = ", ".join(sorted(str(one["name"]) for one in made.values()))
        values.notes.append(
            f"volumes are taken over by their real names ({names}): stop the old project first, and drop "
            "external = true where there is no such volume yet"
        )
    return made


def _networks(model: Mapping[str, Any], services: Mapping[str, Table]) -> Table:
    used = {key for service in services.values() for key in service.get("networks", ())}
    made: Table = {}
    for key, one in (model.get("networks") or {}).items():
        if key not in used or not one:
            continue
        pools = ((one.get("ipam") or {}).get("config")) or [{}]
        kept = {
            **({"internal": True} if one.get("internal") else {}),
            **({"driver": one["driver"]} if one.get("driver") else {}),
            **({"subnet": pools[0]["subnet"]} if pools[0].get("subnet") else {}),
        }
        if one.get("external"):
            kept = {"external": True, "name": one.get("name") or key}
        if kept:
            made[key] = kept
    return made


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "app"
