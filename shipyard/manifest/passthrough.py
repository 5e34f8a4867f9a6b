"""Compose's words for what the manifest has keys of its own for."""

from __future__ import annotations

MANIFEST_KEYS = {
    "build": "use build, path and context",
    "command": "use command",
    "configs": "use volumes, or put the file into the image",
    "container_name": "leave it out: other services reach this one by the service's name",
    "depends_on": "use needs",
    "deploy": "use replicas, resources, restart and rollout",
    "entrypoint": "use entrypoint",
    "env_file": "use env and secrets",
    "environment": "use env",
    "extends": "use like",
    "healthcheck": "use health",
    "image": "use image",
    "labels": "use labels",
    "name": "the service's name is its table's: [services.NAME]",
    "networks": "use networks",
    "ports": "use publish",
    "profiles": "use stages: services.NAME = false in a stage removes it there",
    "scale": "use replicas",
    "secrets": "use secrets",
    "volumes": "use volumes",
}
"""By Compose key: what to write instead. None of them may be passed through in `compose = {}`, since
Shipyard decides them itself."""
