"""Points that do not fit into memory together are trained in turns, to the same results."""

import jax
import numpy as np
import pytest

from fnbackprop.build import build_data, read_plan
from fnbackprop.sweeps import program
from fnbackprop.sweeps.axes import Axis, grid
from fnbackprop.sweeps.groups import Group, Member
from fnbackprop.sweeps.program import Program
from fnbackprop.training import Devices


@pytest.fixture
def group() -> Group:
    points = grid((), [Axis("seed", (0, 1, 2, 3, 4))])
    plans = [read_plan("it.toml", [*point.overrides, "model=[{module='Linear',features=3}]"]) for point in points]
    data = build_data(plans[0].source, plans[0].config.data)
    return Group(tuple(Member(point, plan, data) for point, plan in zip(points, plans, strict=True)), ())


def losses(group: Group, it: Program) -> np.ndarray:
    """Of the first steps of each point, trained in turns."""
    found = []
    for first in range(0, len(group.members), it.at_once):
        members = group.members[first : first + it.at_once]
        it.start(members)
        found.extend(it.run(it.order(0), 0, 3)["loss"][: len(members)])
    return np.array(found)


def test_a_program_that_takes_too_much_is_halved(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = Devices.first(1)
    whole = Program(group, None, devices)
    monkeypatch.setattr(program, "_budget", lambda: whole._bytes() - 1.0)
    halved = Program(group, None, devices)
    assert (whole.at_once, halved.at_once) == (5, 2)
    np.testing.assert_allclose(losses(group, halved), losses(group, whole), rtol=1e-4)


def test_how_many_is_told_or_found_out(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "_compile", lambda it: None)
    monkeypatch.setattr(Program, "_bytes", lambda it: 10 * it.at_once)
    for budget, found in ((50.0, 5), (49.0, 2), (19.0, 1), (0.0, 1)):  # one is tried, whatever it takes
        monkeypatch.setattr(program, "_budget", lambda budget=budget: budget)
        assert Program(group, None, Devices.first(1)).at_once == found
        assert Program(group, 4, Devices.first(1)).at_once == 4


@pytest.mark.parametrize("at_once", [None, 5])
def test_a_program_that_finds_no_memory_is_halved(
    group: Group, monkeypatch: pytest.MonkeyPatch, at_once: int | None
) -> None:
    tried, room = [], 2

    def out_of_memory(it: Program) -> None:
        tried.append(it.at_once)
        if it.at_once > room:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")

    monkeypatch.setattr(Program, "_compile", out_of_memory)
    monkeypatch.setattr(Program, "_bytes", lambda it: 0)
    assert Program(group, at_once, Devices.first(1)).at_once == 2
    assert tried == [5, 2]
    room = 0
    with pytest.raises(jax.errors.JaxRuntimeError, match="Out of memory"):
        Program(group, at_once, Devices.first(1))
    assert tried[2:] == [5, 2, 1]
