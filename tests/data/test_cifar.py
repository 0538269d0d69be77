import hashlib
import importlib
import io
import tarfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fnbackprop
from fnbackprop.core.errors import DataError
from fnbackprop.data import cifar10
from fnbackprop.data.download import Remote

MODULE = importlib.import_module("fnbackprop.data.cifar")
NAMES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3)).astype(np.uint8)
LABELS = np.arange(12) % 10


def record(i: int) -> bytes:
    """A label, then the red, the green and the blue plane, each row by row."""
    return bytes([LABELS[i]]) + b"".join(IMAGES[i, :, :, c].tobytes() for c in range(3))


# Two images a file.
FILES = {name: record(2 * i) + record(2 * i + 1) for i, name in enumerate(NAMES)}


def write(folder, files=FILES):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.quick
@pytest.mark.parametrize("inside", ["cifar10", "cifar10/cifar-10-batches-bin"])
def test_the_planes_of_a_record_become_an_image(tmp_path, inside):
    write(tmp_path / inside)
    dataset = cifar10(tmp_path)
    assert dataset.train.inputs.dtype == np.uint8
    np.testing.assert_array_equal(dataset.train.inputs, IMAGES[:10])
    np.testing.assert_array_equal(dataset.test.inputs, IMAGES[10:])
    assert dataset.train.targets.tolist() == list(range(10))
    assert dataset.test.targets.tolist() == [0, 1]
    assert dataset.classes[3] == "cat"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (FILES[NAMES[2]][:-1], "no multiple of the 3,073 of an image: truncated"),
        (record(0) + b"\x0a" + record(1)[1:], r"image 1 \(counted from 0\) has label 10"),
        (b"", "is empty"),
    ],
)
def test_a_wrong_file_is_named_and_left_alone(tmp_path, content, message):
    write(tmp_path / "cifar10", FILES | {NAMES[2]: content})
    with pytest.raises(DataError, match=f"data_batch_3.bin: .*{message}.*; a file that is deleted is downloaded again"):
        cifar10(tmp_path)
    assert (tmp_path / "cifar10" / NAMES[2]).read_bytes() == content


def archive(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


GOOD = {f"cifar-10-batches-bin/{name}": content for name, content in FILES.items()}


@pytest.fixture
def pin(server, monkeypatch):
    address, files = server

    def publish(content: bytes, pinned: bytes | None = None) -> None:
        pinned = content if pinned is None else pinned
        files["cifar.tar.gz"] = content
        remote = Remote(f"{address}/cifar.tar.gz", len(pinned), hashlib.sha256(pinned).hexdigest())
        monkeypatch.setattr(MODULE, "_ARCHIVE", remote)

    return publish


def test_the_archive_is_downloaded_and_only_its_six_files_unpacked(tmp_path, pin):
    pin(archive({"../outside": b"x", "cifar-10-batches-bin/other": b"x", **GOOD}))
    np.testing.assert_array_equal(cifar10(tmp_path / "data").train.inputs, IMAGES[:10])
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {f"data/cifar10/{name}" for name in GOOD} | {"data/cifar10/cifar.tar.gz"}


def test_an_archive_that_somebody_brought_is_used(tmp_path, pin):
    content = archive(GOOD)
    pin(b"the network has something else", pinned=content)
    write(tmp_path / "cifar10", {"cifar.tar.gz": content})
    np.testing.assert_array_equal(cifar10(tmp_path).test.inputs, IMAGES[10:])


def test_another_archive_is_refused_and_left_alone(tmp_path, pin):
    pin(archive(GOOD))
    write(tmp_path / "cifar10", {"cifar.tar.gz": b"mine"})
    with pytest.raises(DataError, match=r"cifar.tar.gz: has SHA-256 .*; wanted .* Delete it"):
        cifar10(tmp_path)
    assert (tmp_path / "cifar10" / "cifar.tar.gz").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "content", [b"no archive", archive({"cifar-10-batches-bin/other": b"x"}), archive(GOOD)[:-900]]
)
def test_an_archive_that_does_not_unpack_leaves_no_half_file(tmp_path, pin, content):
    pin(content)
    with pytest.raises(DataError, match=r"cifar.tar.gz: could not be unpacked"):
        cifar10(tmp_path)
    for path in (tmp_path / "cifar10").rglob("*.bin"):
        assert path.read_bytes() == FILES[path.name]
    assert not list((tmp_path / "cifar10").rglob("*.part"))


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_bytes_give_a_data_set_or_a_data_error(tmp_path_factory, damaged, data):
    folder = tmp_path_factory.getbasetemp() / "fuzzed-cifar"
    write(folder / "cifar10", FILES | {NAMES[1]: data.draw(damaged(FILES[NAMES[1]]))})
    try:
        fine = cifar10(folder).train.inputs.shape[1:] == (32, 32, 3)
    except DataError as error:
        fine = NAMES[1] in str(error)
    assert fine


def test_a_residual_network_takes_steps_on_files_in_this_format(tmp_path, monkeypatch):
    write(tmp_path / "cifar10")
    monkeypatch.chdir(tmp_path)
    small = ["model.0.features=4", "model.3.times=1", *(f"model.3.block.{i}.features=4" for i in (0, 3))]
    short = ["training={steps=2}", "data.batch_size=4", "data.validation=0", f"data.folder='{tmp_path}'"]
    result = fnbackprop.train("cifar10_resnet", [*small, *short], run="run")
    assert 0 <= result.test["accuracy"] <= 1
