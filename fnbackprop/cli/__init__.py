"""The command line: parse, call one function, set the exit code."""

import os
import signal
import sys
from typing import Any

from ..core.errors import Stopped
from ..core.stopping import stop_wish


def main() -> None:
    """The `fnbackprop` command. Whenever it is interrupted, it says so in a line and ends with 130, or 143."""
    sys.unraisablehook = _end_if_interrupted
    try:
        with stop_wish():
            from .commands import app  # which takes a while

            app(prog_name="fnbackprop")
    except Stopped as stopped:  # before a command began
        print(f"fnbackprop: {stopped}", file=sys.stderr)
        raise SystemExit(stopped.exit_code) from None
    finally:
        # One more would only interrupt what JAX does at exit, with a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_if_interrupted(ignored: Any) -> None:
    """End the program where an interruption is about to be lost, as C code loses what its callbacks raise."""
    if isinstance(ignored.exc_value, Stopped):
        os.write(2, f"fnbackprop: {ignored.exc_value}\n".encode())
        os._exit(ignored.exc_value.exit_code)
    sys.__unraisablehook__(ignored)
