"""One image: from what was detected to its build plan."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping

from shipyard.compile.authorities import certificates_of
from shipyard.compile.context import dockerignore_text, is_below, own_ignore, own_ignores, recipe_ignores
from shipyard.compile.detect import Detection, detect
from shipyard.compile.exposed import exposed_secrets
from shipyard.compile.facts import facts_of
from shipyard.compile.front_end import find_front_end
from shipyard.compile.gitignore import gitignore_lines
from shipyard.compile.live import live_source
from shipyard.compile.mentioned import kept_files, link_notes
from shipyard.compile.reach import places_of, reaches, reads_of
from shipyard.compile.recipe import RECIPE, Recipe, recipe_text
from shipyard.compile.references import locked
from shipyard.compile.spec import canonical
from shipyard.compile.static_files import unserved_static_files
from shipyard.compile.storage import APP
from shipyard.compile.testing import without_tests
from shipyard.compile.throw_away import throw_away
from shipyard.compile.uploads import unkept_uploads
from shipyard.errors import ShipyardError
from shipyard.manifest.shell import DISTROLESS, HINT, needs_shell
from shipyard.model.build import BuildPlan, Decision, DependencyInstall, Detected, Ignored
from shipyard.model.manifest import Manifest, Service
from shipyard.model.record import replace
from shipyard.source import EMPTIED, SourceTree, parse_ignore

APP_USER = "10001:10001"
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".f90", ".pyx", ".rs")
_NUMERIC = r"[0-9]+(:[0-9]+)?"


class ImageError(ShipyardError):
    """An image that cannot be compiled."""


def plan_build(
    service: Service, sharers: tuple[Service, ...], manifest: Manifest, tree: SourceTree
) -> tuple[Detected, BuildPlan]:
    """The build plan of a service's image, which `sharers` run from too. Raises ShipyardError."""
    if service.build.dockerfile is not None:
        return _own_dockerfile(service, manifest, tree)
    detection = detect(service, tree, sharers)
    detected = detection.detected
    install = replace(detection.dependencies.install, extra=detection.added)
    folder = service.path or "."
    found = find_front_end(service, tree)
    places = {one: f"{detected.manager} installs from {one}" for one in places_of(install, folder)}
    if found is not None:
        places |= {one: f"the front end is built in {one}" for one in found.front.folders}
    context, detected = _context(service, places, detected)
    inner = posixpath.relpath(folder, context)
    front = found.front.within(context, manifest.locked) if found else None
    files = reads_of(install, inner) + (front.files if front else ())
    own = own_ignore(tree, context)
    ignored = recipe_ignores(own, files, gitignore_lines(tree, context))
    install, left_out = without_tests(install, (service, *sharers), detection.dependencies, own, tree)
    detected = replace(detected, decisions=(*detected.decisions, *left_out))
    static = _static(service, detection)
    base = _base(service, detected.python)
    digests = tree.digests(context, parse_ignore(dockerignore_text(ignored)))
    distroless = service.build.base == DISTROLESS
    if distroless:
        detected = _without_shell(service, detected, base)
    recipe = Recipe(
        base=locked(base, manifest.locked),
        install=install,
        inner=inner,
        whole=inner == "." or (service.context is not None and install.root == "."),
        system=detection.system,
        service=service.name,
        optional_libraries=service.build.optional_libraries,
        extensions=_has_extensions(install, inner, digests),
        static_environment=_static_environment(service, detection) if static else None,
        import_path=detection.application.import_path if detection.application else "",
        mount_points=_mount_points(service, sharers),
        user=service.user if service.user and re.fullmatch(_NUMERIC, service.user) else APP_USER,
        port=detected.port,
        command=detected.command,
        manage=detection.application.manage if detection.application else (),
        environment=detection.program.environment,
        stop_signal=detected.stop_signal,
        distroless=distroless,
        front=front,
        secrets=service.build.secrets,
        kept=kept_files(tree, folder, own),
        authorities=certificates_of(manifest.ca_certificates, tree) if manifest.ca_certificates else (),
    )
    workdir = APP if inner == "." else f"{APP}/{inner}"
    notes = unkept_uploads(service, detection.application, workdir) + _without_version(service, install)
    notes += unserved_static_files(service, detection.application, detection.dependencies)
    if found is not None:
        detected = replace(detected, decisions=detected.decisions + found.decisions)
        notes += tuple(f"{service.name}: {note}" for note in found.notes)
    reached = {path: digest for path, digest in digests.items() if reaches(path, recipe)}
    notes += exposed_secrets(service, tree, context, reached)
    notes += link_notes(tree, service.name, folder, context if recipe.whole else folder)
    detected = replace(detected, notes=detected.notes + notes, live=live_source(recipe, tree, context))
    if recipe.authorities:
        detected = replace(detected, decisions=(*detected.decisions, _trusting(manifest, recipe)))
    facts = facts_of(recipe, service.build, detection, static)
    return detected, _plan(
        service,
        manifest,
        context=context,
        dockerfile=recipe_text(recipe),
        ignored=ignored,
        facts=facts,
        files=reached,
        detected=detected,
        base=base,
        node=found.front.node if found else None,
    )


def _plan(
    service: Service,
    manifest: Manifest,
    *,
    context: str,
    dockerfile: str,
    ignored: tuple[Ignored, ...],
    facts: Mapping[str, object],
    files: Mapping[str, str],
    detected: Detected,
    own: str | None = None,
    base: str | None = None,
    node: str | None = None,
) -> BuildPlan:
    digest = hashlib.sha256(canonical({"facts": facts, "files": files}).encode()).hexdigest()
    prefix = f"{manifest.registry}/" if manifest.registry else ""
    return BuildPlan(
        service=service.name,
        repository=f"{prefix}{manifest.name}/{service.name}",
        context=context,
        dockerfile=dockerfile,
        dockerignore=dockerignore_text(ignored),
        ignored=ignored,
        facts=facts,
        files=files,
        tag=f"in-{digest[:16]}",
        recipe=RECIPE,
        decisions=detected.decisions,
        notes=detected.notes + _emptied(files),
        own_dockerfile=own,
        base=base,
        platforms=service.build.platforms,
        secrets=service.build.secrets,
        node=node,
    )


