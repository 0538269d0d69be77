import io
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop.core.errors import DataError
from fnbackprop.data import npz

pytestmark = pytest.mark.quick

X = np.arange(6.0).reshape(3, 2)
Y = np.array([0, 2, 1])


def npy_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return stream.getvalue()


@pytest.fixture
def read(tmp_path):
    def write_and_read(content: bytes, **options: str):
        path = tmp_path / "mine.npz"
        path.write_bytes(content)
        return npz(str(path), **options)

    return write_and_read


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saves_is_read(tmp_path, save):
    save(tmp_path / "mine.npz", x=X, y=Y, x2=X[:1] * 2, y2=np.array([3]))
    path = str(tmp_path / "mine.npz")
    dataset = npz(path, inputs="x", targets="y")
    assert dataset.train.inputs.tolist() == X.tolist()
    assert dataset.train.targets.tolist() == Y.tolist()
    assert dataset.classes == ("0", "1", "2")
    assert dataset.test is None
    dataset = npz(path, inputs="x", targets="y", test_inputs="x2", test_targets="y2")
    assert dataset.test.inputs.tolist() == [[0.0, 2.0]]
    assert dataset.classes == ("0", "1", "2", "3")


def test_a_missing_array_is_named_beside_those_there_are(read):
    with pytest.raises(DataError, match=r"mine.npz: holds no array 'targets'; it holds 'inputs', 'labels'"):
        read(zipped({"inputs.npy": npy_bytes(X), "labels.npy": npy_bytes(Y)}))


def test_half_a_test_part_is_refused(read):
    with pytest.raises(DataError, match=r"test_inputs='x' and test_targets=None|test_targets=None; wanted both"):
        read(zipped({}), test_inputs="x")


def test_pickled_objects_are_not_loaded(tmp_path):
    class Exploit:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was executed",))

    np.savez(tmp_path / "mine.npz", inputs=np.array([Exploit()], object), targets=Y)
    with pytest.raises(DataError, match=r"mine.npz: inputs: .*holds object; wanted real numbers"):
        npz(str(tmp_path / "mine.npz"))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_without_a_bound_is_refused(read, method):
    with pytest.raises(DataError, match=r"inputs.npy is compressed by method"):
        read(zipped({"inputs.npy": npy_bytes(X), "targets.npy": npy_bytes(Y)}, method))


def test_a_claim_of_too_much_is_refused(read):
    good = zipped({"inputs.npy": npy_bytes(X), "targets.npy": npy_bytes(Y)}, zipfile.ZIP_STORED)
    size = len(npy_bytes(X)).to_bytes(4, "little") * 2
    with pytest.raises(DataError, match=r"inputs.npy claims 4,294,967,000 bytes, more than"):
        read(good.replace(size, size[:4] + (4_294_967_000).to_bytes(4, "little")))


def test_a_bomb_inflates_no_further_than_it_claims(read):
    members = {"inputs.npy": npy_bytes(X) + bytes(2**24), "targets.npy": npy_bytes(Y)}
    with pytest.raises(DataError, match="16,777,264 bytes follow: truncated or corrupt"):
        read(zipped(members))


def test_every_truncation_and_flipped_byte_of_the_numbers_is_noticed(read):
    good = zipped({"inputs.npy": npy_bytes(X), "targets.npy": npy_bytes(Y)}, zipfile.ZIP_STORED)
    for end in range(0, len(good), 7):
        with pytest.raises(DataError, match=r"mine.npz: "):
            read(good[:end])
    start = good.index(X.tobytes())
    for place in range(start, start + X.nbytes):
        bad = bytearray(good)
        bad[place] ^= 1
        with pytest.raises(DataError, match=r"mine.npz: .*CRC"):
            read(bytes(bad))


@given(data=st.data(), method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
@settings(max_examples=80, deadline=None)
def test_any_bytes_give_a_data_set_or_a_data_error(tmp_path_factory, damaged, data, method):
    path = tmp_path_factory.getbasetemp() / "fuzzed.npz"
    good = zipped({"inputs.npy": npy_bytes(X), "targets.npy": npy_bytes(Y)}, method)
    path.write_bytes(data.draw(damaged(good)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fine = len(npz(str(path)).train.inputs) == 3
    except DataError as error:
        fine = str(path) in str(error)
    assert fine
