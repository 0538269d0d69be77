"""Read a file that somebody may have put there to do harm."""

import errno
import os
import stat
from pathlib import Path

from ..core.errors import CheckpointError


def read_plain(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes; links are not followed. Raises CheckpointError."""
    # Not blocking, since a pipe would be waited on for ever.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise CheckpointError(f"{path.name} is no regular file")
            if found.st_size > limit:
                raise CheckpointError(f"{path.name} has {found.st_size:,} bytes, more than the {limit:,} it can have")
            # Not `limit`, which may be a number that somebody made up, and memory is asked for it.
            return file.read(found.st_size)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise CheckpointError(f"{path.name} cannot be read: {reason}") from None
