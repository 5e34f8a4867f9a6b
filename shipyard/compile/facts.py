"""What an image is made of beside files: declared and detected facts that move its tag."""

from __future__ import annotations

import hashlib

from shipyard.compile.detect import Detection
from shipyard.compile.front_end import FrontEnd
from shipyard.compile.recipe import Recipe
from shipyard.compile.spec import canonical
from shipyard.compile.throw_away import BY_DJANGO
from shipyard.model.manifest import Build


def facts_of(recipe: Recipe, build: Build, detection: Detection, static: bool) -> dict[str, object]:
    """By name; what is not there is left out, so that a new kind of fact moves no tag by itself."""
    install = recipe.install
    exact: list[object] = [install.facts, install.install, install.extra]
    # Only what is there: images of before are not made anew.
    if install.local:
        exact += [[one.facts, one.resolve] for one in install.local]
        exact.append(install.local_options)
    if install.indexes:
        exact.append(install.indexes)
    if install.direct:
        exact.append(install.direct)
    facts: dict[str, object] = {
        "base": recipe.base,
        "dependencies": {
            name: one.version or "unpinned" for name, one in sorted(detection.dependencies.packages.items())
        },
        "install": hashlib.sha256(canonical(exact).encode()).hexdigest(),
        "packages": list(build.packages),
        "build_packages": list(build.build_packages),
        # What the lock makes of them is the recipe's; what the settings do is not.
        "only_declared_packages": not build.find_packages,
        "spatial": bool(detection.application and detection.application.spatial),
        "static": static,
        "static_environment": _read(recipe, detection),
        "kept": list(recipe.kept),
        "import_path": recipe.import_path,
        "mount_points": list(recipe.mount_points),
        "user": recipe.user,
        "port": recipe.port,
        "command": list(recipe.command) if recipe.command else None,
        "inner": recipe.inner,
        "environment": dict(recipe.environment),
        # A server's is not the project's: it comes with the recipe.
        "stop_signal": recipe.stop_signal if detection.detected.server is None else None,
        "distroless": recipe.distroless,
        "ca_certificates": hashlib.sha256("\n".join(recipe.authorities).encode()).hexdigest()
        if recipe.authorities
        else None,
        "front_end": _front_end(recipe.front),
        "manage": list(recipe.manage) if static and recipe.manage != ("manage.py",) else None,
    }
    return {key: value for key, value in facts.items() if value not in (None, [], {}, "", False, ".")}


def _read(recipe: Recipe, detection: Detection) -> dict[str, str]:
    """Of what the settings load with what they read: the others are there for what reads them unseen, and
    stages differ in them."""
    reads = detection.application.reads if detection.application else ()
    names = {one.name for one in reads}.union(BY_DJANGO)
    return {name: value for name, value in recipe.static_environment or () if name in names}


def _front_end(front: FrontEnd | None) -> dict[str, object] | None:
    """Its files say the rest."""
    if front is None:
        return None
    return {"path": front.path, "manager": front.manager.name, "node": front.node, "output": front.output}
