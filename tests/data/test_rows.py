"""Memory-mapped arrays are read a few rows at a time, and give what the whole array would have."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.data import Dataset, Examples, as_dataset, npy, split
from fnbackprop.data.digest import data_digest
from fnbackprop.data.normalize import fit_normalization
from fnbackprop.data.rows import Rows, blocks, rows_of, take_rows

pytestmark = pytest.mark.quick

RANDOM = np.random.default_rng(0)
NUMBERS = RANDOM.normal(size=(50, 3, 2)).astype(np.float32)
LABELS = RANDOM.integers(0, 3, 50)


def mapped(path: Path, array: np.ndarray) -> np.memmap:
    np.save(path, array)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "u1", "<i8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_are_those_of_the_array(tmp_path: Path, dtype: str, order: Any) -> None:
    array = np.asarray(100 * NUMBERS, np.dtype(dtype), order=order)
    rows = rows_of(mapped(tmp_path / "x.npy", array)).astype(np.float32)
    assert (rows.shape, rows.ndim, len(rows), rows.dtype) == (array.shape, 3, 50, np.float32)
    numbers = RANDOM.permutation(50)[:20]
    for found in (rows[numbers], np.asarray(take_rows(rows, numbers)), np.asarray(rows)[numbers]):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, array[numbers].astype(np.float32))
    np.testing.assert_array_equal(take_rows(rows, numbers)[3:9][np.arange(2)], array[numbers[3:5]].astype(np.float32))


def test_what_is_computed_from_a_memory_map_is_in_memory(tmp_path: Path) -> None:
    assert not isinstance(rows_of(mapped(tmp_path / "x.npy", NUMBERS).astype(np.float64)), Rows)


def source(folder: Path) -> Dataset:
    np.save(folder / "x.npy", NUMBERS)
    np.save(folder / "y.npy", LABELS)
    return npy(str(folder / "x.npy"), str(folder / "y.npy"))


def test_a_split_reads_nothing_and_is_that_of_the_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, inside = source(tmp_path), as_dataset((NUMBERS, LABELS), "it")
    with monkeypatch.context() as patch:
        patch.setattr(Rows, "_read", lambda self, places: pytest.fail("it was read"))
        splits = split(dataset, 0.1, 0.2, seed=3)
    wanted = split(inside, 0.1, 0.2, seed=3)
    assert splits[1:] == wanted[1:]
    np.testing.assert_array_equal(np.asarray(splits.examples.inputs), wanted.examples.inputs)
    np.testing.assert_array_equal(splits.examples.targets, wanted.examples.targets)


def test_a_test_part_of_its_own_is_not_read_either(tmp_path: Path) -> None:
    parts = {}
    for name, first, last in (("train", 0, 30), ("test", 30, 50)):
        inputs = mapped(tmp_path / f"{name}.npy", NUMBERS[first:last])
        targets = mapped(tmp_path / f"{name}_y.npy", NUMBERS[first:last, 0])
        parts[name] = Examples(inputs, targets)
    splits = split(Dataset(**parts), 0.2, None, seed=0)
    inside = Dataset(Examples(NUMBERS[:30], NUMBERS[:30, 0]), Examples(NUMBERS[30:], NUMBERS[30:, 0]))
    for found, wanted in zip(splits.examples, split(inside, 0.2, None, seed=0).examples, strict=True):
        assert isinstance(found, Rows)
        assert all(part.file for part in found.parts)
        np.testing.assert_array_equal(np.asarray(found), wanted)
    assert data_digest(splits) == data_digest(split(inside, 0.2, None, seed=0))


@pytest.mark.parametrize("per", ["feature", "channel"])
def test_digest_and_statistics_are_those_of_the_array(tmp_path: Path, monkeypatch: Any, per: Any) -> None:
    splits, wanted = (split(each, 0.1, 0.2, 0) for each in (source(tmp_path), as_dataset((NUMBERS, LABELS), "it")))
    at_once = data_digest(wanted)
    monkeypatch.setattr("fnbackprop.data.rows._BLOCK", 60)
    assert max(map(len, blocks(splits.examples.inputs))) == 10
    assert data_digest(splits) == at_once
    found, same = (fit_normalization(each.examples.inputs[: len(each.train)], per)[0] for each in (splits, wanted))
    np.testing.assert_array_equal(found.mean, same.mean)
    np.testing.assert_array_equal(found.divisor, same.divisor)


def test_what_is_not_finite_is_found_in_any_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = NUMBERS.astype(np.float64)
    numbers[33, 2, 1] = 1e300
    monkeypatch.setattr("fnbackprop.data.rows._BLOCK", 60)
    with pytest.raises(DataError, match=r"inputs: row 33, column \(2, 1\) \(counted from 0\) is inf as float32"):
        as_dataset((mapped(tmp_path / "x.npy", numbers), LABELS), "it")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: os.truncate(path, 200), r"it had 1,328 bytes and has 200"),
        (lambda path: os.utime(path, (0, 0)), "it was written to"),
        (lambda path: path.unlink(), "cannot be read: No such file"),
    ],
)
def test_a_file_that_changes_is_an_error_and_no_crash(tmp_path: Path, spoil: Any, said: str) -> None:
    path = tmp_path / "x.npy"
    rows = rows_of(mapped(path, NUMBERS))
    spoil(path)
    with pytest.raises(DataError, match=rf"x.npy: .*{said}"):
        rows[np.arange(5)]
