"""Groups of parameters: which each is about, and what the optimizer does with them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop import ConfigError, Graph, Repeat
from fnbackprop.build import Plan, build_data, build_recipe
from fnbackprop.build.groups import group_of_each
from fnbackprop.core.config import GroupConfig
from fnbackprop.graph import Branch, Node
from fnbackprop.modules import Above, Linear, Tanh

MODEL = Graph(
    [
        Linear(3),
        Node(Repeat(block=[Linear(3), Tanh()], times=4), name="deep"),
        Branch(select=Above(0.5), branches=(Linear(3), Repeat(block=Linear(3), times=2, parameters="tied"))),
    ]
)
ADAMW = "optimizer={name='adamw', learning_rate=0.1, weight_decay=0.5, groups=["


def groups_of(*groups: dict[str, Any]) -> dict[str, int]:
    params = jax.eval_shape(lambda: MODEL.init(jax.random.key(0), jnp.ones((2, 3)))).params
    found = group_of_each([GroupConfig(**group) for group in groups], MODEL, params)
    leaves = jax.tree_util.tree_leaves_with_path(found)
    return {jax.tree_util.keystr(path, simple=True, separator="."): place for path, place in leaves}


def test_ranks_are_those_of_each_repetition() -> None:
    found = groups_of({"ranks": (0, 1)})
    assert {name for name, place in found.items() if place == 0} == {name for name in found if name.endswith("bias")}
    assert len(found) == 8


def test_the_first_group_that_matches_by_name_and_rank() -> None:
    found = groups_of({"names": ("deep.*", "*.1.bias")}, {"names": ("*_1.*",), "ranks": (2,)})
    in_deep = {"deep.linear_1.weight": 0, "deep.linear_1.bias": 0}
    in_branch = {"branch_1.0.weight": 1, "branch_1.0.bias": 2, "branch_1.1.weight": 1, "branch_1.1.bias": 0}
    assert found == {"linear_1.weight": 1, "linear_1.bias": 2} | in_deep | in_branch


def updates_of(plan: Plan) -> dict[str, jax.Array]:
    optimizer = build_recipe(plan, build_data(plan.source, plan.config.data)).optimizer
    params = {"linear_1": {"weight": jnp.full((3, 4), 2.0), "bias": jnp.full(3, 2.0)}}
    gradient = jax.tree.map(jnp.ones_like, params)
    return optimizer.update(gradient, optimizer.init(params), params)[0]["linear_1"]


def test_a_group_has_options_of_its_own(checked: Callable[..., Plan]) -> None:
    updates = updates_of(checked(ADAMW + "{names=['*.bias'], weight_decay=0.0}]}"))
    # Adam's first step is the rate; the decay adds rate · λ · w.
    np.testing.assert_allclose(updates["weight"], -0.1 - 0.1 * 0.5 * 2, rtol=1e-5)
    np.testing.assert_allclose(updates["bias"], -0.1, rtol=1e-5)


def test_a_scaled_rate_scales_the_decay_too_and_0_freezes(checked: Callable[..., Plan]) -> None:
    updates = updates_of(checked(ADAMW + "{ranks=[1], rate_scale=0}, {names=['linear_1.*'], rate_scale=0.25}]}"))
    np.testing.assert_allclose(updates["weight"], 0.25 * (-0.1 - 0.1 * 0.5 * 2), rtol=1e-5)
    assert not updates["bias"].any()


def test_the_norm_that_is_clipped_is_of_all_groups(checked: Callable[..., Plan]) -> None:
    plan = checked("optimizer={name='sgd', learning_rate=1.0, clip_norm=1.0, groups=[{ranks=[1], momentum=0.9}]}")
    updates = updates_of(plan)
    assert float(optax.tree.norm(updates)) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("{names=['*.bia'], weight_decay=0.0}", "groups.0: matches no parameter that an earlier group does not; there"),
        ("{ranks=[1], weight_deca=0.0}", "groups.0.weight_deca: unknown key; did you mean 'weight_decay'?"),
        ("{nams=['*.bias']}", "groups.0.nams: unknown key; did you mean 'names'?"),
        ("{ranks=[1], learning_rate=0.1}", "groups.0.learning_rate: is the same for all parameters; rate_scale"),
        ("{ranks=['one']}", "groups.0.ranks.0: should be a valid integer"),
        ("{rate_scale=-1.0}", "groups.0.rate_scale: should be greater than or equal to 0"),
        ("3", "groups.0: should be"),
    ],
)
def test_a_mistake_in_a_group_is_told(checked: Callable[..., Plan], group: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(ADAMW + group + "]}")
    (problem,) = caught.value.problems
    assert expected in problem


def test_a_scaled_rate_does_not_reach_a_decay_of_the_penalties(checked: Callable[..., Plan]) -> None:
    with pytest.raises(ConfigError, match="rate_scale: does not reach a penalty"):
        checked(ADAMW + "{ranks=[1], rate_scale=0.5}]}", "penalties={l2=0.1, l2_form='decay'}")
