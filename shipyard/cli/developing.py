"""What `shipyard dev` does: applies, and again when more than files in their places changed; stops at Ctrl-C.

The lease is held while something is applied or stopped, and not in between.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import stat
import sys
import threading
import time

from shipyard.apply import ApplyFailed
from shipyard.cli.bringing import Bringing
from shipyard.cli.converge import Request, apply_builds
from shipyard.cli.following import following
from shipyard.cli.leaving import leave, left_edited
from shipyard.cli.loading import load_project
from shipyard.cli.project import Scope, scope_of
from shipyard.cli.standing import Standing, alone
from shipyard.compile.builds import compile_builds
from shipyard.compile.desired import Builds, compile_desired
from shipyard.compile.develop import DEVELOPERS
from shipyard.compile.edits import wants_apply
from shipyard.compile.subset import subset
from shipyard.engine.buildx import SourceEdited
from shipyard.engine.connect import Connection, connect
from shipyard.engine.live_objects import LiveObjects
from shipyard.engine.secret_values import env_file
from shipyard.errors import ExitCode, ShipyardError, UsageError
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.model.record import Record, replace
from shipyard.render.printable import printable, printable_lines
from shipyard.source import SourceTree, parse_ignore

WAIT = 1.0
"""Seconds between two looks at whether edits are still brought, and at what runs."""
PATIENT = 3
"""Builds in a row while which the source is edited; then it waits longer with each."""
LONGEST = 30.0


class NotForDevelopment(ShipyardError):
    """The stage is one that is deployed to."""


class _State(Record):
    """The project as it was read; `secrets` is a digest of the file with their values, `declared` whether
    the manifest itself says that the stage is one of development."""

    manifest: Manifest
    builds: Builds
    secrets: str
    declared: bool

    def desired(self, scope: Scope) -> Desired:
        whole = compile_desired(self.manifest, self.builds)
        return subset(whole, scope.targets) if scope.targets else whole


def develop(request: Request, services: tuple[str, ...]) -> int:
    """Until Ctrl-C; the exit code. Raises ShipyardError where it cannot begin, or the engine is gone."""
    now = _read(request)
    scope = scope_of(now.manifest, services, ())
    ending = threading.Event()
    _end_in_order(ending)
    if not now.declared:
        told = f'stage {now.manifest.stage} does not say mode = "develop": '
        print(f"{told}`plan` and `apply` go back to the server for production", file=sys.stderr)
    _refuse_own_output(now)
    with connect(now.manifest.engine, os.environ) as connection, alone(connection, now.manifest):
        bringing = Bringing(connection, now.manifest, now.builds)
        scope = replace(scope, replaced=left_edited(connection, now.desired(scope)))
        with following(connection, now.manifest, services):
            session = _Session(request, scope, connection, bringing, now, ending)
            try:
                bringing.start()
                session.go_on()
            except KeyboardInterrupt:
                bringing.end()
                leave(request, connection, session.now.manifest, session.now.builds, scope)
            except ShipyardError:
                bringing.end()
                # With an engine that is gone it fails too, and why was told before.
                with contextlib.suppress(ShipyardError):
                    leave(request, connection, session.now.manifest, session.now.builds, scope)
                raise
    return ExitCode.DONE if session.was_up else ExitCode.INTERRUPTED


def _refuse_own_output(now: _State) -> None:
    """What it prints may not be an edit, of which it would tell without end. Raises UsageError."""
    tree = SourceTree(now.manifest.root)
    written = {(found.st_dev, found.st_ino) for found in map(os.fstat, (1, 2)) if stat.S_ISREG(found.st_mode)}
    for _, plan in now.builds.values() if written else ():
        for path in tree.digests(plan.context, parse_ignore(plan.dockerignore)):
            try:
                found = (tree.root / plan.context / path).lstat()
            except OSError:
                continue
            if (found.st_dev, found.st_ino) in written:
                raise UsageError(
                    f"what it prints goes to {path}, a file of {plan.service}",
                    hint="call it *.log, which reaches no build, or name it in .dockerignore",
                )


def _end_in_order(ending: threading.Event) -> None:
    """Ctrl-C, SIGTERM and a terminal that is closed mean the same, and once is enough. It is remembered: what
    is raised in the middle of other people's code may be lost there."""

    def end(number: int, _: object) -> None:
        if number == signal.SIGHUP:
            # Nobody is there to be told more.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in (1, 2):
                os.dup2(nowhere, stream)
        if not ending.is_set():
            ending.set()
            raise KeyboardInterrupt

    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # What was started without a terminal's keys keeps to that.
        if one == signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, end)


