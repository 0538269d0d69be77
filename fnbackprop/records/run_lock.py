"""One process at a time in a run's folder; the system frees the lock of one that was killed."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ..core.errors import ConfigError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(2**20)  # past what it says, since a locked byte cannot be read there
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at `path` inside the block. Raises ConfigError that says who has it, OSError where it cannot be.

    The file stays: were it deleted, two processes could each hold a lock on a file of that name.
    """
    with path.open("ab+") as file:
        if not _taken(file):
            raise ConfigError(
                f"run folder {path.parent} is being used by {_holder(file)}; wait for it, or give another with --run"
            )
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now(UTC).isoformat(timespec='seconds')}".encode())
        file.flush()
        yield


def is_locked(path: Path) -> bool:
    """Whether a process that is alive holds the lock at `path`."""
    try:
        with path.open("rb") as file:
            _lock(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _taken(file: BinaryIO) -> bool:
    # Who only asks whether it is locked has it for an instant too.
    for wait in (0.05, 0.2, 0):
        try:
            _lock(file)
            return True
        except OSError:
            time.sleep(wait)
    return False


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    said = file.read(100).decode(errors="replace")
    return said if said.isprintable() and said else "another process"
