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
        raise CheckpointError(
            f"run {run} could not be written to: {error.strerror or error}: {error.filename or ''}; its checkpoints "
            "are untouched: the same command goes on from the last once the disk takes it"
        ) from None
