"""While, a block repeated as long as the data ask for it, up to a bound (lecture, A4: loops)."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array
from jaxtyping import Bool, Float, Int, PRNGKeyArray, Shaped

from ..core.errors import ShapeError
from ..core.module import Context, Meaning, Module, Spec, Variables, configurable
from ..core.precision import widen
from ..core.work import Work
from .block import Block, check_carried, joint_meaning, part_of, specs_text, together, with_part

Arrays = tuple[Float[Array, "..."], ...]


class WhileResiduals(NamedTuple):
    variables: Variables
    key: PRNGKeyArray | None
    trips: Int[Array, ""]
    kept: tuple[Arrays, Any]  # each trip's inputs and state, along a first axis of length `bound`


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def while_loop(
    loop: "While", train: bool, variables: Variables, key: PRNGKeyArray | None, xs: Arrays
) -> tuple[Arrays, Any]:
    """The outputs of `loop`, and the next state of its block.

    Forward:  x₀ = x, xᵢ₊₁ = block(xᵢ) while condition(xᵢ) and i < bound; y = x_trips
    Backward: dxᵢ = dxᵢ₊₁ · ∂block/∂x(xᵢ) for i = trips − 1, …, 0;  dw = Σᵢ dxᵢ₊₁ · ∂block/∂w(xᵢ)

    Each trip's input is kept and the trip run again for its derivative, since how much a `lax.while_loop` would have to
    keep of all trips is not known when it is compiled: JAX does not differentiate one. No gradient for options, state
    and the condition.
    """
    return _run(loop, variables, Context(key, train), xs, kept=None)[1]


def while_loop_fwd(
    loop: "While", train: bool, variables: Variables, key: PRNGKeyArray | None, xs: Arrays
) -> tuple[tuple[Arrays, Any], WhileResiduals]:
    state = part_of(variables, "block").state
    # Not zeros, which would not know over which mesh axes x differs.
    kept = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (loop.bound, *leaf.shape)), (xs, state))
    trips, outputs, kept = _run(loop, variables, Context(key, train), xs, kept)
    return outputs, WhileResiduals(variables, key, trips, kept)


def while_loop_bwd(
    loop: "While", train: bool, residuals: WhileResiduals, cotangents: tuple[Arrays, Any]
) -> tuple[Variables, None, Arrays]:
    variables, key, trips, kept = residuals
    block, context, (dys, _) = part_of(variables, "block"), Context(key, train), cotangents

    def trip_back(carry: tuple[Array, Arrays, Any]) -> tuple[Array, Arrays, Any]:
        i, dys, dparams = carry
        i = i - 1
        xs, state = jax.tree.map(lambda leaf: leaf[i], kept)

        def forward(params: Any, *xs: Array) -> Arrays:
            return loop.trip(Variables(params, state, block.options), context, i, xs)[0]

        _, pullback = jax.vjp(forward, block.params, *xs)
        new, *dxs = pullback(dys)
        return i, tuple(dxs), jax.tree.map(lambda total, term: total + widen(term), dparams, new)

    zeros = jax.tree.map(lambda leaf: jnp.zeros_like(widen(leaf)), block.params)
    _, dxs, dparams = jax.lax.while_loop(lambda carry: carry[0] > 0, trip_back, (trips, dys, zeros))
    dparams = jax.tree.map(lambda total, leaf: total.astype(leaf.dtype), dparams, block.params)
    no_gradient = jax.tree.map(jnp.zeros_like, variables.params)
    return Variables(with_part(no_gradient, "block", dparams), None, None), None, dxs


while_loop.defvjp(while_loop_fwd, while_loop_bwd)


def while_loop_reference(
    loop: "While", train: bool, variables: Variables, key: PRNGKeyArray | None, xs: Arrays
) -> tuple[Arrays, Any]:
    """`while_loop` for automatic differentiation: always `bound` steps, idle once the condition has failed."""
    block, context = part_of(variables, "block"), Context(key, train, "reference")

    def step(carry: tuple[Arrays, Any, Array], i: Int[Array, ""]) -> tuple[tuple[Arrays, Any, Array], None]:
        xs, state, going = carry
        going = going & loop.goes_on(variables, context, i, xs)
        own = block._replace(state=state)
        xs, state = jax.lax.cond(going, lambda: loop.trip(own, context, i, xs), lambda: (xs, state))
        return (xs, state, going), None

    (ys, state, _), _ = jax.lax.scan(step, (xs, block.state, jnp.bool_(True)), jnp.arange(loop.bound))
    return ys, state


def _run(
    loop: "While", variables: Variables, context: Context, xs: Arrays, kept: Any
) -> tuple[Int[Array, ""], tuple[Arrays, Any], Any]:
    """The number of trips, the outputs with the next state, and each trip's beginning written into `kept`."""
    block = part_of(variables, "block")

    def goes_on(carry: tuple[Array, tuple[Arrays, Any], Any]) -> Bool[Array, ""]:
        i, (xs, _), _ = carry
        return (i < loop.bound) & loop.goes_on(variables, context, i, xs)

    def trip(carry: tuple[Array, tuple[Arrays, Any], Any]) -> tuple[Array, tuple[Arrays, Any], Any]:
        i, (xs, state), kept = carry
        if kept is not None:
            kept = jax.tree.map(lambda all_trips, leaf: all_trips.at[i].set(leaf), kept, (xs, state))
        return i + 1, loop.trip(block._replace(state=state), context, i, xs), kept

    return jax.lax.while_loop(goes_on, trip, (jnp.int32(0), (xs, block.state), kept))


