"""Services in a stage of development: the image is that of every stage, what is started in it is not."""

from __future__ import annotations

from shipyard.compile.dev_server import development_server
from shipyard.model.build import Decision, Detected
from shipyard.model.desired import ServiceSpec
from shipyard.model.record import replace

DEVELOPERS = ("dev", "default")
"""The stages that are for developers by their name."""


def developed(spec: ServiceSpec, detected: Detected) -> tuple[ServiceSpec, tuple[Decision, ...]]:
    """A built service as it runs under `mode = "develop"`, with what was decided for it."""
    if detected.live is None:
        return spec, ()
    made = []
    if spec.built == spec.name and spec.command is None and detected.reload is not None:
        spec = replace(spec, command=detected.reload)
        made.append(_decided("development command", " ".join(detected.reload)))
    if detected.live.imports and "PYTHONPATH" not in spec.env:
        path = ":".join(detected.live.imports)
        spec = replace(spec, env=dict(sorted({**spec.env, "PYTHONPATH": (path,)}.items())))
        made.append(_decided("PYTHONPATH", path))
    if spec.read_only:
        spec = replace(spec, read_only=False)
        made.append(_decided("read_only", "false"))
    return spec, tuple(made)


def reloads(spec: ServiceSpec, detected: Detected) -> bool:
    """Whether what a service runs takes up edits by itself."""
    words = (*(spec.entrypoint or ()), *(spec.command or ()))
    own = spec.built == spec.name and detected.reload is not None and spec.command == detected.reload
    return own or development_server(words) is not None


def _decided(subject: str, value: str) -> Decision:
    why = 'mode = "develop": edits are brought into the container and taken up there'
    return Decision(subject=subject, value=value, evidence=why, origin="manifest")
