"""The command line: parse, call one function, set the exit code."""

# In the order in which --help lists them.
from . import runs, sweep, models, configs, verify  # noqa: F401, I001
from .app import app as app


def main() -> None:
    """The `fnbackprop` command."""
    try:
        app(prog_name="fnbackprop")
    except KeyboardInterrupt:  # before a command began
        raise SystemExit(130) from None
