"""Take files out of the archive that a known data set is published as."""

import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from ..core.atomic import appearing
from ..core.errors import DataError
from .download import Remote, download_missing, verify
from .reading import exists


def unpack_missing(source: str, remote: Remote, folder: Path, members: Mapping[Path, str]) -> None:
    """Make those files of `members` that are not there from their namesakes in the archive of `remote`.

    The archive is looked for in `folder`, and downloaded to it where it is missing. Raises DataError.
    """
    missing = {path: member for path, member in members.items() if not exists(path)}
    if not missing:
        return
    archive = folder / remote.url.rpartition("/")[2]
    download_missing(source, {archive: remote})
    verify(archive, remote)
    try:
        with tarfile.open(archive) as tar:
            for path, member in missing.items():
                _unpack(tar, member, path)
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError) as error:
        raise DataError(f"{archive}: could not be unpacked to {folder}: {error}") from None


def _unpack(tar: tarfile.TarFile, member: str, path: Path) -> None:
    # Only ever one named member into one named file: what else the archive holds, or where, does not matter.
    content = tar.extractfile(member)
    if content is None:
        raise KeyError(f"{member} is no file")
    path.parent.mkdir(exist_ok=True)
    with content, appearing(path) as file:
        shutil.copyfileobj(content, file)
