"""What a checkpoint says of itself: its files and arrays, and the run that it belongs to."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.errors import CheckpointError
from .plain_file import read_plain

_NAME, _DIGEST = "manifest.json", "manifest.sha256"
_LIMIT = 2**24

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0, lt=2**63)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class FileRecord(_Part):
    """A file's size and hash."""

    bytes: Count
    sha256: Sha256


class ArrayRecord(_Part):
    """An array's dtype and shape as they are stored; and, of random keys, the generator that they are for."""

    dtype: str
    shape: tuple[Count, ...]
    generator: str | None = None


class Manifest(_Part):
    """A checkpoint of a run after `step` steps.

    config, data: hashes of what the run was started with; metrics: of metrics.jsonl when the checkpoint was made.
    seconds: how long the run had trained by then; since_report: how long the steps since the last report took.
    """

    schema_version: Literal[1] = 1
    step: Count
    seconds: Seconds
    since_report: Seconds
    config: Sha256
    data: Sha256
    metrics: FileRecord
    versions: dict[str, str | None]
    files: dict[str, FileRecord] = {}
    arrays: dict[str, ArrayRecord] = {}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it to `folder`, and its own hash beside it, as `sha256sum --check` reads it."""
    content = manifest.model_dump_json(indent=1).encode()
    (folder / _NAME).write_bytes(content)
    (folder / _DIGEST).write_bytes(_digest(content))


def read_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`; raises CheckpointError where it is not, to the bit, what was written there."""
    content = read_plain(folder / _NAME, _LIMIT)
    if read_plain(folder / _DIGEST, 2 * len(_digest(b""))) != _digest(content):
        raise CheckpointError(f"{_NAME} does not have the SHA-256 in {_DIGEST}: one of them is damaged")
    try:
        manifest = Manifest.model_validate_json(content)
    except (ValidationError, RecursionError) as error:
        what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "nested too deeply"
        raise CheckpointError(f"{_NAME} is not a manifest that this version reads: {what}") from None
    for name in manifest.files:
        # It names files beside it, and none elsewhere.
        if not re.fullmatch(r"[a-z]+\.safetensors", name):
            raise CheckpointError(f"{_NAME} names the file {name[:80]!r}, which no checkpoint has")
    return manifest


def _digest(content: bytes) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {_NAME}\n".encode()
