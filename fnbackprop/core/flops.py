"""How many operations one JAX primitive performs, by its formula."""

import math
from typing import Any

from jax.extend.core import JaxprEqn

# fmt: off
# These move or relabel numbers and compute none.
_MOVES = frozenset((
    "bitcast_convert_type", "broadcast_in_dim", "concatenate", "convert_element_type", "copy", "copy_p", "device_put",
    "dynamic_slice", "dynamic_update_slice", "expand_dims", "gather", "get", "iota", "optimization_barrier", "pad",
    "pcast", "pvary", "random_unwrap", "random_wrap", "reshape", "rev", "scatter", "sharding_constraint", "slice",
    "split", "squeeze", "stop_gradient", "swap", "transpose", "unstack",
))
# fmt: on


def flops(operation: JaxprEqn) -> int:
    """The arithmetic operations of one primitive that holds no other program.

    A matrix product has 2 m n k, a convolution 2 for each output and each number of the kernel that it sees, a
    reduction one fewer than it has terms, 1 / (1 + exp(−x)) four, all others one for each number that they return: a
    comparison as much as a sum or an exponential, integers as much as floating numbers. This is XLA's `flops` plus
    `transcendentals`, but for conversions between types, which count nothing here.
    """
    name, params = operation.primitive.name, operation.params
    sizes = [_size(atom) for atom in operation.invars]
    out = sum(_size(var) for var in operation.outvars)
    if name in _MOVES:
        return 0
    if name == "logistic":
        return 4 * out
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        return 2 * out * math.prod(_shape(operation.invars[0])[axis] for axis in contracted)
    if name == "conv_general_dilated":
        return _convolution(operation, out)
    if name.startswith("reduce_window") or name.startswith("select_and_"):
        window = params.get("window_dimensions", params.get("window_shape", ()))
        return max(sizes[0], out) * math.prod(window)
    if name.startswith(("reduce_", "arg")) and "axes" in params:
        return sizes[0] - out
    if name.startswith("scatter"):
        return sizes[-1]
    if name == "sort":
        return sizes[0] * math.ceil(math.log2(max(2, _shape(operation.invars[0])[params["dimension"]])))
    return out


def _convolution(operation: JaxprEqn, out: int) -> int:
    """2 for each output and each tap; the zeros that a strided convolution's derivative puts between are no taps."""
    kernel, numbers = _shape(operation.invars[1]), operation.params["dimension_numbers"]
    taps = math.prod(kernel) // max(1, kernel[numbers.rhs_spec[0]])
    return 2 * out * taps // math.prod(operation.params["lhs_dilation"])


def _size(atom: Any) -> int:
    return math.prod(_shape(atom))


def _shape(atom: Any) -> tuple[int, ...]:
    return getattr(atom.aval, "shape", ())
