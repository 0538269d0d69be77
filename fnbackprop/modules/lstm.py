"""LSTM, a recurrence whose cell keeps what its gates let in (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array
from jaxtyping import Float, PRNGKeyArray

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen
from .initializers import Initializer, initial_weight
from .linear import linear, linear_reference
from .recurrence import before, check_gates, scan_times
from .sigmoid import sigmoid, sigmoid_reference
from .tanh import tanh, tanh_reference
from .weight_gradient import weight_gradient

_GATES = 4


class LSTMResiduals(NamedTuple):
    z: Float[Array, "*batch time gates"]
    weight: Float[Array, "gates features"]
    cells: Float[Array, "*batch time features"]
    y: Float[Array, "*batch time features"]


@jax.custom_vjp
def lstm(
    z: Float[Array, "*batch time gates"], weight: Float[Array, "gates features"]
) -> Float[Array, "*batch time features"]:
    """A long short-term memory, from what the inputs give to its gates (Hochreiter & Schmidhuber 1997).

    Forward:  a_t = z_t + W y_{t−1},  (i, f, g, o) = (h(a_i), h(a_f), tanh(a_g), h(a_o)),
              c_t = f c_{t−1} + i g,  y_t = o tanh(c_t);  y_0 = c_0 = 0, h being `sigmoid`
    Backward: dy_t ← dy_t + Wᵀ da_{t+1},  dc_t = f_{t+1} dc_{t+1} + o (1 − tanh² c_t) dy_t,
              da_t = (g h'(a_i) dc_t,  c_{t−1} h'(a_f) dc_t,  i tanh'(a_g) dc_t,  tanh(c_t) h'(a_o) dy_t),
              dz_t = da_t,  dW = Σ_t da_tᵀ y_{t−1}

    The gates lie one after the other along the last axis, in PyTorch's order: input, forget, cell, output. Kept are z,
    c and y: a is made again by one matrix product, and so is dW. Half precision runs in float32. Raises ShapeError
    where z has not four times as many features as W has columns.
    """
    return lstm_fwd(z, weight)[0]


def lstm_fwd(
    z: Float[Array, "*batch time gates"], weight: Float[Array, "gates features"]
) -> tuple[Float[Array, "*batch time features"], LSTMResiduals]:
    check_gates("lstm", z, weight, _GATES)

    def step(state: tuple[Array, Array], at: tuple[Array]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        (y, c), (z,) = state, at
        i, f, g, o = _open(z + y @ widen(weight).T)
        c = f * c + i * g
        y = o * tanh(c)
        return (y, c), (y, c)

    y, cells = scan_times(step, 2, weight, z)
    return y.astype(z.dtype), LSTMResiduals(z, weight, cells, y)


def lstm_bwd(
    residuals: LSTMResiduals, dy: Float[Array, "*batch time features"]
) -> tuple[Float[Array, "*batch time gates"], Float[Array, "gates features"]]:
    z, weight, cells, y = residuals
    gates = widen(z) + before(y) @ widen(weight).T

    def step(carried: tuple[Array, Array], at: tuple[Array, ...]) -> tuple[tuple[Array, Array], Array]:
        (dy_next, dc_next), (dy, a, c, c_before) = carried, at
        (i, f, g, o), (a_i, a_f, a_g, a_o), level = _open(a), jnp.split(a, _GATES, axis=-1), tanh(c)
        dy = dy + dy_next
        dc = dc_next + dy * o * _tanh_slope(c)
        slopes = (g * _slope(a_i), c_before * _slope(a_f), i * _tanh_slope(a_g))
        da = jnp.concatenate([*(slope * dc for slope in slopes), level * _slope(a_o) * dy], axis=-1)
        return (da @ widen(weight), f * dc), da

    da = scan_times(step, 2, weight, dy, gates, cells, before(cells), reverse=True)
    return match_cotangent(da, z), weight_gradient(before(y), da, weight)


lstm.defvjp(lstm_fwd, lstm_bwd)


def lstm_reference(
    z: Float[Array, "*batch time gates"], weight: Float[Array, "gates features"]
) -> Float[Array, "*batch time features"]:
    """`lstm` for automatic differentiation."""
    check_gates("lstm", z, weight, _GATES)

    def step(state: tuple[Array, Array], at: tuple[Array]) -> tuple[tuple[Array, Array], Array]:
        (y, c), (z,) = state, at
        a_i, a_f, a_g, a_o = jnp.split(z + y @ widen(weight).T, _GATES, axis=-1)
        c = sigmoid_reference(a_f) * c + sigmoid_reference(a_i) * tanh_reference(a_g)
        y = sigmoid_reference(a_o) * tanh_reference(c)
        return (y, c), y

    return scan_times(step, 2, weight, z).astype(z.dtype)


def _open(a: Float[Array, "... gates"]) -> tuple[Array, Array, Array, Array]:
    i, f, g, o = jnp.split(a, _GATES, axis=-1)
    return sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)


def _slope(a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return sigmoid(a) * sigmoid(-a)


def _tanh_slope(a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return 4 * _slope(2 * a)


@configurable
class LSTM(Module):
    """Long short-term memory over the axis before the last: `lstm` of a `linear`.

    Its state is 0 before each sequence. It puts out every time's state, or with `last` the last one's alone.
    forget_bias: what the forget gate's bias begins at; 1 remembers from the start (Jozefowicz et al. 2015).
    """

    features: Annotated[int, Gt(0)]
    last: bool = False
    forget_bias: float = 1.0
    initializer: Initializer = "glorot_uniform"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,), (input_key, hidden_key) = specs, jax.random.split(key)
        rows = _GATES * self.features
        bias = jnp.zeros(rows, x.dtype).at[self.features : 2 * self.features].set(self.forget_bias)
        weight = initial_weight(self.initializer, input_key, (rows, x.shape[-1]), x.dtype)
        hidden = initial_weight(self.initializer, hidden_key, (rows, self.features), x.dtype)
        return Variables({"input": {"weight": weight, "bias": bias}, "hidden": {"weight": hidden}})

    def apply(
        self, variables: Variables, x: Float[Array, "*batch time in"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "..."]], tuple[()]]:
        own, hidden = variables.params["input"], variables.params["hidden"]
        z = context.pick(linear, linear_reference)(x, own["weight"], own["bias"])
        y = context.pick(lstm, lstm_reference)(z, hidden["weight"])
        return (y[..., -1, :] if self.last else y,), ()
