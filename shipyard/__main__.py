"""The `shipyard` process: runs a command and turns what it raises into a message and an exit code."""

from __future__ import annotations

import codecs
import contextlib
import errno
import gc
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipyard.errors import ShipyardError

REPORT = "https://github.com/shipyard-deploy/shipyard/issues"

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


def main() -> None:
    """Entry point of the console script."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this: nobody listens
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    if sys.stdin is None:
        # It takes the number of standard input, so that no file that is opened later does.
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What cannot be encoded (on a terminal of ASCII, say) is escaped, as in JSON: no failure.
        codecs.register_error("shipyard", _escape)
        sys.stdout.reconfigure(errors="shipyard")
    # What a command makes lives as long as it runs: to look for garbage among it finds none.
    gc.set_threshold(100_000, 50, 1000)
    # A help: what fails there is told when it is asked again.
    with contextlib.suppress(Exception):
        from shipyard.engine.lists import ask_ahead

        ask_ahead(sys.argv[1:], os.environ)
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        code = _no_room(error)
    # To take everything apart first costs a tenth of the time of a plan.
    os._exit(code)


def _escape(error: UnicodeError) -> tuple[str, int]:
    from shipyard.render.printable import escaped

    assert isinstance(error, UnicodeEncodeError)
    return escaped(error.object[error.start : error.end]), error.end


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code of errors.ExitCode. No traceback reaches the user."""
    from shipyard.errors import ExitCode, ShipyardError

    try:
        from shipyard.cli import usual

        if (usually := usual.read(arguments)) is not None:
            return usual.invoke(*usually)
        from shipyard.cli.app import invoke

        return invoke(arguments)
    except ShipyardError as error:
        _tell(error, arguments)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        return _nobody_reads()
    except SystemExit as stopped:
        # typer ends the process itself when the pipe breaks while it prints.
        if isinstance(stopped.__context__, BrokenPipeError):
            return _nobody_reads()
        raise
    except Exception as error:  # the last line of defence: a bug says so and where to report it
        if os.environ.get("SHIPYARD_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return _no_room(error)
        where = _innermost(error)
        print(
            f"error: this is a bug in Shipyard: {type(error).__name__} at {where}\n"
            f"  -> run again with SHIPYARD_DEBUG=1 for the details, and report it: {REPORT}",
            file=sys.stderr,
        )
        return int(ExitCode.BUG)


def _no_room(error: OSError) -> int:
    from shipyard.errors import ExitCode

    # What is still to be written at the end would fail once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with contextlib.suppress(OSError):
        print(f"error: the disk is full or not to be written: {error.strerror}", file=sys.stderr, flush=True)
    return int(ExitCode.FAILED)


def _nobody_reads() -> int:
    """The reader has gone (`shipyard plan | head`): nothing is left to say to it."""
    from shipyard.errors import ExitCode

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return int(ExitCode.DONE)


def _tell(error: ShipyardError, arguments: list[str]) -> None:
    """The error for people, and again as the CI's own annotations where there are such."""
    from shipyard.cli.annotate import annotate_error
    from shipyard.cli.place import place_errors
    from shipyard.cli.stage_words import in_its_stage
    from shipyard.render.printable import printable_lines

    # Something beside the error: whatever fails there must not hide it.
    with contextlib.suppress(Exception):
        place_errors(error, arguments)
    text = printable_lines(in_its_stage(str(error), arguments, error.about))
    print(f"error: {text}", file=sys.stderr)
    with contextlib.suppress(Exception):
        annotate_error(error, arguments)


def _innermost(error: BaseException) -> str:
    """The place of a bug without its message, which may hold a value that must not be shown."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119


if __name__ == "__main__":
    main()
