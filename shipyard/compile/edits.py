"""What an edit of the source asks for: nothing but the file in its place, or another look at everything."""

from __future__ import annotations

from shipyard.compile.desired import Builds, compile_desired
from shipyard.compile.live import wants_build
from shipyard.compile.spec import canonical, service_document
from shipyard.model.build import BuildPlan, Detected
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest


def wants_apply(manifest: Manifest, builds: Builds, before: Manifest, applied: Builds) -> bool:
    """Whether what is declared and found is more than what was applied before, with files edited in it."""
    same = {
        name: (made[0], applied[name][1]) if name in applied and _only_files(*applied[name], *made) else made
        for name, made in builds.items()
    }
    return _shape(compile_desired(manifest, same)) != _shape(compile_desired(before, applied))


def _only_files(detected: Detected, plan: BuildPlan, now: Detected, planned: BuildPlan) -> bool:
    """Whether two builds differ in no more than files that stand in the image as they are."""
    live = detected.live
    if live is None or now.live != live or planned.facts != plan.facts:
        return planned.tag == plan.tag
    files, old = planned.files, plan.files
    edited = (path for path in files.keys() | old.keys() if files.get(path) != old.get(path))
    return not any(wants_build(path, live) for path in edited)


def _shape(desired: Desired) -> str:
    """All of it that a plan compares."""
    return canonical(
        [
            [service_document(spec) for spec in desired.services],
            [[spec.name, spec.replicas, *spec.needs] for spec in desired.services],
            [[job.service, job.document] for job in desired.jobs],
            [repr(one) for one in (*desired.networks, *desired.volumes, *desired.secret_volumes)],
        ]
    )
