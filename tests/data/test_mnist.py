import gzip
import importlib
import os
from pathlib import Path

import numpy as np
import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.data import fashion_mnist, mnist

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
RANDOM = np.random.default_rng(0)
TRAIN = RANDOM.integers(0, 256, (6, 28, 28)), np.array([3, 1, 4, 1, 5, 9])
TEST = RANDOM.integers(0, 256, (2, 28, 28)), np.array([2, 6])


@pytest.fixture
def folder(tmp_path, idx_bytes):
    for source in ("mnist", "fashion_mnist"):
        (tmp_path / source).mkdir()
        for i, (name, array) in enumerate(zip(NAMES, (*TRAIN, *TEST), strict=True)):
            content = idx_bytes(array)
            path = tmp_path / source / (f"{name}.gz" if i % 2 else name)
            path.write_bytes(gzip.compress(content) if i % 2 else content)
    return tmp_path


@pytest.mark.quick
@pytest.mark.parametrize(("source", "first"), [(mnist, "0"), (fashion_mnist, "T-shirt/top")])
def test_plain_and_gzipped_files_are_read(folder, source, first):
    dataset = source(folder)
    assert dataset.train.inputs.dtype == np.uint8
    assert dataset.train.inputs.tolist() == TRAIN[0][..., None].tolist()
    assert dataset.train.targets.tolist() == TRAIN[1].tolist()
    assert dataset.test.inputs.tolist() == TEST[0][..., None].tolist()
    assert dataset.test.targets.tolist() == TEST[1].tolist()
    assert dataset.classes[0] == first
    assert len(dataset.classes) == 10


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (NAMES[0], np.zeros((6, 28, 27)), "images of 28×27 pixels; wanted 28×28"),
        (NAMES[0], np.zeros((5, 28, 28)), "holds 5 images, .*train-labels-idx1-ubyte.gz 6 labels"),
        (NAMES[0], TRAIN[1], "train-images-idx3-ubyte: has 1 axes"),
        (NAMES[0], np.zeros((0, 28, 28)), "holds 0 images"),
        (NAMES[1], np.array([0, 1, 2, 3, 4, 10]), r"train targets: row 5 \(counted from 0\) has label 10"),
        (NAMES[3], np.array([0, 1, 2]), "t10k-images-idx3-ubyte holds 2 images"),
    ],
)
def test_wrong_files_are_named_and_left_alone(folder, idx_bytes, name, array, message):
    path = folder / "mnist" / name
    path.with_name(f"{name}.gz").unlink(missing_ok=True)
    path.write_bytes(idx_bytes(array))
    with pytest.raises(DataError, match=f"{message}.*; a file that is deleted is downloaded again"):
        mnist(folder)
    assert path.read_bytes() == idx_bytes(array)


def test_only_what_is_missing_is_downloaded(folder, server, monkeypatch, idx_bytes):
    address, files = server
    module = importlib.import_module("fnbackprop.data.mnist")
    content = gzip.compress(idx_bytes(TEST[0]))
    files[f"{NAMES[2]}.gz"] = content
    digest = importlib.import_module("hashlib").sha256(content).hexdigest()
    monkeypatch.setattr(module, "_MNIST", address)
    monkeypatch.setitem(module._MNIST_FILES, NAMES[2], (len(content), digest))
    (folder / "mnist" / NAMES[2]).unlink()
    assert mnist(folder).test.inputs.tolist() == TEST[0][..., None].tolist()
    assert (folder / "mnist" / f"{NAMES[2]}.gz").read_bytes() == content


def test_without_network_the_error_says_what_to_put_where(tmp_path, server, monkeypatch):
    address, _ = server
    monkeypatch.setattr(importlib.import_module("fnbackprop.data.mnist"), "_MNIST", address)
    with pytest.raises(DataError) as caught:
        mnist(tmp_path)
    for name in NAMES:
        assert f"{address}/{name}.gz  to  {tmp_path / 'mnist' / name}.gz" in str(caught.value)
    assert not list((tmp_path / "mnist").glob("*"))


DATA = os.environ.get("FNBACKPROP_DATA", "")


@pytest.mark.skipif(not (Path(DATA) / "mnist").is_dir() or not DATA, reason="FNBACKPROP_DATA holds no MNIST")
def test_the_real_files():
    dataset = mnist(Path(DATA))
    assert dataset.train.inputs.shape == (60_000, 28, 28, 1)
    assert dataset.test.inputs.shape == (10_000, 28, 28, 1)
    assert np.bincount(dataset.train.targets).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    # The mean and deviation that everyone normalises by.
    assert np.mean(dataset.train.inputs) / 255 == pytest.approx(0.1307, abs=5e-5)
    assert np.std(dataset.train.inputs) / 255 == pytest.approx(0.3081, abs=5e-5)
