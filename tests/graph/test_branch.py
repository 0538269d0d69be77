"""Branch computes the one that the data pick, and gives it the whole gradient."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from fnbackprop import Branch, Context, Graph, Module, Node, ShapeError, Variables
from fnbackprop.graph import reverse
from fnbackprop.modules import Above, Dropout, Linear, Softmax, Tanh

X = jax.random.normal(jax.random.key(1), (5, 3))


def by_sign(x: Array) -> Array:
    """0, 1 or 2, by the first number."""
    return jnp.sign(x[0, 0]).astype(jnp.int32) + 1


GRAPH = Graph([Node(Branch(by_sign, (Linear(2), [Linear(4), Tanh(), Linear(2)], Linear(2, bias=False))), "branch")])
VARIABLES = GRAPH.init(jax.random.key(0), X)


def twin(params: Any, x: Array, branch: int) -> Array:
    own = params["branch"]
    if branch == 0:
        return x @ own["0"]["weight"].T + own["0"]["bias"]
    if branch == 2:
        return x @ own["2"]["weight"].T
    inner = own["1"]
    hidden = jnp.tanh(x @ inner["linear_1"]["weight"].T + inner["linear_1"]["bias"])
    return hidden @ inner["linear_2"]["weight"].T + inner["linear_2"]["bias"]


@pytest.mark.parametrize(("first", "branch"), [(-1.0, 0), (-0.0, 1), (0.0, 1), (1e-30, 2)])
def test_the_picked_branch_gives_values_and_gets_the_gradient_at_the_switch_too(first: float, branch: int) -> None:
    x = X.at[0, 0].set(first)
    wanted = jax.value_and_grad(lambda p, x: jnp.sum(jnp.square(twin(p, x, branch))), (0, 1))(VARIABLES.params, x)

    def total(params: Any, x: Array, derivatives: Any) -> Array:
        (y,), _ = GRAPH.apply(VARIABLES._replace(params=params), x, context=Context(derivatives=derivatives))
        return jnp.sum(jnp.square(y))

    for derivatives in ("rules", "reference"):
        got = jax.value_and_grad(total, (0, 1))(VARIABLES.params, x, derivatives)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, wanted)
    for name, gradient in got[1][0]["branch"].items():
        assert (name == str(branch)) == any(bool(jnp.any(leaf != 0)) for leaf in jax.tree.leaves(gradient))


def test_the_gradient_graph_and_a_compiled_program_pick_too() -> None:
    x = X.at[0, 0].set(1.0)
    wanted = jax.grad(lambda params: jnp.sum(twin(params, x, 2)))(VARIABLES.params)
    compiled = jax.jit(jax.grad(lambda params: jnp.sum(GRAPH.apply(VARIABLES._replace(params=params), x)[0][0])))
    for got in (compiled(VARIABLES.params), reverse(GRAPH).run(VARIABLES, x)[2].params):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, wanted)


def test_only_the_picked_branch_is_computed() -> None:
    ran = []

    def tell(number: int):
        def branch(x: Array) -> Array:
            jax.debug.callback(lambda: ran.append(number))
            return x

        return branch

    branch = Branch(by_sign, (tell(0), tell(1), tell(2)))
    for first in (-1.0, 2.0):
        jax.block_until_ready(branch.apply(Variables(), X.at[0, 0].set(first)))
        jax.effects_barrier()
    assert ran == [0, 2]


@pytest.mark.quick
def test_vmap_picks_for_each_example() -> None:
    xs = jnp.stack([X.at[0, 0].set(first) for first in (-1.0, 0.0, 1.0)])

    def total(params: Any) -> Array:
        return jnp.sum(jax.vmap(lambda x: GRAPH.apply(VARIABLES._replace(params=params), x)[0][0])(xs))

    def wanted(params: Any) -> Array:
        return sum(jnp.sum(twin(params, x, i)) for i, x in enumerate(xs))

    got, expected = (jax.value_and_grad(f)(VARIABLES.params) for f in (total, wanted))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, expected)


@pytest.mark.quick
@pytest.mark.parametrize(("number", "taken"), [(-7, 1.0), (0, 1.0), (1, 2.0), (9, 2.0)])
def test_a_number_outside_is_the_nearest_branch(number: int, taken: float) -> None:
    branch = Branch(lambda x: jnp.int32(number), (lambda x: x, lambda x: 2 * x))
    np.testing.assert_array_equal(branch.apply(Variables(), X)[0][0], taken * X)


@pytest.mark.quick
def test_a_boolean_picks_the_first_where_false() -> None:
    branch = Branch(Above(1.0), (lambda x: 0 * x, lambda x: x))
    variables = branch.init(jax.random.key(0), X)
    assert not branch.apply(variables, jnp.ones(4))[0][0].any()
    assert branch.apply(variables, jnp.full(4, 1.1))[0][0].all()


class Count(Module):
    """Counts how often it ran."""

    def init(self, key: Array, *specs: Any) -> Variables:
        return Variables(state=jnp.int32(0))

    def apply(self, variables: Variables, x: Array, *, context: Context = Context()) -> tuple[tuple[Array], Array]:
        return (x,), variables.state + 1


def test_only_the_picked_branchs_state_moves_on_and_branches_may_be_random() -> None:
    graph = Graph([Node(Branch(by_sign, (Count(), [Count(), Dropout()], lambda x: x)), "branch")])
    variables = graph.init(jax.random.key(0), X)
    for first, wanted in [(-1.0, [1, 0]), (0.0, [1, 1]), (0.0, [1, 2]), (1.0, [1, 2])]:
        context = Context(jax.random.key(0), train=True)
        _, state = graph.apply(variables, X.at[0, 0].set(first), context=context)
        variables = variables._replace(state=state)
        assert [int(leaf) for leaf in jax.tree.leaves(state)] == wanted


@pytest.mark.quick
def test_what_its_output_means_is_what_any_branch_makes() -> None:
    assert Branch(by_sign, (Linear(2), Softmax())).produces == "probabilities"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("branch", "message"),
    [
        (Branch(by_sign, (Linear(2), Linear(3))), r"0 makes float32\[5, 2\] and number 1 makes float32\[5, 3\]"),
        (Branch(Linear(2), (Tanh(), Tanh())), r"float32\[5, 2\] from its select; it wants one integer"),
        (Branch(jnp.mean, (Tanh(), Tanh())), r"float32\[\] from its select"),
    ],
)
def test_branches_and_numbers_that_do_not_fit_are_refused(branch: Branch, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Graph([branch]).init(jax.random.key(0), X)


def test_a_list_does_as_well() -> None:
    first, second = Linear(2), Linear(2)
    assert Branch(by_sign, [first, second]).branches == (first, second)
