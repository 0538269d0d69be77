"""The checkpoints of a run: saved whole or not at all, and read back to the bit or not at all."""

import hashlib
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..core.arrays import decode_arrays, encode_arrays
from ..core.atomic import appearing_folder, unused_name
from ..core.errors import CheckpointError, DataError
from .keys import data_to_keys, keys_to_data
from .manifest import ArrayRecord, FileRecord, Manifest, read_manifest, write_manifest
from .plain_file import read_plain

_STATE = "state.safetensors"


class Checkpoint(NamedTuple):
    """What a run goes on from: the facts of it, and its arrays by path; random keys are typed again."""

    manifest: Manifest
    arrays: dict[str, Any]


class Checkpoints:
    """Those in `folder`, each a folder of its own named after its step. One process writes at a time."""

    def __init__(self, folder: Path):
        self.folder = folder

    def steps(self) -> list[int]:
        """The steps that there are checkpoints of, ascending; whether they can be read is not known yet."""
        if not self.folder.is_dir():
            return []
        names = (re.fullmatch(r"step-(\d{9,18})", path.name) for path in self.folder.iterdir())
        return sorted(int(name[1]) for name in names if name)

    def save(self, manifest: Manifest, arrays: Mapping[str, Any]) -> None:
        """Add a checkpoint, and read it back. Raises CheckpointError; those from before are untouched.

        manifest: without files and arrays, which are filled in.
        """
        data, generators = keys_to_data(arrays)
        content = encode_arrays(data, {})
        listed = {
            n: ArrayRecord(dtype=str(x.dtype), shape=x.shape, generator=generators.get(n)) for n, x in data.items()
        }
        manifest = manifest.model_copy(update={"files": {_STATE: _record(content)}, "arrays": listed})
        path = self.path(manifest.step)
        try:
            self.folder.mkdir(exist_ok=True)
            with appearing_folder(path) as folder:
                (folder / _STATE).write_bytes(content)
                write_manifest(folder, manifest)
            self._read(manifest.step)
        except (OSError, CheckpointError) as error:
            raise CheckpointError(
                f"the checkpoint {path} could not be saved: {getattr(error, 'strerror', None) or error}; "
                "those before it are untouched"
            ) from None

    def load(self, step: int) -> Checkpoint:
        """The checkpoint of `step`. Raises CheckpointError that says what is wrong with it."""
        manifest, content = self._read(step)
        try:
            arrays, _ = decode_arrays(content, self.path(step) / _STATE)
            found = {name: (str(x.dtype), x.shape) for name, x in arrays.items()}
            if found != {name: (record.dtype, record.shape) for name, record in manifest.arrays.items()}:
                raise CheckpointError(f"{_STATE} does not hold the arrays that the manifest lists")
            generators = {n: r.generator for n, r in manifest.arrays.items() if r.generator is not None}
            return Checkpoint(manifest, data_to_keys(arrays, generators))
        except (DataError, TypeError, ValueError) as error:
            raise CheckpointError(str(error)) from None

    def prune(self, keep: Collection[int]) -> None:
        """Delete the checkpoints of all steps but these."""
        for step in set(self.steps()) - set(keep):
            # Under another name first, so that one that is half deleted is never taken for one that is there.
            doomed = self.folder / f".{self.path(step).name}.{secrets.token_hex(4)}.part"
            self.path(step).rename(doomed)
            shutil.rmtree(doomed)

    def set_aside(self, step: int) -> Path:
        """Keep a checkpoint that is not gone on from under a name of its own, which is returned."""
        return self.path(step).rename(unused_name(self.path(step)))

    def path(self, step: int) -> Path:
        """The folder of the checkpoint of `step`."""
        return self.folder / f"step-{step:09}"

    def _read(self, step: int) -> tuple[Manifest, bytes]:
        path = self.path(step)
        if path.is_symlink() or not path.is_dir():
            raise CheckpointError("it is a link" if path.is_symlink() else "it is not there")
        manifest = read_manifest(path)
        if manifest.step != step or manifest.files.keys() != {_STATE}:
            raise CheckpointError(f"its manifest is of step {manifest.step} with the files {sorted(manifest.files)}")
        wanted = manifest.files[_STATE]
        content = read_plain(path / _STATE, wanted.bytes)
        if _record(content) != wanted:
            raise CheckpointError(f"{_STATE} does not have the SHA-256 in its manifest: it is cut short or damaged")
        return manifest, content


def _record(content: bytes) -> FileRecord:
    return FileRecord(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
