"""Arrays come back bit for bit, or not at all."""

import json
import os
from pathlib import Path

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from fnbackprop.core.arrays import load_arrays, save_arrays
from fnbackprop.core.errors import DataError

pytestmark = pytest.mark.quick

DTYPES = [
    "bool",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int8",
    "int16",
    "int32",
    "int64",
    "bfloat16",
    "float16",
    "float32",
    "float64",
]


def _random(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Every bit pattern may occur: NaNs with payloads, infinities, subnormals."""
    generator = np.random.default_rng(len(dtype))
    if dtype == "bool":
        return generator.integers(0, 2, shape).astype(bool)
    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    return np.frombuffer(generator.bytes(kind.itemsize * int(np.prod(shape))), kind).reshape(shape)


def _assert_same_bits(got: np.ndarray, wanted: np.ndarray) -> None:
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
    assert got.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip(tmp_path: Path, dtype: str):
    whole = _random(dtype, (3, 4, 5))
    arrays = {
        "plain": whole,
        "transposed": whole.T,
        "fortran": np.asfortranarray(whole),
        "strided": whole[::2, ::-1, 1::3],
        "scalar": whole[0, 0, 0][()].reshape(()),
        "empty": whole[:0],
        "one": whole[:1, :1, :1],
    }
    save_arrays(tmp_path / "file", arrays, {})
    loaded, _ = load_arrays(tmp_path / "file")
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        _assert_same_bits(loaded[name], array)


def test_jax_arrays_of_half_precision(tmp_path: Path):
    x = jnp.arange(6, dtype=jnp.bfloat16).reshape(2, 3) / 7
    save_arrays(tmp_path / "file", {"x": x, "transposed": x.T}, {})
    loaded, _ = load_arrays(tmp_path / "file")
    _assert_same_bits(loaded["transposed"], np.asarray(x).T)
    assert (jax.device_put(loaded["x"]) == x).all()


def test_big_endian_numbers_keep_their_value(tmp_path: Path):
    save_arrays(tmp_path / "file", {"x": np.array([1, 256], ">i4")}, {})
    _assert_same_bits(load_arrays(tmp_path / "file")[0]["x"], np.array([1, 256], np.int32))


def test_metadata_and_no_arrays(tmp_path: Path):
    save_arrays(tmp_path / "file", {}, {"names": '["∂", "0"]', "": ""})
    assert load_arrays(tmp_path / "file") == ({}, {"names": '["∂", "0"]', "": ""})


def test_file_is_what_the_safetensors_format_says(tmp_path: Path):
    save_arrays(tmp_path / "file", {"weight": np.array([[1, 2], [3, 4]], np.float32).T}, {})
    content = (tmp_path / "file").read_bytes()
    length = int.from_bytes(content[:8], "little")
    entry = json.loads(content[8 : 8 + length])["weight"]
    assert (entry["dtype"], entry["shape"]) == ("F32", [2, 2])
    low, high = entry["data_offsets"]
    assert np.frombuffer(content[8 + length :][low:high], "<f4").tolist() == [1, 3, 2, 4]


def test_equal_arrays_give_equal_files_that_safetensors_reads(tmp_path: Path):
    arrays = {f"x{i}": np.full(i, i, np.int8 if i % 2 else np.float32) for i in range(9)}
    metadata = {str(i): str(i) for i in range(9)}
    for name in ("a", "b"):
        save_arrays(tmp_path / name, arrays, metadata)
        arrays, metadata = dict(reversed(arrays.items())), metadata
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with safe_open(tmp_path / "a", framework="np") as file:
        assert file.metadata().items() >= metadata.items()
    for name, array in load_file(tmp_path / "a").items():
        _assert_same_bits(array, arrays[name])


def test_unknown_dtype_is_refused_by_name(tmp_path: Path):
    with pytest.raises(TypeError, match=r"'phase' of dtype complex64.*float32"):
        save_arrays(tmp_path / "file", {"phase": np.zeros(2, np.complex64)}, {})
    assert not (tmp_path / "file").exists()


def test_cut_anywhere_is_an_error_that_names_the_file(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    save_arrays(path, {"weight": np.arange(4.0), "flag": np.array(True)}, {"a": "b"})
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"model\.safetensors is cut short, damaged"):
            load_arrays(path)


def test_a_flipped_bit_in_the_header_never_escapes_as_another_error(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    save_arrays(path, {"weight": np.ones((2, 3), np.float16)}, {"a": "b"})
    content = path.read_bytes()
    refused = 0
    for bit in range(8 * (len(content) - 12)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            load_arrays(path)
        except DataError:
            refused += 1
    assert refused > 500


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"\xff" * 64, b"<!doctype html>" * 9])
def test_other_files_are_refused(tmp_path: Path, content: bytes):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match="not a safetensors file"):
        load_arrays(tmp_path / "file")


def test_dtypes_that_we_do_not_know_are_refused(tmp_path: Path):
    header = b'{"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}'
    (tmp_path / "file").write_bytes(len(header).to_bytes(8, "little") + header + b"\x00\x00")
    with pytest.raises(DataError, match="array 'x' has dtype F8_E4M3"):
        load_arrays(tmp_path / "file")


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(DataError, match="gone: No such file"):
        load_arrays(tmp_path / "gone")


def test_what_has_no_end_is_not_read(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError, match="it is no regular file"):
            load_arrays(path)


def test_a_bit_that_flipped_anywhere_is_noticed(tmp_path: Path):
    path = tmp_path / "file"
    save_arrays(path, {"x": np.arange(3.0), "y": np.zeros(2, np.int8)}, {"said": "something"})
    content = path.read_bytes()
    assert load_arrays(path)[1] == {"said": "something"}
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(DataError):
            load_arrays(path, signed=True)