class _Session:
    """`now` is the project as it was read last, `applied` as it was applied, None where that failed."""

    def __init__(
        self,
        request: Request,
        scope: Scope,
        connection: Connection,
        bringing: Bringing,
        now: _State,
        ending: threading.Event,
    ) -> None:
        self._request = request
        self._scope = scope
        self._connection = connection
        self._bringing = bringing
        self.now = now
        self.applied: _State | None = None
        self.was_up = False
        self._ending = ending
        self._standing = Standing(LiveObjects(connection))
        self._edited = 0

    def go_on(self) -> None:
        """Raises KeyboardInterrupt, and what tells that the engine is gone."""
        self._apply()
        while True:
            if self._ending.is_set():
                raise KeyboardInterrupt
            edited = self._bringing.wait(WAIT)
            if self._bringing.error is not None:
                raise self._bringing.error
            lost = self.applied is not None and self._standing.lost(looking=not self._bringing.restarting)
            if not edited:
                continue
            try:
                now = self._read_again()
            except ShipyardError as error:
                _tell(error)
                continue
            if self.applied is not None and not lost and not _more(self.applied, now):
                continue
            if self.applied is not None and not lost:
                print("\nnot only files in their places have changed:", file=sys.stderr, flush=True)
            self.now = now
            self._bringing.follow(now.manifest, now.builds)
            self._apply()

    def _read_again(self) -> _State:
        now, before = _read(self._request), self.now.manifest
        if (now.manifest.deployment, now.manifest.engine) != (before.deployment, before.engine):
            raise ShipyardError(
                "it would run under another name or on another engine",
                where="shipyard.toml",
                hint="end `shipyard dev`, and start it again",
            )
        scope_of(now.manifest, self._scope.targets, ())
        return now

    def _apply(self) -> None:
        self.applied = None
        try:
            apply_builds(
                *(self._request, self.now.manifest, self.now.builds, self._scope),
                connection=self._connection,
            )
        except ApplyFailed as error:
            if isinstance(error.cause, KeyboardInterrupt):
                raise KeyboardInterrupt from error
            if isinstance(error.cause, SourceEdited):
                self._once_more(error.cause)
                return
            _tell(error)
        except ShipyardError as error:
            _tell(error)
        else:
            self.applied, self.was_up = self.now, True
            self._bringing.settled()
            self._standing.begin(self.now.desired(self._scope))
            self._edited = 0
            self._scope = replace(self._scope, replaced=())
        told = "edit, and see" if self.applied is not None else "the next edit tries again"
        print(f"\n{told}; Ctrl-C ends it\n", file=sys.stderr, flush=True)

    def _once_more(self, error: SourceEdited) -> None:
        self._edited += 1
        if self._edited > PATIENT:
            # Something writes there again and again.
            _tell(error)
            time.sleep(min(LONGEST, 2.0 ** (self._edited - PATIENT)))
        else:
            edited = "; ".join((error.title, *error.details))
            print(f"\n{printable(edited)}: once more", file=sys.stderr, flush=True)
        self._bringing.look_again()


def for_development(manifest: Manifest) -> Manifest:
    """A stage as one of development. Raises NotForDevelopment."""
    by_name = manifest.mode is None and manifest.stage in DEVELOPERS
    if (manifest.mode != "develop" and not by_name) or manifest.protect:
        why = "is protected" if manifest.protect else "is not one of development"
        raise NotForDevelopment(
            f"stage {manifest.stage} {why}",
            where=f"stages.{manifest.stage}",
            hint='declare one: [stages.dev] with mode = "develop"',
        )
    return replace(manifest, mode="develop")


def _read(request: Request) -> _State:
    loaded = load_project(request.folder, request.stage, request.instance).manifest
    manifest = for_development(loaded)
    try:
        values = env_file(manifest.root, manifest.stage).read_bytes()
    except OSError:
        values = b""
    digest = hashlib.sha256(values).hexdigest()
    return _State(
        manifest=manifest,
        builds=compile_builds(manifest),
        secrets=digest,
        declared=loaded.mode is not None,
    )


def _more(applied: _State, now: _State) -> bool:
    if applied.secrets != now.secrets:
        return True
    return wants_apply(now.manifest, now.builds, applied.manifest, applied.builds)


def _tell(error: ShipyardError) -> None:
    print(f"error: {printable_lines(str(error))}", file=sys.stderr, flush=True)
