"""Write a file or a folder so that a reader, a crash or a full disk only ever leaves it old or new, never half."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO


@contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which is at `path` once the block has ended well; a failure leaves what was there."""
    temporary = _temporary(path)
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # the one that was asked for
        raise
    _sync(path.parent)


@contextmanager
def appearing_folder(path: Path) -> Iterator[Path]:
    """A folder to put files in, which is at `path` once the block has ended well; a failure leaves nothing there.

    What is at `path` already is not replaced: that raises OSError, unless it is an empty folder.
    """
    temporary = _temporary(path)
    try:
        temporary.mkdir()
        yield temporary
        # First what it holds, then that it holds it, and only then its name.
        for file in temporary.iterdir():
            _sync(file)
        _sync(temporary)
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync(path.parent)


def unused_name(path: Path) -> Path:
    """A free name beside `path` for what is kept of it though it is not used: unused-NAME, unused-NAME-2 ….

    A suffix stays at the end.
    """
    numbers = (f"-{number}" if number > 1 else "" for number in count(1))
    names = (path.with_name(f"unused-{path.stem}{number}{path.suffix}") for number in numbers)
    return next(name for name in names if not name.exists())


def remove_leftovers(folder: Path) -> None:
    """Delete what a process that was killed left half done in `folder`; nobody may be writing there."""
    for path in folder.glob(".*.part"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_atomically(path: Path, data: bytes | str) -> None:
    """`data` (text as UTF-8) at `path`, all or nothing; raises OSError and leaves the old file if it cannot."""
    with appearing(path) as file:
        # A file's name may be in the text, and be no UTF-8.
        file.write(data.encode(errors="replace") if isinstance(data, str) else data)


def _temporary(path: Path) -> Path:
    # In the same folder, since a rename across file systems is a copy.
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _sync(path: Path) -> None:
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
