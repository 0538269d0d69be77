"""The command line: parse, call one function, set the exit code."""

import io
import sys

from ..core.process import tune_process
from ..core.stopping import end_when_told


def main() -> None:
    """The `fnbackprop` command."""
    end_when_told()
    tune_process()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name may be no text, and not every terminal has our characters: neither is a reason to fail.
        sys.stdout.reconfigure(errors="replace")
    from .commands import app  # which takes a while

    app(prog_name="fnbackprop")
