"""The command line: parse, call one function, set the exit code."""

from ..core.stopping import end_when_told


def main() -> None:
    """The `fnbackprop` command."""
    end_when_told()
    from .commands import app  # which takes a while

    app(prog_name="fnbackprop")
