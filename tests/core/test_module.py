"""The module contract: strict options, pure functions, a context that is split and not shared."""

import copy
import pickle

import jax
import jax.numpy as jnp
import pytest
from jax import Array

from fnbackprop import Context, Module, OptionError, Variables, configurable
from fnbackprop.modules import Linear, ReLU

pytestmark = pytest.mark.quick


@configurable
class Scale(Module):
    factor: float = 2.0
    times: int = 1

    def apply(
        self, variables: Variables, x: Array, *, context: Context = Context()
    ) -> tuple[tuple[Array, ...], tuple[()]]:
        return (x * self.factor**self.times,), ()


def test_a_module_is_its_options() -> None:
    assert Scale(3.0) == Scale(factor=3.0)
    assert Scale(3.0) != Scale()
    assert hash(Scale(3.0)) == hash(Scale(3.0))
    assert str(Scale(3.0)) == "Scale(factor=3.0)"
    assert str(Scale()) == "Scale()"
    assert str(Linear(3, bias=False)) == "Linear(features=3, bias=False)"


def test_a_module_without_arrays_has_none() -> None:
    assert Scale().init(jax.random.key(0), jnp.ones(2)) == Variables((), (), ())
    assert Scale(3.0, 2).apply(Variables(), jnp.ones(1))[0][0].tolist() == [9.0]


@pytest.mark.parametrize(
    "options", [{"times": 1.0}, {"times": True}, {"factor": "2"}, {"factor": float("nan")}, {"factr": 1.0}]
)
def test_options_are_strict_in_python_too(options: dict) -> None:
    with pytest.raises(OptionError, match="its options are, in this order: factor, times"):
        Scale(**options)


def test_an_option_given_by_its_place_is_named() -> None:
    with pytest.raises(OptionError, match=r"Linear: bias should be a valid boolean \(got 10\)"):
        Linear(20, 10)  # PyTorch's habit: inputs and outputs


def test_each_option_that_is_wrong_has_a_line() -> None:
    with pytest.raises(OptionError) as caught:
        Linear(bias=3, feature=2)
    assert str(caught.value).splitlines() == [
        "Linear: features is missing, and has no default",
        "Linear: bias should be a valid boolean (got 3)",
        "Linear: feature is no option (got 2)",
        "Linear: its options are, in this order: features, bias, initializer",
    ]
    with pytest.raises(OptionError, match=r"ReLU: x is no option .*\nReLU: it has no options"):
        ReLU(x=1)
    assert isinstance(copy.copy(caught.value), OptionError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_options_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Scale().factor = 3.0  # type: ignore[misc]


def test_a_module_without_apply_says_what_it_needs() -> None:
    class Half(Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Half must define apply\(self, variables, \*xs, context\)"):
        Half().apply(Variables())


def test_a_folded_context_has_a_key_of_its_own() -> None:
    context = Context(jax.random.key(0), train=True, derivatives="reference")
    keys = {tuple(jax.random.key_data(context.fold(i).key).tolist()) for i in range(3)}
    assert len(keys) == 3
    assert context.fold(1).train
    assert context.fold(1).derivatives == "reference"
    assert Context().fold(1) == Context()


def test_a_context_picks_the_rule_or_its_reference() -> None:
    assert Context().pick(abs, round) is abs
    assert Context(derivatives="reference").pick(abs, round) is round


def test_a_context_goes_through_jit_with_its_key_traced_and_its_mode_static() -> None:
    traces = []

    @jax.jit
    def draw(context: Context) -> Array:
        traces.append(context.train)
        return jax.random.uniform(context.key) * context.train

    values = [draw(Context(jax.random.key(seed), train=True)) for seed in range(3)]
    assert len({float(value) for value in values}) == 3
    assert draw(Context(jax.random.key(0))) == 0
    assert traces == [True, False]


def test_a_module_is_static_under_jit() -> None:
    assert jax.jit(lambda x, module: module.apply(Variables(), x)[0][0], static_argnums=1)(-1.0, ReLU()) == 0
