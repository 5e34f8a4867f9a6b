"""How an image is made: what was detected, with its evidence, and the build plan."""

from __future__ import annotations

from collections.abc import Mapping

from shipyard.model.record import Record, field


class Decision(Record):
    """One decided fact and why: subject "framework", value "django", evidence "manage.py:9 sets ...".

    `origin` is "manifest", "detected" or "default"; a default is worth telling the user.
    """

    subject: str
    value: str
    evidence: str
    origin: str


class LocalPackage(Record):
    """A package of the source tree itself, built and installed after what comes from elsewhere.

    `folder` is relative to the project's folder. `needed` are files in it that its build reads and an
    ignore file may leave out. `facts` is what of its project files decides the result. `resolve`: what it
    depends on is known only when it is built, and is installed with it. `from_git`: its version is read from
    the repository, which is in no build. `free`: its build may read files of any name.
    """

    name: str
    folder: str
    needed: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    resolve: bool = False
    from_git: bool = False
    free: bool = False


class DependencyInstall(Record):
    """How a manager installs exactly what its lock says, by uv, into /opt/venv.

    `files` are project files that the steps read, relative to `root`, mounted below /p; `root` is relative
    to the project's folder, "." unless the lock stands above it. `own_files` are names at the top of the
    project that serve the manager, not the running application. `facts` is what of them decides the result,
    one text a line, for the inputs digest. `texts` are files of lines by name, written below /lock by the
    Dockerfile itself. `reduce` are shell commands that write /lock/<name> from `files` in a build stage of
    its own, so that what changes nothing in the result leaves the install cached. `install` are the
    arguments of `uv pip`, empty where nothing is installed, `direct` those of a second call, for what has
    no hash; `git`: some of it is fetched by git. `local` are the packages of the source tree.
    `extra` are pinned requirements that Shipyard adds, `indexes` the options that say where those are.
    """

    files: tuple[str, ...] = ()
    own_files: tuple[str, ...] = ()
    facts: tuple[str, ...]
    texts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    reduce: tuple[str, ...] = ()
    install: tuple[str, ...]
    direct: tuple[str, ...] = ()
    root: str = "."
    git: bool = False
    local: tuple[LocalPackage, ...] = ()
    local_options: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()


class Ignored(Record):
    """Lines of an ignore file with what they are for. `origin` is "default", the path of the project's own
    ignore file, "needed" for what is let in again, or "always" for what nothing lets in again."""

    origin: str
    kind: str
    patterns: tuple[str, ...]


class BuildPlan(Record):
    """One image. `address` is its service's name; `repository` such as `shop/web`.

    `context` is the build context relative to the project's root ("." for the root itself);
    `dockerfile` and `dockerignore` are texts, `ignored` the lines of the latter; `facts` the declared and
    detected inputs by name; `files` maps each file that reaches the image to the digest of its content and
    executable bit; `tag` is `in-` and 16 hex digits of the inputs digest; `digest` that of the image in
    its registry, `sha256:...`, when it was built and pushed before and is pulled now; `base` the image
    that it is made from, as declared, None where a Dockerfile of the project's own says, `node` the one that
    its front end is built with, None without one. `platforms` are what it is pushed for, none for the
    engine's own: no input of what runs here. `secrets` are names of those that the build needs.
    """

    service: str
    repository: str
    context: str
    dockerfile: str
    dockerignore: str
    ignored: tuple[Ignored, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    tag: str
    recipe: str
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()
    own_dockerfile: str | None = None
    digest: str | None = None
    base: str | None = None
    node: str | None = None
    platforms: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def tagged(self) -> str:
        """The name that the image is built and pushed under."""
        return f"{self.repository}:{self.tag}"

    @property
    def reference(self) -> str:
        """What containers are started from: by digest when the image was pushed."""
        return f"{self.tagged}@{self.digest}" if self.digest else self.tagged


class Live(Record):
    """What of a build context stands in the image as it is, so that an edit can be brought there.

    `top` is the folder that is copied to the same place below /app, "." for all; `inner` that of the project,
    `left_out` names at its top that are taken out again, `kept` names that would be. `built` are folders of
    which something else is made too: an edit there wants a build. `imports` are folders below /app that stand
    for installed packages.
    `collected`: the image holds copies of its static files.
    """

    top: str
    inner: str
    left_out: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    collected: bool = False


class Role(Record):
    """What one service runs in the image of another; fields as in `Detected`."""

    service: str
    command: tuple[str, ...]
    role: str
    port: int | None = None
    health: str | None = None
    workers: str = ""
    stop_signal: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    decisions: tuple[Decision, ...] = ()


class Detected(Record):
    """What a source tree says of one built service; the manifest's own words already taken in.

    `command` starts the program in exec form, None when the manifest says it. `role` is "web", "worker",
    "scheduler" or "program"; `port` where it listens, `health` the path of a check of its own, `workers`
    the variable by which it takes its number of processes, "" for none, `stop_signal` what asks it to
    finish, None for SIGTERM. `roles` are what services that are like this one run in its image. `hosts`
    are the Host names the application accepts as written in its settings, `hosts_env` the environment
    variable they come from instead. `reload` starts the program so that it takes up edits by itself,
    None where nothing does; `live` is None where no edit can be brought into the image.
    """

    framework: str | None
    manager: str
    python: str
    app: str | None = None
    server: str | None = None
    port: int | None = None
    command: tuple[str, ...] | None = None
    role: str = "web"
    health: str | None = None
    workers: str = ""
    stop_signal: str | None = None
    roles: tuple[Role, ...] = ()
    hosts: tuple[str, ...] = ()
    hosts_env: str | None = None
    reload: tuple[str, ...] | None = None
    live: Live | None = None
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()
