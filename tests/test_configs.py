"""The configs that come with the package: each can be trained, and its header says what to expect."""

from pathlib import Path

import pytest

import fnbackprop
from fnbackprop.build.config_file import shipped_configs
from fnbackprop.core.errors import DataError

CONFIGS = shipped_configs()


def test_the_promised_ones_are_there() -> None:
    assert {"digits_mlp", "digits_dag", "iris", "diabetes", "mnist_mlp", "mnist_cnn"} <= CONFIGS.keys()


@pytest.mark.quick
@pytest.mark.parametrize("name", CONFIGS)
def test_no_mistakes(name: str) -> None:
    try:
        fnbackprop.check(name)
    except DataError as error:
        # Its files are not on this machine, and the network may not be there.
        pytest.skip(str(error))


@pytest.mark.quick
@pytest.mark.parametrize("path", CONFIGS.values(), ids=CONFIGS)
def test_its_header_says_how_to_run_it_and_what_to_expect(path: Path) -> None:
    run, expect = path.read_text().splitlines()[:2]
    assert run == f"# Run:    fnbackprop train {path.stem}"
    assert expect.startswith("# Expect: ")
    assert "(fill" not in expect
