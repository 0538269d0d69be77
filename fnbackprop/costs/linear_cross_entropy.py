"""Linear and cross-entropy in one: the cost of classification where there are too many classes to hold all logits."""

from functools import partial
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Ge, Lt
from jax import Array
from jaxtyping import Float, Integer

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.precision import accumulation_dtype
from ..core.sharding import left_to_xla, over
from ..modules.linear import linear_reference
from .accuracy import accuracy
from .class_chunks import Slopes, chunk_costs, chunk_slopes
from .cost import Cost
from .cross_entropy import cross_entropy, cross_entropy_reference
from .reduction import Reduction, Weights, check_reduction, costs_cotangent, reduce_examples, weights_cotangent
from .targets import is_probabilities


class LinearCrossEntropyResiduals(NamedTuple):
    slopes: Slopes
    costs: Float[Array, "*batch"]
    weights: Weights | None
    likes: tuple[Like, Like, Like | None]  # of x, weight and bias


@partial(jax.custom_vjp, nondiff_argnums=(6,))
def linear_cross_entropy(
    x: Float[Array, "*batch in"],
    weight: Float[Array, "classes in"],
    bias: Float[Array, " classes"] | None,
    targets: Integer[Array, "*batch"],
    weights: Weights | None = None,
    label_smoothing: Annotated[float, Ge(0), Lt(1)] | Float[Array, ""] = 0.0,
    reduction: Reduction = "mean",
) -> tuple[Float[Array, ""], Float[Array, "*batch"]]:
    """`cross_entropy` of `linear`, which holds the logits of a few examples at a time; and who was right.

    Forward:  C = cross_entropy(x Wᵀ + b, targets, weights, ε), and `accuracy` of the logits, for each example
    Backward: with g = softmax(x Wᵀ + b) − t and s = ∂C/∂c, both of the forward pass,
              dx = dy s (g W),  dW = dy Σ gᵀ (s x),  db = dy Σ s g;  dw as in `cross_entropy`; none for the accuracy

    Where it is differentiated, the forward pass makes the gradients of C chunk by chunk, and the backward pass only
    multiplies them by dy. So the cost must be one number ("mean" or "sum"), and targets numbers of classes: it is
    what training makes of a last `Linear` under `cross_entropy`, to the same result. Half precision is multiplied as
    such, and added up in float32.
    """
    _check(x, weight, targets, weights, reduction)
    flat = _flat(x, targets)
    rows = over(flat[1], 0)
    costs, right = left_to_xla(chunk_costs, (rows, rows))(*flat, weight, bias, label_smoothing)
    return reduce_examples(costs.reshape(targets.shape), weights, reduction), right.reshape(targets.shape)


def linear_cross_entropy_fwd(
    x: Float[Array, "*batch in"],
    weight: Float[Array, "classes in"],
    bias: Float[Array, " classes"] | None,
    targets: Integer[Array, "*batch"],
    weights: Weights | None = None,
    label_smoothing: float | Float[Array, ""] = 0.0,
    reduction: Reduction = "mean",
) -> tuple[tuple[Float[Array, ""], Float[Array, "*batch"]], LinearCrossEntropyResiduals]:
    _check(x, weight, targets, weights, reduction)
    one = jnp.ones((), accumulation_dtype(jnp.result_type(x, weight)))
    scale = costs_cotangent(one, jnp.zeros(targets.shape, one.dtype), weights, reduction).reshape(-1)
    flat = _flat(x, targets)
    rows = over(flat[1], 0)
    places = rows, rows, Slopes._make((over(flat[0], 0, 1), over(weight, 0, 1), over(weight, 0)))
    costs, right, slopes = left_to_xla(chunk_slopes, places)(*flat, scale, weight, bias, label_smoothing)
    costs = costs.reshape(targets.shape)
    likes = like(x), like(weight), None if bias is None else like(bias)
    cost = reduce_examples(costs, weights, reduction)
    return (cost, right.reshape(targets.shape)), LinearCrossEntropyResiduals(slopes, costs, weights, likes)


def linear_cross_entropy_bwd(
    reduction: Reduction,
    residuals: LinearCrossEntropyResiduals,
    dy: tuple[Float[Array, ""], Float[Array, "*batch"]],
) -> tuple[Array | None, Array | None, Array | None, None, Array | None, None]:
    slopes, costs, weights, likes = residuals
    dc, _ = dy
    dw = weights_cotangent(dc, costs, weights, reduction)
    dx, dW, db = (
        None if to is None else match_cotangent((dc * slope).reshape(to.shape), to)
        for slope, to in zip(slopes, likes, strict=True)
    )
    return dx, dW, db, None, dw, None


linear_cross_entropy.defvjp(linear_cross_entropy_fwd, linear_cross_entropy_bwd)


def linear_cross_entropy_reference(
    x: Float[Array, "*batch in"],
    weight: Float[Array, "classes in"],
    bias: Float[Array, " classes"] | None,
    targets: Integer[Array, "*batch"],
    weights: Weights | None = None,
    label_smoothing: float | Float[Array, ""] = 0.0,
    reduction: Reduction = "mean",
) -> tuple[Float[Array, ""], Float[Array, "*batch"]]:
    """`linear_cross_entropy` for automatic differentiation: the two functions that it is made of."""
    logits = linear_reference(x, weight, bias)
    cost = cross_entropy_reference(logits, targets, weights, label_smoothing, reduction)
    return cost, accuracy(logits, targets).astype(cost.dtype)


def _check(x: Array, weight: Array, targets: Array, weights: Weights | None, reduction: str) -> None:
    check_reduction("linear_cross_entropy", weights, targets.shape, reduction)
    if reduction == "none":
        raise ValueError(
            'linear_cross_entropy got reduction "none"; its gradients are made before each example\'s dy is known: '
            "take cross_entropy of linear"
        )
    if targets.shape != x.shape[:-1] or is_probabilities(targets) or x.shape[-1:] != weight.shape[-1:]:
        raise ShapeError(
            f"linear_cross_entropy got x of shape {x.shape}, a weight of shape {weight.shape} and targets of shape "
            f"{targets.shape} and type {targets.dtype}; it wants (…, in), (classes, in) and numbers of classes of "
            "shape (…): for probabilities take cross_entropy of linear"
        )


def _flat(x: Float[Array, "*batch in"], targets: Integer[Array, "*batch"]) -> tuple[Array, Array]:
    # Wide enough that the count of classes does not wrap around.
    number = targets.astype(jnp.int32) if targets.dtype.itemsize < 4 else targets
    return x.reshape(targets.size, x.shape[-1]), number.reshape(-1)


# Here and not beside `cross_entropy`, since it knows both ways to compute it.
CROSS_ENTROPY = Cost(
    rule=cross_entropy,
    reference=cross_entropy_reference,
    remedies={"probabilities": "remove the Softmax or Sigmoid: cross_entropy takes logits (or put a LogSoftmax there)"},
    targets="classes",
    metrics={"accuracy": accuracy},
    after_linear=linear_cross_entropy,
)
