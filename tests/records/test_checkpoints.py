"""A checkpoint comes back to the bit, or says by name why it does not."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import CheckpointError
from fnbackprop.records import Checkpoints, FileRecord, Manifest

pytestmark = pytest.mark.quick

ARRAYS = {
    "state.step": jnp.int32(7),
    "state.w": jnp.arange(6, dtype=jnp.float32).reshape(2, 3).T,
    "state.half": jnp.arange(5, dtype=jnp.bfloat16) / 3,
    "state.empty": np.zeros((0, 3), np.float64),
    "state.key": jax.random.key(3),
    "state.keys": jax.random.split(jax.random.key(4, impl="rbg"), 2),
    "state.old_key": jax.random.PRNGKey(5),
}


def manifest(step: int) -> Manifest:
    metrics = FileRecord(bytes=3, sha256="0" * 64)
    times = {"seconds": 1.5, "since_report": 0.5}
    return Manifest(step=step, **times, config="a" * 64, data="b" * 64, metrics=metrics, versions={"jax": None})


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    found = Checkpoints(tmp_path / "checkpoints")
    found.save(manifest(7), ARRAYS)
    return found


def test_everything_comes_back_to_the_bit(checkpoints: Checkpoints) -> None:
    found = checkpoints.load(7)
    assert (found.manifest.step, found.manifest.seconds, found.manifest.versions) == (7, 1.5, {"jax": None})
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        got: Any = found.arrays[name]
        assert (got.dtype, got.shape) == (array.dtype, array.shape)
        if "key" in name and name != "state.old_key":
            assert jax.random.key_impl(got) == jax.random.key_impl(array)
            got, array = jax.random.key_data(got), jax.random.key_data(array)
        assert np.asarray(got).tobytes() == np.asarray(array).tobytes()


def test_the_manifest_says_what_there_is_and_other_programs_can_check_it(checkpoints: Checkpoints) -> None:
    folder = checkpoints.path(7)
    said = json.loads((folder / "manifest.json").read_text())
    assert said["schema_version"] == 1
    assert said["arrays"]["state.half"] == {"dtype": "bfloat16", "shape": [5], "generator": None}
    assert said["arrays"]["state.keys"] == {"dtype": "uint32", "shape": [2, 4], "generator": "rbg"}
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--status", "manifest.sha256"], cwd=folder, check=True)
        line = f"{said['files']['state.safetensors']['sha256']}  state.safetensors\n"
        subprocess.run(["sha256sum", "--check", "--status"], cwd=folder, check=True, input=line, text=True)


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_every_flipped_bit_is_found(checkpoints: Checkpoints) -> None:
    tried = 0
    for path in sorted(checkpoints.path(7).iterdir()):
        size = 8 * path.stat().st_size
        for bit in range(0, size, max(1, size // 120)):
            flip(path, bit)
            with pytest.raises(CheckpointError, match=r"SHA-256"):
                checkpoints.load(7)
            flip(path, bit)
            tried += 1
    assert tried > 300
    checkpoints.load(7)


def test_every_cut_and_every_missing_file_is_found(checkpoints: Checkpoints) -> None:
    for path in checkpoints.path(7).iterdir():
        content = path.read_bytes()
        for end in {*range(0, len(content), max(1, len(content) // 20))}:
            path.write_bytes(content[:end])
            with pytest.raises(CheckpointError):
                checkpoints.load(7)
        path.unlink()
        with pytest.raises(CheckpointError, match="No such file"):
            checkpoints.load(7)
        path.write_bytes(content)
    checkpoints.load(7)


def forge(folder: Path, change: Callable[[dict[str, Any]], None], content: bytes | None = None) -> None:
    """What an enemy can do who knows the format: the hashes are right."""
    import hashlib

    said = json.loads((folder / "manifest.json").read_text())
    if content is not None:
        (folder / "state.safetensors").write_bytes(content)
        said["files"] = {"state.safetensors": {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}}
    change(said)
    text = json.dumps(said).encode()
    (folder / "manifest.json").write_bytes(text)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(text).hexdigest()}  manifest.json\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: said["files"].update({"../../state.safetensors": said["files"]["state.safetensors"]}), "names"),
        (lambda said: said["files"].update({"/etc/passwd": said["files"]["state.safetensors"]}), "names the file"),
        (lambda said: said["files"].clear(), "with the files"),
        (lambda said: said["files"]["state.safetensors"].update(bytes=2**60), "not have the SHA-256 in its manifest"),
        (lambda said: said.update(schema_version=2), "not a manifest that this version reads"),
        (lambda said: said.update(step=8), "its manifest is of step 8"),
        (lambda said: said.update(step=-1), "greater than or equal to 0"),
        (lambda said: said.update(step=10**400), "not a manifest"),
        (lambda said: said.update(seconds=float("nan")), "not a manifest"),
        (lambda said: said.update(surprise=1), "Extra inputs"),
        (lambda said: said["arrays"]["state.w"].update(dtype="float64"), "the arrays that the manifest lists"),
        (lambda said: said["arrays"]["state.w"].update(shape=[2, 3]), "the arrays that the manifest lists"),
        (lambda said: said["arrays"].pop("state.w"), "the arrays that the manifest lists"),
        (lambda said: said["arrays"]["state.key"].update(generator="dice"), "dice"),
        (lambda said: said["arrays"]["state.w"].update(generator="rbg"), "key"),
    ],
)
def test_a_forged_manifest_is_refused(checkpoints: Checkpoints, change: Callable[..., None], message: str) -> None:
    forge(checkpoints.path(7), change)
    with pytest.raises(CheckpointError, match=message):
        checkpoints.load(7)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        (2**60).to_bytes(8, "little") + b"{}",
        b"\x80\x00\x00\x00\x00\x00\x00\x00" + b"[" * 128,
        (92).to_bytes(8, "little")
        + b'{"state.w":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4]}}'.ljust(92),
    ],
    ids=["empty", "long header", "deep", "2^60 elements"],
)
def test_hostile_headers_are_refused(checkpoints: Checkpoints, content: bytes) -> None:
    forge(checkpoints.path(7), lambda said: None, content)
    with pytest.raises(CheckpointError):
        checkpoints.load(7)


def test_a_file_that_is_longer_than_it_should_be_is_not_read(checkpoints: Checkpoints) -> None:
    for name in ("state.safetensors", "manifest.json", "manifest.sha256"):
        path = checkpoints.path(7) / name
        size = path.stat().st_size
        os.truncate(path, 2**40)  # takes no space
        with pytest.raises(CheckpointError, match="more than the"):
            checkpoints.load(7)
        os.truncate(path, size)


def test_links_pipes_and_folders_are_not_read(checkpoints: Checkpoints, tmp_path: Path) -> None:
    for path in sorted(checkpoints.path(7).iterdir()):
        path.rename(tmp_path / "kept")
        path.symlink_to(tmp_path / "kept")
        with pytest.raises(CheckpointError, match=f"{path.name} cannot be read: it is a link"):
            checkpoints.load(7)
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(CheckpointError, match="is no regular file"):
            checkpoints.load(7)
        path.unlink()
        path.mkdir()
        with pytest.raises(CheckpointError):
            checkpoints.load(7)
        path.rmdir()
        (tmp_path / "kept").rename(path)
    checkpoints.path(7).rename(tmp_path / "elsewhere")
    checkpoints.path(7).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="it is a link"):
        checkpoints.load(7)


def test_a_full_disk_leaves_what_was_there(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CheckpointError, match=r"step-000000008 could not be saved: No space left on device; those"):
        checkpoints.save(manifest(8), ARRAYS)
    assert [path.name for path in checkpoints.folder.iterdir()] == ["step-000000007"]
    checkpoints.load(7)


def test_a_checkpoint_that_does_not_verify_is_not_taken_for_saved(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def damage(source: Path, target: Path) -> Path:
        flip(source / "state.safetensors", 4000)
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", damage)
    with pytest.raises(CheckpointError, match=r"could not be saved.*SHA-256"):
        checkpoints.save(manifest(8), ARRAYS)


def test_pruned_kept_and_set_aside(checkpoints: Checkpoints) -> None:
    for step in (8, 9, 10):
        checkpoints.save(manifest(step), ARRAYS)
    checkpoints.prune([7, 9, 10, 11])
    assert checkpoints.steps() == [7, 9, 10]
    (checkpoints.folder / "step-11").mkdir()
    assert checkpoints.set_aside(9).name == "unused-step-000000009"
    checkpoints.save(manifest(9), ARRAYS)
    assert checkpoints.set_aside(9).name == "unused-step-000000009-2"
    assert checkpoints.steps() == [7, 10]
    assert not list(checkpoints.folder.glob(".*"))
    assert Checkpoints(checkpoints.folder / "none").steps() == []
