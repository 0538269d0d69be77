"""What a combinator holds: modules inside a module, and their variables side by side."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import jax
from annotated_types import MinLen
from jax import Array
from pydantic import BeforeValidator, InstanceOf

from ..core.errors import ShapeError
from ..core.module import ListsToo, Meaning, Module, Spec, Variables
from ..modules.function import Function
from .graph import Graph, spec_text
from .node import Node


def as_module(block: object) -> object:
    """A list of nodes as a `Graph`, a plain JAX function as a `Function`; a module is one already."""
    if isinstance(block, list | tuple | Node):
        return Graph([block] if isinstance(block, Node) else block)
    return Function(block) if callable(block) and not isinstance(block, Module | type) else block


# The type of a combinator's field that holds a module. A config gives a table for one, or a list of tables for a graph.
Block = Annotated[InstanceOf[Module], BeforeValidator(as_module)]
# That of a field that holds several.
Blocks = Annotated[tuple[Block, ...], MinLen(1), ListsToo]


def together(parts: Mapping[str, Variables]) -> Variables:
    """The variables of several parts, as trees keyed by the part's name; a part that has none is left out."""
    columns = [dict(zip(parts, column, strict=True)) for column in zip(*parts.values(), strict=True)]
    return Variables(*({n: tree for n, tree in column.items() if jax.tree.leaves(tree)} for column in columns))


def part_of(variables: Variables, name: str) -> Variables:
    """The variables of one part, out of those that `together` made."""
    return Variables(*(dict(tree).get(name, ()) for tree in variables))


def with_part(tree: Any, name: str, new: Any) -> Any:
    """One of the trees that `together` made, with `new` for the part called `name`, if that has any arrays."""
    return {**tree, name: new} if name in tree else tree


def joint_meaning(meanings: Sequence[Meaning]) -> Meaning:
    """What numbers mean that come from any of several modules: of two meanings, the one that more costs refuse."""
    order: tuple[Meaning, ...] = ("probabilities", "input", "values", "log-probabilities")
    return min(meanings, key=order.index)


def check_carried(who: str, xs: Sequence[Array], ys: Sequence[Array]) -> None:
    """Refuse a block whose outputs cannot be its next inputs."""
    got, wanted = specs_text(ys), specs_text(xs)
    if got != wanted:
        raise ShapeError(
            f"{who} got a block that makes {got} of {wanted}; its outputs are its next inputs, so they must have the "
            "same shapes and dtypes: end the block with as many features as it begins with"
        )


def specs_text(specs: Sequence[Spec]) -> str:
    """Shapes and dtypes as people write them."""
    return ", ".join(map(spec_text, specs))
