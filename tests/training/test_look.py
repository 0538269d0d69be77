"""A list of looks holds those that were taken, in order, as many as there is room for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.training.look import FIGURES, NOTHING, Look, add_look, name_look, no_looks

pytestmark = pytest.mark.quick


def look(step: int, taken: bool = True, non_finite: int = -1) -> Look:
    figures = jnp.full((2, len(FIGURES)), NOTHING).at[1, 0].set(step)
    return Look(jnp.bool_(taken), jnp.bool_(True), jnp.int32(step), figures, jnp.int32(non_finite))


def test_only_those_taken_are_held_in_order() -> None:
    looks = no_looks(jax.eval_shape(lambda: look(0)), 3)
    for step, taken in [(0, True), (1, False), (2, True), (3, False)]:
        looks = jax.jit(add_look)(looks, look(step, taken))
    assert int(looks.taken) == 2
    assert looks.held.step[:2].tolist() == [0, 2]
    np.testing.assert_array_equal(looks.held.figures[1], look(2).figures)


def test_what_finds_no_room_changes_nothing() -> None:
    looks = no_looks(look(0), 2)
    for step in range(5):
        looks = add_look(looks, look(step))
    assert looks.held.step.tolist() == [0, 1]


def test_a_look_by_name_says_what_there_is() -> None:
    names, places = ["a", "b"], ["the inputs", "node 'a', forward"]
    assert name_look(look(4), names, places) == (4, {"a": {}, "b": {FIGURES[0]: 4.0}}, None)
    assert name_look(look(4, non_finite=1), names, places).non_finite == "node 'a', forward"
