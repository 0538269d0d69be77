"""What the disk refuses, as an error of the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import CheckpointError


@contextmanager
def disk_errors(run: Path) -> Iterator[None]:
    """Inside, an OSError becomes a CheckpointError that says what to do."""
    try:
        yield
    except OSError as error:
        saved = any((run / "checkpoints").glob("step-*"))
        rest = "its checkpoints are untouched: the same command goes on from the last" if saved else "start it again"
        raise CheckpointError(
            f"run {run} could not be written to: {error.strerror or error}: {error.filename or ''}; {rest} once the "
            "disk takes it"
        ) from None
