"""GRU, a recurrence that mixes its state with a candidate for the next (Cho et al. 2014)."""

from collections.abc import Callable
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

_GATES = 3


class GRUResiduals(NamedTuple):
    z: Float[Array, "*batch time gates"]
    weight: Float[Array, "gates features"]
    bias: Float[Array, " features"]
    y: Float[Array, "*batch time features"]


@jax.custom_vjp
def gru(
    z: Float[Array, "*batch time gates"], weight: Float[Array, "gates features"], bias: Float[Array, " features"]
) -> Float[Array, "*batch time features"]:
    """A gated recurrent unit, from what the inputs give to its gates (Cho et al. 2014), in PyTorch's form.

    Forward:  a_r = z_r + W_r y_{t−1},  a_u = z_u + W_u y_{t−1},  q = W_n y_{t−1} + b,  a_n = z_n + r q,
              (r, u, n) = (h(a_r), h(a_u), tanh(a_n)),  y_t = (1 − u) n + u y_{t−1};  y_0 = 0, h being `sigmoid`
    Backward: dy_t ← dy_t + u_{t+1} dy_{t+1} + Wᵀ (da_r, da_u, dq)_{t+1},
              da_n = (1 − u) tanh'(a_n) dy_t,  da_u = (y_{t−1} − n) h'(a_u) dy_t,  da_r = q h'(a_r) da_n,
              dz_t = (da_r, da_u, da_n),  dq = r da_n,  dW = Σ_t (da_r, da_u, dq)ᵀ y_{t−1},  db = Σ_t dq

    The gates lie one after the other along the last axis, in PyTorch's order: reset, update, new. Kept are z and y: a
    and q are made again by one matrix product, and so is dW. Half precision runs in float32. Raises ShapeError where z
    has not three times as many features as W has columns.
    """
    return gru_fwd(z, weight, bias)[0]


def gru_fwd(
    z: Float[Array, "*batch time gates"], weight: Float[Array, "gates features"], bias: Float[Array, " features"]
) -> tuple[Float[Array, "*batch time features"], GRUResiduals]:
    check_gates("gru", z, weight, _GATES)

    def step(state: tuple[Array], at: tuple[Array]) -> tuple[tuple[Array], Array]:
        (y,), (z,) = state, at
        _, a_u, a_n, _ = _gates(z, y, weight, bias, sigmoid)
        u = sigmoid(a_u)
        y = (1 - u) * tanh(a_n) + u * y
        return (y,), y

    y = scan_times(step, 1, weight, z)
    return y.astype(z.dtype), GRUResiduals(z, weight, bias, y)


def gru_bwd(
    residuals: GRUResiduals, dy: Float[Array, "*batch time features"]
) -> tuple[Float[Array, "*batch time gates"], Float[Array, "gates features"], Float[Array, " features"]]:
    z, weight, bias, y = residuals

    def step(carried: tuple[Array], at: tuple[Array, ...]) -> tuple[tuple[Array], Array]:
        dy, a_r, a_u, a_n, q, y_before = at
        dy = dy + carried[0]
        u = sigmoid(a_u)
        da_n = sigmoid(-a_u) * _slope(2 * a_n) * 4 * dy
        da_u = (y_before - tanh(a_n)) * _slope(a_u) * dy
        da_r = q * _slope(a_r) * da_n
        dq = sigmoid(a_r) * da_n
        back = jnp.concatenate([da_r, da_u, dq], axis=-1)
        return (u * dy + back @ widen(weight),), jnp.concatenate([back, da_n], axis=-1)

    made = _gates(widen(z), before(y), weight, bias, sigmoid)
    found = scan_times(step, 1, weight, dy, *made, before(y), reverse=True)
    *gate, dq, da_n = jnp.split(found, _GATES + 1, axis=-1)
    dz, back = (jnp.concatenate([*gate, last], axis=-1) for last in (da_n, dq))
    return match_cotangent(dz, z), weight_gradient(before(y), back, weight), match_cotangent(dq, bias)


gru.defvjp(gru_fwd, gru_bwd)


def gru_reference(
    z: Float[Array, "*batch time gates"], weight: Float[Array, "gates features"], bias: Float[Array, " features"]
) -> Float[Array, "*batch time features"]:
    """`gru` for automatic differentiation."""
    check_gates("gru", z, weight, _GATES)

    def step(state: tuple[Array], at: tuple[Array]) -> tuple[tuple[Array], Array]:
        (y,), (z,) = state, at
        _, a_u, a_n, _ = _gates(z, y, weight, bias, sigmoid_reference)
        u = sigmoid_reference(a_u)
        y = (1 - u) * tanh_reference(a_n) + u * y
        return (y,), y

    return scan_times(step, 1, weight, z).astype(z.dtype)


def _gates(
    z: Float[Array, "*batch gates"],
    y: Float[Array, "*batch features"],
    weight: Float[Array, "gates features"],
    bias: Float[Array, " features"],
    open_gate: Callable[[Array], Array],
) -> tuple[Array, Array, Array, Array]:
    """a_r, a_u, a_n and q, of one time or of all."""
    z_r, z_u, z_n = jnp.split(z, _GATES, axis=-1)
    from_r, from_u, from_n = jnp.split(y @ widen(weight).T, _GATES, axis=-1)
    a_r, q = z_r + from_r, from_n + widen(bias)
    return a_r, z_u + from_u, z_n + open_gate(a_r) * q, q


def _slope(a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return sigmoid(a) * sigmoid(-a)


@configurable
class GRU(Module):
    """Gated recurrent unit over the axis before the last: `gru` of a `linear`.

    Its state is 0 before each sequence. It puts out every time's state, or with `last` the last one's alone.
    """

    features: Annotated[int, Gt(0)]
    last: bool = False
    initializer: Initializer = "glorot_uniform"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,), (input_key, hidden_key) = specs, jax.random.split(key)
        rows = _GATES * self.features
        weight = initial_weight(self.initializer, input_key, (rows, x.shape[-1]), x.dtype)
        hidden = initial_weight(self.initializer, hidden_key, (rows, self.features), x.dtype)
        own = {"weight": weight, "bias": jnp.zeros(rows, x.dtype)}
        return Variables({"input": own, "hidden": {"weight": hidden, "bias": jnp.zeros(self.features, x.dtype)}})

    def apply(
        self, variables: Variables, x: Float[Array, "*batch time in"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "..."]], tuple[()]]:
        own, hidden = variables.params["input"], variables.params["hidden"]
        z = context.pick(linear, linear_reference)(x, own["weight"], own["bias"])
        y = context.pick(gru, gru_reference)(z, hidden["weight"], hidden["bias"])
        return (y[..., -1, :] if self.last else y,), ()
