"""Trees to names and back; nothing is cast, reshaped, forgotten or left over."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.core.module import Variables
from fnbackprop.core.trees import flatten_tree, restore_tree

pytestmark = pytest.mark.quick


class Moments(NamedTuple):
    mean: jax.Array
    count: jax.Array


def _tree() -> Variables:
    params = {"linear_1": {"weight": jnp.ones((2, 3)), "bias": jnp.zeros(2)}}
    return Variables(params, (Moments(jnp.zeros(3, jnp.bfloat16), jnp.asarray(4)), ()), {"rate": jnp.asarray(0.5)})


NAMES = {"params.linear_1.weight", "params.linear_1.bias", "state.0.mean", "state.0.count", "options.rate"}


def test_names_are_dotted_paths():
    assert flatten_tree(_tree()).keys() == NAMES


def test_two_leaves_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"both named 'a\.b'"):
        flatten_tree({"a.b": 1, "a": {"b": 2}})


def test_round_trip_keeps_structure_and_values():
    tree = _tree()
    shapes = jax.eval_shape(lambda: tree)
    arrays = {name: np.asarray(leaf) for name, leaf in reversed(flatten_tree(tree).items())}
    restored = restore_tree(shapes, arrays)
    assert jax.tree.structure(restored) == jax.tree.structure(tree)
    assert jax.tree.all(jax.tree.map(lambda x, y: x.dtype == y.dtype and (x == y).all(), restored, tree))


def test_every_misfit_is_named_at_once():
    arrays = {name: np.asarray(leaf) for name, leaf in flatten_tree(_tree()).items()}
    del arrays["params.linear_1.bias"]
    arrays["params.linear_1.weight"] = arrays["params.linear_1.weight"].T
    arrays["state.0.mean"] = arrays["state.0.mean"].astype(np.float32)
    arrays["options.rate"] = arrays["options.rate"].astype(np.float64)
    arrays["params.linear_2.bias"] = np.zeros(2, np.float32)
    with pytest.raises(DataError) as error:
        restore_tree(_tree(), arrays)
    assert str(error.value).split("\n  ")[1:] == [
        "options.rate: got float64[], wanted float32[]",
        "params.linear_1.bias: missing",
        "params.linear_1.weight: got float32[3, 2], wanted float32[2, 3]",
        "params.linear_2.bias: not part of this model",
        "state.0.mean: got float32[3], wanted bfloat16[3]",
    ]
