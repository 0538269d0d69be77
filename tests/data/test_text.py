"""Text as windows, none of them copied, and cut by position."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import ConfigError, DataError
from fnbackprop.data import split, text
from fnbackprop.data.digest import data_digest

pytestmark = pytest.mark.quick

TEXT = "to be, or not to be: that is the question — whether 'tis nobler"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "play.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def spelled(dataset: Any, tokens: Any) -> str:
    return "".join(dataset.classes[i] for i in np.asarray(tokens))


def test_every_window_and_what_follows(folder: Path) -> None:
    dataset = text(folder, "play.txt", context=5)
    assert dataset.classes == tuple(sorted({*TEXT}))
    assert len(dataset.train.inputs) == len(TEXT) - 5
    for i in (0, 7, len(TEXT) - 6):
        inputs, targets = (part[np.array([i])][0] for part in dataset.train)
        assert spelled(dataset, inputs) == TEXT[i : i + 5]
        assert spelled(dataset, targets) == TEXT[i + 1 : i + 6]
    assert dataset.train.inputs[1:3].shape == (2, 5)


def test_they_are_picked_on_the_device_from_the_tokens_alone(folder: Path) -> None:
    dataset = text(folder, "play.txt", context=5)
    device = jax.tree.map(jnp.asarray, dataset.train)
    assert [leaf.shape for leaf in jax.tree.leaves(device)] == [(len(TEXT),)] * 2
    picked = jax.jit(lambda examples, i: examples.inputs[i])(device, jnp.array([3, 0]))
    np.testing.assert_array_equal(picked, dataset.train.inputs[np.array([3, 0])])


def test_bytes_are_256_classes(folder: Path) -> None:
    dataset = text(folder, "play.txt", context=5, level="bytes")
    assert len(dataset.classes or ()) == 256
    assert bytes(np.asarray(dataset.train.inputs.tokens, np.uint8)) == TEXT.encode()


@pytest.mark.parametrize(("validation", "test"), [(0, 0.25), (10, 0.2)])
def test_parts_are_apart_and_each_token_of_the_later_ones_is_predicted_once(
    folder: Path, validation: float, test: float
) -> None:
    dataset = text(folder, "play.txt", context=4)
    parts = split(dataset, validation, test, seed=0)
    n_test, n_validation = round(test * len(TEXT)), validation
    ends = len(TEXT) - n_test - n_validation, len(TEXT) - n_test, len(TEXT)

    def places(part: range, first: int) -> list[int]:
        return [i + first + k for i in part for k in range(4)]

    # What is learned from ends before the later parts begin, the last targets included.
    assert max(places(parts.train, 1)) == ends[0] - 1
    for part, start, end in ((parts.validation, ends[0], ends[1]), (parts.test, ends[1], ends[2])):
        seen = places(part, 1)
        assert len({*seen}) == len(seen)
        if part:
            assert min(places(part, 0)) >= start
            assert end - 4 <= max(seen) + 1 <= end


def test_the_digest_is_of_the_text_and_of_how_it_is_cut(folder: Path) -> None:
    def digest(context: int) -> str:
        return data_digest(split(text(folder, "play.txt", context=context), 0, 0.2, 0))

    first = digest(4)
    assert first == digest(4) != digest(5)
    (folder / "play.txt").write_text(TEXT.replace("not", "hot"), encoding="utf-8")
    assert digest(4) != first


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"ab\xff" * 20, r"is no UTF-8 text \(byte 2\)"),
        (b"abcab", "has 5 tokens"),
        (b"a" * 50, "1 kinds"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(DataError, match=expected):
        text(tmp_path, "bad", context=5)


def test_a_part_shorter_than_the_context_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"no longer than data\.context = 20; make the context smaller"):
        split(text(folder, "play.txt", context=20), 0, 0.2, 0)


def test_a_text_that_is_nowhere_is_asked_for_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"play\.txt: is neither here nor in .*FNBACKPROP_DATA"):
        text(tmp_path, "play.txt", context=5)
