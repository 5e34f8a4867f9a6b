"""Containers stopped side by side: each may need all of its grace."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from shipyard.engine.objects import Objects
from shipyard.errors import ShipyardError


def stop_together(objects: Objects, containers: Sequence[str], seconds: float) -> None:
    """Stop containers by id, each killed after so many seconds. Raises ShipyardError of one that failed."""
    failed: list[ShipyardError] = []

    def stop(container: str) -> None:
        try:
            objects.stop(container, seconds)
        except ShipyardError as error:
            failed.append(error)

    # Not waited for at the end of the process: who interrupts it does not want to wait either.
    threads = [threading.Thread(target=stop, args=(container,), daemon=True) for container in containers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
