"""Which operations bring together what lies along a long axis."""

from jax.extend.core import JaxprEqn

# Each entry of the result is of one entry of each operand, or of a program that is looked into itself.
_ENTRY_BY_ENTRY = """
    abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil clamp complex conj
    convert_element_type copy cos cosh digamma div eq erf erf_inv erfc exp exp2 expm1 floor ge gt igamma igamma_grad_a
    igammac imag integer_pow is_finite le lgamma log log1p log2 logistic lt max min mul ne neg nextafter not
    one_minus_square or polygamma pow real reduce_precision regularized_incomplete_beta rem round rsqrt select_n
    shift_left shift_right_arithmetic shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh xor zeta
    broadcast_in_dim concatenate dynamic_slice dynamic_update_slice gather name optimization_barrier pad reshape rev
    slice split squeeze stack tile transpose unstack
    random_bits random_fold_in random_seed random_split random_unwrap random_wrap threefry2x32
    cond custom_jvp_call custom_vjp_call jit pjit
"""
_NAMES = frozenset(_ENTRY_BY_ENTRY.split())


def mixes(equation: JaxprEqn, length: int) -> bool:
    """Whether it may sum, count or carry on along an axis that is so long."""
    name, params = equation.primitive.name, equation.params
    shapes = [getattr(atom.aval, "shape", ()) for atom in (*equation.invars, *equation.outvars)]
    if name.startswith("reduce_") and "axes" in params:
        return any(shapes[0][axis] >= length for axis in params["axes"])
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        return any(shapes[0][axis] >= length for axis in contracted)
    return name not in _NAMES and any(n >= length for shape in shapes for n in shape)
