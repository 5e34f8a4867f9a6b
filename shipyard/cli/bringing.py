"""Beside all else that `shipyard dev` does: looks at the source, and brings edits into the containers."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from shipyard.compile.desired import Builds, compile_desired
from shipyard.engine.connect import Connection
from shipyard.engine.live_objects import LiveObjects
from shipyard.engine.objects import EngineError
from shipyard.errors import ShipyardError
from shipyard.model.desired import Desired
from shipyard.model.manifest import Manifest
from shipyard.render.printable import printable, printable_lines
from shipyard.source import SourceError, SourceTree, parse_ignore
from shipyard.source.watch import Look, Watched, changed, look
from shipyard.targets.live import Brought, LiveFiles, start_anew

POLL = 0.15
"""Seconds between two looks, or five times what one takes where that is longer."""
SHARE = 5
ASK = 1.0
"""Seconds after which the engine is asked for containers that are new, though nothing was edited."""
_SHOWN = 3
_COPIED = (
    "note: static files are collected in the image: where DEBUG is off, an edit of one is seen "
    "when `shipyard dev` is started again"
)


class Bringing(threading.Thread):
    """`error` is what ended it, None as long as it goes on."""

    def __init__(self, connection: Connection, manifest: Manifest, builds: Builds) -> None:
        super().__init__(name="bringing", daemon=True)
        self.error: BaseException | None = None
        self._explained = False
        self._live = LiveFiles(LiveObjects(connection), manifest.root)
        self._tree = SourceTree(manifest.root)
        self._restarts = ThreadPoolExecutor(max_workers=1, thread_name_prefix="restarting")
        self._again = LiveObjects(connection)
        self._begun: Future[None] | None = None
        self._ending = threading.Event()
        self._edited = threading.Event()
        self._settled: tuple[Desired, Builds] | None = None
        self.follow(manifest, builds)

    def follow(self, manifest: Manifest, builds: Builds) -> None:
        """From now on containers of these images are kept up to date, and those of the images that `settled`
        last: they run until others take their place, which may fail."""
        self._target = (compile_desired(manifest, builds), builds)
        self._watched = _watched(manifest, builds)

    def settled(self) -> None:
        """What is followed has come to run."""
        self._settled = self._target

    @property
    def restarting(self) -> bool:
        """Whether it has stopped something that it starts again."""
        return self._begun is not None and not self._begun.done()

    def wait(self, seconds: float) -> bool:
        """Whether something has changed since it was asked last, as soon as something has."""
        if not self._edited.wait(seconds):
            return False
        self._edited.clear()
        return True

    def look_again(self) -> None:
        """As if something had changed."""
        self._edited.set()

    def end(self) -> None:
        self._ending.set()
        self.join()
        self._restarts.shutdown()

    def run(self) -> None:
        try:
            self._go_on()
        except BaseException as error:  # it is raised again by who asks
            self.error = error

    def _go_on(self) -> None:
        before: Look | None = None
        asked, pause, told = 0.0, POLL, ""
        while not self._ending.wait(pause):
            began = time.monotonic()
            try:
                now = look(self._tree, self._watched)
            except SourceError as error:
                told = self._told(error, told)
                continue
            pause = max(POLL, SHARE * (time.monotonic() - began))
            edited = changed(before, now) if before is not None else ()
            before = now
            if edited or began - asked > ASK:
                for desired, builds in self._targets():
                    if now.files.keys() != builds.keys():
                        continue
                    try:
                        for one in self._live.bring(desired, builds, now.files):
                            self._brought(one, time.monotonic() - began)
                    except EngineError as error:
                        if error.status is None:
                            raise
                        told = self._told(error, told)
                asked = time.monotonic()
            if edited:
                self._edited.set()

    def _targets(self) -> list[tuple[Desired, Builds]]:
        settled = self._settled
        return [self._target, *([settled] if settled is not None and settled is not self._target else [])]

    def _told(self, error: ShipyardError, before: str) -> str:
        """Said, unless it was just before."""
        text = str(error)
        if text != before:
            print(f"error: {printable_lines(text)}", file=sys.stderr, flush=True)
        return text

    def _brought(self, brought: Brought, seconds: float) -> None:
        shown = ", ".join(brought.paths[:_SHOWN])
        if len(brought.paths) > _SHOWN:
            shown += f" and {len(brought.paths) - _SHOWN} more"
        again = ", which starts anew" if brought.stale else ""
        line = f"~ {shown} -> {brought.service}{again} ({seconds:.2f} s)"
        print(printable(line), file=sys.stderr, flush=True)
        if brought.copied and not self._explained:
            print(_COPIED, file=sys.stderr, flush=True)
            self._explained = True
        if brought.stale:
            # Beside: to stop takes its time, and others wait for their edits.
            self._begun = self._restarts.submit(start_anew, self._again, brought.container)


def _watched(manifest: Manifest, builds: Builds) -> Watched:
    contexts = {name: (plan.context, parse_ignore(plan.dockerignore)) for name, (_, plan) in builds.items()}
    folders = {".", *(service.path or "." for service in manifest.services)}
    return Watched(contexts=contexts, folders=sorted(folders))
