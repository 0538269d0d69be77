"""A look at the nodes' health: one step's, on the device; and a chunk's, listed there and then read by name."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Int

# What is measured of a node, and the column of it. Each is at least 0; below it the node has no such thing.
FIGURES = (
    "output_norm",  # ‖y‖ over the whole batch
    "cotangent_norm",  # ‖∂C/∂y‖
    "dead",  # share of features (the last axis) saturated for the whole batch, at every time or place
    "saturated",  # share of outputs where the activation's slope is next to 0
    "gradient_norm",  # ‖∂C/∂w‖, without penalties, which would hide that it vanishes
    "weight_norm",  # ‖w‖ before the step
    "update_ratio",  # ‖Δw‖ / ‖w‖
)
NOTHING = -1.0


class Look(NamedTuple):
    """What a step saw, if it was taken: of each node the FIGURES, and the first place with a non-finite value, or −1.

    finite: whether the step's loss and gradient are; it is looked at wherever they are not.
    """

    taken: Bool[Array, ""]
    finite: Bool[Array, ""]
    step: Int[Array, ""]
    figures: Float[Array, "nodes figures"]
    non_finite: Int[Array, ""]


class Looks(NamedTuple):
    """The looks of several steps, of which so many were `taken`: a `Look` with an axis for them before all others."""

    taken: Int[Array, ""]
    held: Look


class Health(NamedTuple):
    """A look by name: the figures of each node, and the first place with a value that is not finite, if any is."""

    step: int
    nodes: dict[str, dict[str, float]]
    non_finite: str | None


def no_looks(look: Look, most: int) -> Looks:
    """Room for so many looks of this shape."""
    return Looks(jnp.int32(0), jax.tree.map(lambda leaf: jnp.zeros((most, *leaf.shape), leaf.dtype), look))


def add_look(looks: Looks, look: Look) -> Looks:
    """`looks` with one more, if it was taken and there is room."""
    outside = looks.held.step.size
    place = jnp.where(look.taken, looks.taken, outside)
    held = jax.tree.map(lambda leaves, leaf: leaves.at[place].set(leaf, mode="drop"), looks.held, look)
    return Looks(looks.taken + look.taken, held)


def name_look(look: Look, names: list[str], places: list[str]) -> Health:
    """A look by the nodes' names, and those of the places where a value can be non-finite."""
    nodes = dict(zip(names, map(_present, np.asarray(look.figures)), strict=True))
    return Health(int(look.step), nodes, places[int(look.non_finite)] if look.non_finite >= 0 else None)


def _present(row: Float[np.ndarray, " figures"]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(FIGURES, row, strict=True) if value != NOTHING}
