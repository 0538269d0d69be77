import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop.core.errors import DataError
from fnbackprop.data import npy
from fnbackprop.data.npy import parse_npy, read_npy

pytestmark = pytest.mark.quick


def saved(array: np.ndarray, version: tuple[int, int] | None = None, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version, allow_pickle=pickled)
    return stream.getvalue()


def with_header(header: str, numbers: bytes) -> bytes:
    text = header.encode("latin1")
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + numbers


NUMBERS = np.arange(6.0).reshape(2, 3) - 1.5


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f2", ">i4", "<i8", "u1", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_layout_is_read(dtype, order):
    array = np.array(NUMBERS.astype(dtype), order=order)
    assert parse_npy(saved(array), "it").tolist() == array.tolist()


@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_is_read(version):
    assert parse_npy(saved(NUMBERS, version), "it").tolist() == NUMBERS.tolist()


def test_two_files_make_a_data_set(tmp_path):
    np.save(tmp_path / "x.npy", NUMBERS.astype(">f8"))
    np.save(tmp_path / "y.npy", np.array([1, 0], ">i8"))
    dataset = npy(str(tmp_path / "x.npy"), str(tmp_path / "y.npy"))
    assert dataset.train.inputs.dtype == np.dtype("=f4")
    assert np.asarray(dataset.train.inputs).tolist() == NUMBERS.tolist()
    assert dataset.train.targets.tolist() == [1, 0]
    assert dataset.classes == ("0", "1")


def test_nan_is_refused_with_its_place_and_files(tmp_path):
    np.save(tmp_path / "x.npy", np.array([[1.0, 2.0], [3.0, np.nan]]))
    np.save(tmp_path / "y.npy", np.array([1, 0]))
    with pytest.raises(DataError, match=r"x.npy, .*y.npy: train inputs: row 1, column 1 \(counted from 0\) is nan"):
        npy(str(tmp_path / "x.npy"), str(tmp_path / "y.npy"))


class Exploit:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


@pytest.mark.parametrize(
    "array", [np.array([Exploit()], object), np.array(["text"]), np.array([1j]), np.zeros(2, [("a", "f4")])]
)
def test_what_is_no_real_number_is_refused(array):
    with pytest.raises(DataError, match=r"it: is no .npy array .* wanted real numbers .* never loaded"):
        parse_npy(saved(array, pickled=True), "it")


def header(shape: str, dtype: str = "<f8") -> str:
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n"


@pytest.mark.parametrize(
    "content",
    [
        saved(NUMBERS)[:-1],
        saved(NUMBERS) + b"x",
        saved(NUMBERS)[:20],
        saved(NUMBERS)[:7],
        b"\x93NUMPY\x09\x00" + saved(NUMBERS)[8:],
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(64),
        with_header(header(f"({2**60},)"), bytes(8)),
        with_header(header(f"({2**40}, {2**40}, {2**40})"), bytes(8)),
        with_header(header(f"(0, {2**80})"), b""),
        with_header(header("(-1, -1)"), bytes(8)),
        with_header(header("(" + "1, " * 100 + ")"), bytes(8)),
        with_header(header("(1,)", "|O"), bytes(8)),
        with_header("(" * 9_000, b""),
        with_header("-" * 9_000 + "1", b""),
        with_header("{'shape': __import__('os').abort()}", b""),
        with_header("nonsense\xff", b""),
    ],
)
def test_damaged_and_hostile_files_are_refused(tmp_path, content):
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x.npy: is no .npy array that can be read: "):
        read_npy(str(path))


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_bytes_give_an_array_or_a_data_error(damaged, data):
    content = data.draw(damaged(saved(NUMBERS)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy remarks on headers that Python 2 wrote
            fine = parse_npy(content, "it").dtype.kind in "biuf"
    except DataError as error:
        fine = str(error).startswith("it: ")
    assert fine