def _without_version(service: Service, install: DependencyInstall) -> tuple[str, ...]:
    return tuple(
        f"{service.name}: {one.name} reads its version from git, which is in no build: "
        "it is installed as version 0"
        for one in install.local
        if one.from_git
    )


def _has_extensions(install: DependencyInstall, inner: str, files: Iterable[str]) -> bool:
    """Whether a package of the source tree has something that a compiler reads."""
    folders = [posixpath.normpath(posixpath.join(inner, one.folder)) for one in install.local]
    sources = [path for path in files if path.endswith(_COMPILED)]
    return any(is_below(path, folder) for folder in folders for path in sources)


def _emptied(files: Mapping[str, str]) -> tuple[str, ...]:
    """Notes on files that arrive empty: BuildKit lets them in and then does not open them."""
    return tuple(
        f"{path} reaches the image empty: the ignore file lets it in and then leaves its folder out again"
        for path, digest in files.items()
        if digest == EMPTIED
    )


def _own_dockerfile(service: Service, manifest: Manifest, tree: SourceTree) -> tuple[Detected, BuildPlan]:
    """The way out: the project's own Dockerfile, in its own context, by its own .dockerignore."""
    name = service.build.dockerfile or ""
    text = tree.text(name)
    if text is None:
        raise ImageError(f"there is no {name}", where=f"services.{service.name}.build.dockerfile")
    context = service.context or service.path or "."
    ignored = own_ignores(own_ignore(tree, context, name))
    files = tree.digests(context, parse_ignore(dockerignore_text(ignored)))
    # Its server is not known; gunicorn and uvicorn both read this.
    detected = Detected(
        framework=None, manager="none", python="", port=service.port, workers="WEB_CONCURRENCY"
    )
    facts = {"dockerfile": hashlib.sha256(text.encode()).hexdigest()}
    plan = _plan(
        service,
        manifest,
        context=context,
        dockerfile=text,
        ignored=ignored,
        facts=facts,
        files=files,
        detected=detected,
        own=name,
    )
    return detected, plan


def _base(service: Service, python: str) -> str:
    base = service.build.base or "slim"
    return f"python:{python}-slim" if base in ("slim", DISTROLESS) else base


def _without_shell(service: Service, detected: Detected, base: str) -> Detected:
    """Raises ImageError for what was found to run and cannot."""
    found = {service.name: detected.command, **{role.service: role.command for role in detected.roles}}
    for name, command in found.items():
        why = needs_shell(command or ())
        if why is not None:
            raise ImageError(why, where=f"services.{name}", hint=f'add command = ["..."]: {HINT}')
    decision = Decision(
        subject="base",
        value=DISTROLESS,
        evidence=f"made of {base}, without its shell and package manager",
        origin="manifest",
    )
    return replace(detected, decisions=(*detected.decisions, decision))


def _trusting(manifest: Manifest, recipe: Recipe) -> Decision:
    count = sum(line.startswith("-----BEGIN") for line in recipe.authorities)
    return Decision(
        subject="ca_certificates",
        value=manifest.ca_certificates or "",
        evidence=f"{count} of them, trusted by the build and by what runs",
        origin="manifest",
    )


def _context(service: Service, places: Mapping[str, str], detected: Detected) -> tuple[str, Detected]:
    """The build context, as wide as what is installed or built from the source tree needs it: `places`, each
    with why. Raises ImageError."""
    folder = service.path or "."
    if service.context is not None:
        outside = [one for one in places if not is_below(one, service.context)]
        if outside:
            raise ImageError(
                f"{places[outside[0]]}, which is outside the build context",
                where=f"services.{service.name}.context",
                hint="remove context, or make it wider",
            )
        return service.context, detected
    context = "." if "." in (folder, *places) else posixpath.commonpath([folder, *places]) or "."
    if context == folder:
        return folder, detected
    widest = next(one for one in places if not is_below(one, folder))
    decision = Decision(
        subject="context",
        value=context,
        evidence=places[widest],
        origin="detected",
    )
    return context, replace(detected, decisions=(*detected.decisions, decision))


def _static(service: Service, detection: Detection) -> bool:
    application = detection.application
    if service.build.static is not None:
        if service.build.static and (application is None or application.framework != "django"):
            raise ImageError(
                "static = true collects Django's static files, and this is no Django project",
                where=f"services.{service.name}.build.static",
            )
        return service.build.static
    return application is not None and bool(application.static)


def _static_environment(service: Service, detection: Detection) -> tuple[tuple[str, str], ...]:
    """What the settings load with while static files are collected: made up, but for what the image sets."""
    reads = detection.application.reads if detection.application else ()
    return tuple(sorted({**dict(detection.program.environment), **dict(throw_away(service, reads))}.items()))


def _mount_points(service: Service, sharers: tuple[Service, ...]) -> tuple[str, ...]:
    """Where volumes will be mounted: the folders must exist in the image, owned by its user, because a
    fresh volume takes over owner and content of what it covers (Docker reference, "Volumes")."""
    return tuple(
        sorted(
            {
                posixpath.normpath(mount.target)
                for one in (service, *sharers)
                for mount in one.volumes
                if mount.kind == "volume"
            }
        )
    )