@configurable
class While(Module):
    """A block repeated while a condition holds, at most `bound` times: `while_loop` (lecture, A4).

    condition: from what the block is given to one Boolean, asked before each trip, once for the whole input; under
        `vmap` for each example, and those that have stopped wait for the last.
    bound: the largest number of trips; a loop that reaches it stops there, as it is.

    Time: as many trips as the data ask for, forward, and each of them forward and backward again in the backward pass.
    Memory: `bound` times the input. Parameters are the same in every trip, randomness is each trip's own. A derivative
    of second order or in forward mode wants derivatives="reference", which costs `bound` trips' memory in full. Raises
    ShapeError for a block that changes the shape or dtype of what it is given, and for inputs that are no floats.
    """

    block: Block
    condition: Block
    bound: Annotated[int, Gt(0)]

    @property
    def output_count(self) -> int:  # type: ignore[override]
        return self.block.output_count

    @property
    def produces(self) -> Meaning:  # type: ignore[override]
        return joint_meaning([self.block.produces, "input"])

    def __str__(self) -> str:
        return f"While({self.condition}: {self.block}, at most {self.bound} times)"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        parts = {"block": self.block, "condition": self.condition}
        keys = jax.random.split(key)
        return together({n: part.init(key, *specs) for key, (n, part) in zip(keys, parts.items(), strict=True)})

    def apply(
        self, variables: Variables, *xs: Shaped[Array, "..."], context: Context = Context()
    ) -> tuple[Arrays, Any]:
        if not all(jnp.issubdtype(x.dtype, jnp.floating) for x in xs):
            raise ShapeError(f"While got {specs_text(xs)}; it wants floating-point arrays to change: cast them")
        rule = context.pick(while_loop, while_loop_reference)
        ys, state = rule(self, context.train, variables, context.key, xs)
        return ys, with_part(variables.state, "block", state)

    def work(
        self, variables: Variables, *specs: Spec, wanted: Sequence[bool] | None = None, context: Context = Context()
    ) -> Work:
        """That of `bound` trips, each run forward once more on the way back; a loop that ends earlier costs less."""
        # Every trip hands on the cotangent of its input, whether the loop's own is wanted or not.
        trip = self.block.work(part_of(variables, "block"), *specs, context=context)
        asked = self.condition.work(part_of(variables, "condition"), *specs, context=context)
        more = Work(asked.forward_flops, trip.forward_flops, asked.forward_bytes, trip.forward_bytes)
        return Work.total([trip, more]).times(self.bound)

    def goes_on(self, variables: Variables, context: Context, i: Int[Array, ""], xs: Arrays) -> Bool[Array, ""]:
        """Whether the condition holds before trip i."""
        own = part_of(variables, "condition")
        # Folded past the trips, so that what is random in the condition is not the block's over again.
        (answer, *_), _ = self.condition.apply(own, *xs, context=context.fold(self.bound + i))
        if answer.shape or answer.dtype != bool:
            raise ShapeError(
                f"While got {specs_text([answer])} from its condition; it wants one Boolean: reduce it, as by jnp.any"
            )
        return answer

    def trip(self, own: Variables, context: Context, i: Int[Array, ""], xs: Arrays) -> tuple[Arrays, Any]:
        """The block's outputs and next state in trip i."""
        ys, state = self.block.apply(own, *xs, context=context.fold(i))
        check_carried("While", xs, ys)
        # A block without state may return an empty tree of another kind.
        return ys, state if jax.tree.leaves(own.state) else own.state
