"""Choose runs the branch for the input's size, and no other stands in the program."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import Choose, Graph, GraphError, Node, ShapeError
from fnbackprop.modules import Add, Flatten, Linear, LogSoftmax, ReLU, Softmax

pytestmark = pytest.mark.quick
FLAT = Graph([Flatten(), Linear(2)])


def inputs(length: int) -> jax.Array:
    return jax.random.normal(jax.random.key(length), (4, length, 3))


@pytest.mark.parametrize(("length", "branch"), [(1, "0"), (2, "0"), (3, "1"), (5, "1"), (6, "2"), (9, "2")])
def test_the_first_branch_that_is_large_enough_runs_and_learns(length: int, branch: str) -> None:
    graph = Graph([Node(Choose((Linear(2), Linear(2), Linear(2)), (2, 5)), "choose")])
    variables = graph.init(jax.random.key(0), inputs(3))

    def total(params, x):
        return jnp.sum(jnp.square(graph.apply(variables._replace(params=params), x)[0][0]))

    def twin(params, x):
        own = params["choose"][branch]
        return jnp.sum(jnp.square(x @ own["weight"].T + own["bias"]))

    x = inputs(length)
    got, wanted = (jax.value_and_grad(f, (0, 1))(variables.params, x) for f in (total, twin))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, wanted)
    for other, gradient in got[1][0]["choose"].items():
        assert (other == branch) == bool(jnp.any(gradient["weight"] != 0))


def test_each_branch_is_made_for_its_own_size() -> None:
    choose = Choose((FLAT, FLAT, FLAT), (2, 4))
    for length, last in [(2, 5), (4, 5), (7, 7)]:
        params = choose.init(jax.random.key(0), inputs(length)).params
        widths = [params[i]["linear_1"]["weight"].shape[1] for i in "012"]
        assert widths == [2 * 3, 4 * 3, last * 3]


def test_a_program_is_compiled_for_each_size_with_one_branch_in_it() -> None:
    choose = Choose((Linear(2), FLAT), (2,))
    variables = choose.init(jax.random.key(0), inputs(4))
    traces = []

    @jax.jit
    def run(x):
        traces.append(x.shape)
        return choose.apply(variables, x)[0][0]

    for length in (2, 4, 2, 4):
        run(inputs(length))
    assert len(traces) == 2
    text = str(jax.make_jaxpr(lambda x: choose.apply(variables, x))(inputs(2)))
    assert text.count("dot_general") == 1
    assert "cond" not in text


def test_several_inputs_go_to_the_branch() -> None:
    graph = Graph([Node(Choose((Add(), Add()), (3,)), inputs=("a", "b"))], inputs=("a", "b"))
    x = inputs(3)
    (y,), _ = graph.apply(graph.init(jax.random.key(0), x, x), x, x)
    np.testing.assert_allclose(y, 2 * x)


def test_what_its_output_means_is_what_any_branch_makes() -> None:
    assert Choose((Softmax(), Linear(2)), (3,)).produces == "probabilities"
    assert Choose((LogSoftmax(), LogSoftmax()), (3,)).produces == "log-probabilities"
    assert Choose((LogSoftmax(), ReLU()), (3,)).produces == "values"


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (Choose((ReLU(), ReLU()), (2, 3)), "size 4 on axis 1; its branches take up to 3: raise the last limit"),
        (Choose((ReLU(),), (2,), axis=3), r"shape \(4, 4, 3\), which has no axis 3"),
    ],
)
def test_a_size_that_no_branch_takes_is_refused(choose: Choose, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Graph([choose]).init(jax.random.key(0), inputs(4))


@pytest.mark.parametrize("limits", [(), (3, 2), (2, 2), (1, 2, 3)])
def test_limits_that_do_not_fit_the_branches_are_refused(limits: tuple[int, ...]) -> None:
    with pytest.raises((GraphError, ValueError), match="for 2 branches; it wants one for each in ascending order"):
        Choose((ReLU(), ReLU()), limits)


def test_lists_do_as_well() -> None:
    assert Choose([FLAT, FLAT], [2]) == Choose((FLAT, FLAT), (2,))
