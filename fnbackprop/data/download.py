"""Fetch the files of a known data set, each with its size and SHA-256 pinned."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..core.atomic import appearing
from ..core.errors import DataError
from .reading import exists, opened

_TIMEOUT = 30.0  # seconds of silence from the server
_BLOCK = 2**16


class Remote(NamedTuple):
    """A file elsewhere, and what must arrive of it."""

    url: str
    size: int  # bytes
    sha256: str


def download_missing(source: str, files: Mapping[Path, Remote]) -> None:
    """Download those of `files` that are not there; what is there is left alone.

    A file appears whole and verified, or not at all. Raises DataError, which says what to put where by hand.
    """
    for path, remote in files.items():
        try:
            if not exists(path):
                _download(remote, path)
        except (OSError, http.client.HTTPException, _WrongContentError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it is also the server's open answer
            reason = error.reason if type(error) is urllib.error.URLError else error
            missing = [f"  {remote.url}  to  {path}" for path, remote in files.items() if not exists(path)]
            raise DataError(
                f"{source}: {remote.url} could not be downloaded to {path}: {reason}. Set data.folder or "
                "FNBACKPROP_DATA to where the files are, or bring them from a machine with a network:\n"
                + "\n".join(missing)
            ) from None


def verify(path: Path, remote: Remote) -> None:
    """Raise DataError unless the file has the content of `remote`."""
    with opened(path) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != remote.sha256:
        raise DataError(
            f"{path}: has SHA-256 {digest}; wanted {remote.sha256}: damaged, or another file. Delete it, and it is "
            f"downloaded again from {remote.url}"
        )


@contextmanager
def known_files() -> Iterator[None]:
    """Inside, an error about a file's content ends in the remedy that files of a known set have."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{error}; a file that is deleted is downloaded again") from None


class _WrongContentError(Exception):
    """What arrived is not what was pinned."""


def _download(remote: Remote, path: Path) -> None:
    with urllib.request.urlopen(remote.url, timeout=_TIMEOUT) as response:
        path.parent.mkdir(parents=True, exist_ok=True)  # not before there is something to put there
        with appearing(path) as file:
            _receive(response, file, remote, path.name)


def _receive(response: http.client.HTTPResponse, file: BinaryIO, remote: Remote, name: str) -> None:
    digest, received = hashlib.sha256(), 0
    with _progress(name, remote.size) as advance:
        # One byte more than wanted, at most, is ever asked for.
        while received <= remote.size and (block := response.read(min(_BLOCK, remote.size + 1 - received))):
            file.write(block)
            digest.update(block)
            received += len(block)
            advance(len(block))
    if received != remote.size:
        got = f"{received:,}" if received < remote.size else "more"
        raise _WrongContentError(f"wanted {remote.size:,} bytes and got {got}")
    if digest.hexdigest() != remote.sha256:
        raise _WrongContentError(f"its SHA-256 is {digest.hexdigest()}; wanted {remote.sha256}")


@contextmanager
def _progress(name: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, one line at the end elsewhere; yields what is told of each block's bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"download {name}", total=size)
        yield lambda count: bar.advance(task, count)
