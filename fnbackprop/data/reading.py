"""Open a data file so that whatever is wrong with it ends in one error that names it."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from ..core.errors import DataError

# The most that one file may unfold to in memory, whatever its header claims or its compression hides.
MAX_BYTES = 2 * 2**30
# No deflated stream grows by more (zlib, "Technical details").
MAX_INFLATION = 1032


@contextmanager
def opened(path: Path, limit: int = MAX_BYTES) -> Iterator[BufferedReader]:
    """A regular file of 1 to `limit` bytes; inside, a failure to read it is a DataError."""
    try:
        if not path.is_file():
            raise DataError(f"{path}: {'is a folder or a device' if exists(path) else 'is not there'}; wanted a file")
        if not 0 < (size := path.stat().st_size) <= limit:
            raise DataError(f"{path}: is empty" if not size else f"{path}: has {size:,} bytes; {limit:,} are the limit")
        with path.open("rb") as stream:
            yield stream
    except EOFError:
        raise DataError(f"{path}: ends too early: truncated") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: is damaged: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise DataError(f"{path}: does not fit into memory") from None


def exists(path: Path) -> bool:
    """Whether there is something at `path`; False, too, in a folder that may not be entered."""
    return os.path.exists(path)  # noqa: PTH110, Path.exists raises there


def user_path(path: str) -> Path:
    """A path as somebody wrote it; ~ is their home, where there is one."""
    return Path(os.path.expanduser(path))  # noqa: PTH111, Path.expanduser raises where there is none
