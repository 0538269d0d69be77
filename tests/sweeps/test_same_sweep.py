"""Which folders a sweep goes on in: those of the same sweep, however it is written."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import tomli_w

from fnbackprop.build import build_data, read_plan, read_toml
from fnbackprop.core.errors import ConfigError
from fnbackprop.records import RunFolder
from fnbackprop.sweeps.axes import grid, read_axes
from fnbackprop.sweeps.folder import SweepFolder
from fnbackprop.sweeps.groups import Member

LISTS = ("optimizer.learning_rate=[0.01,0.1]", "seed=[0,1]")
FILE = Path("s/sweep.toml")


def describe(overrides: Sequence[str] = LISTS, strict: bool = False) -> list[str]:
    Path("s").mkdir(exist_ok=True)
    plain, axes = read_axes("it.toml", overrides)
    first = grid(plain, axes)[0]
    plan = read_plan("it.toml", first.overrides)
    member = Member(first, plan, build_data(plan.source, plan.config.data))
    return SweepFolder(RunFolder(Path("s"))).describe(plain, axes, [member], strict)


def test_what_means_the_same_is_the_same() -> None:
    assert describe() == []
    tables = read_toml(FILE)
    del tables["first_point"]["penalties"], tables["first_point"]["optimizer"]["name"]  # as a version without them
    tables["first_point"]["data"]["epsilon"] = 1e-7
    FILE.write_text("# mine\n" + tomli_w.dumps(dict(reversed(tables.items())), indent=1))
    assert describe() == []
    # Said on the command line, or in the config.
    assert describe([*LISTS, "model.1.rate=0.2", "cost.label_smoothing=0.0"]) == []


def test_what_changes_no_result_is_told() -> None:
    describe()
    assert describe([*LISTS, "checkpoint.keep=3"]) == ["checkpoint.keep: 2 before, 3 now"]
    assert describe([*LISTS, "checkpoint.keep=3"]) == []


@pytest.mark.parametrize(
    ("overrides", "lines"),
    [
        ([*LISTS, "model.1.rate=0.3"], ["model.1.rate: 0.2 before, 0.3 now"]),
        ([*LISTS, "training.epochs=3"], ["training.epochs: 2 before, 3 now"]),
        (
            [*LISTS, "best={metric='loss'}"],
            ["best.metric: unset.*", "best.min_change: unset.*"],
        ),
        ([LISTS[0], "seed=[0,1,2]"], [r"seed: \[0, 1\] before, \[0, 1, 2\] now"]),
        (["optimizer.learning_rate=[0.2]", LISTS[1]], [r"optimizer.learning_rate: \[0.01, 0.1\] before, \[0.2\] now"]),
        (LISTS[1:], [r"optimizer.learning_rate: \[0.01, 0.1\] before, no list now"]),
        (LISTS[::-1], ["the order of the lists: optimizer.learning_rate, seed before, seed, optimizer.* now"]),
        ([*LISTS, "data.split_seed=1"], ["data.split_seed: 0 before, 1 now"]),
    ],
    ids=lambda value: value[-1] if isinstance(value[-1], str) else None,
)
def test_each_difference_that_matters_is_named(overrides: list[str], lines: list[str]) -> None:
    describe()
    before = FILE.read_bytes()
    with pytest.raises(ConfigError) as raised:
        describe(overrides)
    head, *rest = raised.value.problems
    assert head == "s holds another sweep; leave --run out to begin a new one, or undo:"
    for line, wanted in zip(rest, lines, strict=True):
        assert re.fullmatch(f"  {wanted}", line)
    assert FILE.read_bytes() == before


def test_other_programs_and_other_data_are_named() -> None:
    describe()
    FILE.write_text(re.sub('data = "....', 'data = "0000', FILE.read_text()))
    with pytest.raises(ConfigError, match=r"--strict: false before, true now\n  data: SHA-256 0000.*bring the data"):
        describe(strict=True)


@pytest.mark.parametrize(
    ("damaged", "wanted"),
    [("axes = [", "not valid TOML"), ("axes = 1\nfirst_point = 2", "model"), ("[axes]\nseed = 1979-05-27", "model")],
)
def test_a_file_that_cannot_be_compared_is_told(damaged: str, wanted: str) -> None:
    describe()
    FILE.write_text(damaged)
    with pytest.raises(ConfigError, match=rf"s holds a sweep that cannot .* to begin a new one, or mend:\n.*{wanted}"):
        describe()


def test_an_axis_of_dates_is_told() -> None:
    describe()
    tables = read_toml(FILE)
    del tables["axes"]["seed"]
    FILE.write_text(tomli_w.dumps(tables) + "[axes.seed]\nday = 1979-05-27\n")
    with pytest.raises(ConfigError, match=r"seed: .*1979-05-27.* before") as raised:
        describe()
    assert json.dumps([0, 1]) in str(raised.value)
