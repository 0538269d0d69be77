import gzip
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnbackprop.core.errors import DataError
from fnbackprop.data.idx import read_idx

pytestmark = pytest.mark.quick

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture
def read(tmp_path):
    def write_and_read(content: bytes, axes: int = 3) -> np.ndarray:
        path = tmp_path / "images"
        path.write_bytes(content)
        return read_idx(path, axes)

    return write_and_read


def test_plain_and_gzipped_files_hold_the_same(read, idx_bytes):
    assert read(idx_bytes(IMAGES)).tolist() == IMAGES.tolist()
    assert read(gzip.compress(idx_bytes(IMAGES))).tolist() == IMAGES.tolist()


def test_labels_for_images_and_images_for_labels_are_refused(read, idx_bytes):
    with pytest.raises(DataError, match=r"images: has 1 axes; wanted 3.*swapped"):
        read(idx_bytes(np.arange(5)), axes=3)
    with pytest.raises(DataError, match=r"images: has 3 axes; wanted 1.*swapped"):
        read(idx_bytes(IMAGES), axes=1)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    ("magic", "message"),
    [
        (b"\x00\x00\x0d\x03", "holds float32; wanted uint8"),
        (b"\x03\x08\x00\x00", "begins with the bytes 03 08 00 00; wanted 00 00 08 03"),
        (b"\x00\x00\x07\x03", "begins with the bytes 00 00 07 03"),
        (b"PNG.", "begins with the bytes"),
    ],
)
def test_another_format_is_refused(read, idx_bytes, magic, message, pack):
    with pytest.raises(DataError, match=message):
        read(pack(magic + idx_bytes(IMAGES)[4:]))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_every_length_but_the_right_one_is_refused(read, idx_bytes, pack):
    good = idx_bytes(IMAGES)
    for end in range(1, len(good)):
        with pytest.raises(DataError, match="images: "):
            read(pack(good[:end]))
    with pytest.raises(DataError, match="but more follow it"):
        read(pack(good + b"x"))


def test_truncated_and_damaged_gzip_files_are_refused(read, idx_bytes):
    # Incompressible, so that no part of the file is idle.
    good = gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 256, (2, 8, 8))))
    for end in range(2, len(good)):
        with pytest.raises(DataError, match="images: "):
            read(good[:end])
    for place in range(10, len(good)):
        bad = bytearray(good)
        bad[place] ^= 4
        with pytest.raises(DataError, match="images: "):
            read(bytes(bad))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize("shape", [(2**20, 2**20, 2**20), (2**32 - 1,) * 3, (2**16, 2**10, 2**7)])
def test_a_claim_of_too_much_is_refused_before_anything_is_allocated(read, pack, shape):
    with pytest.raises(DataError, match="more than such a file can hold"):
        read(pack(struct.pack(">BBBB3I", 0, 0, 8, 3, *shape) + bytes(100)))


def test_a_gzip_bomb_is_read_no_further_than_its_header_claims(read, idx_bytes):
    bomb = gzip.compress(idx_bytes(IMAGES) + bytes(2**24))
    assert len(bomb) < 2**15
    with pytest.raises(DataError, match="24 bytes, but more follow it"):
        read(bomb)


@given(data=st.data(), gzipped=st.booleans())
@settings(max_examples=80, deadline=None)
def test_any_bytes_give_an_array_or_a_data_error(tmp_path_factory, idx_bytes, damaged, data, gzipped):
    path = tmp_path_factory.getbasetemp() / "fuzzed.idx"
    good = idx_bytes(IMAGES)
    path.write_bytes(data.draw(damaged(gzip.compress(good, mtime=0) if gzipped else good)))
    try:
        fine = read_idx(path, 3).ndim == 3
    except DataError as error:
        fine = str(path) in str(error)
    assert fine
