"""Values of an integer argument that its function tells apart from all of the example's: as −1 for "leave this out"."""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from .arguments import as_given
from .primal import Step, steps
from .setting import Setting

_COMPARISONS = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq}
_COMPARISONS["ne"] = operator.ne
_RESHAPING = ("broadcast_in_dim", "reshape", "squeeze", "convert_element_type", "copy")
# Every so many entries are such a value.
_EVERY = 3


def sentinels(setting: Setting, place: int) -> Iterator[np.ndarray]:
    """The integers at this place among the leaves with some of them such a value, where that is no mere index.

    JAX asks of every index whether it is negative, and counts it from the end.
    """
    given = np.asarray(setting.leaves[place])
    lengths = {n for leaf in setting.leaves for n in np.shape(leaf) if n > given.max(initial=0)}
    least = np.iinfo(given.dtype).min
    for value in sorted(value for value in _told_apart(setting, place) if value >= least):
        made = _marked(setting, place, value)
        counted = (_marked(setting, place, value + n) for n in lengths if value + n >= 0)
        if made.accepted and made.finite and not any(other.accepted and made.agrees_with(other) for other in counted):
            yield np.asarray(made.leaves[place])


def _told_apart(setting: Setting, place: int) -> set[int]:
    """Values next to a number that the integers are compared with, on that side of it where none of the example is."""
    given = np.asarray(setting.leaves[place])
    found: set[int] = set()

    def trace(integers: Any) -> None:
        same, seen = {id(integers)}, steps(lambda values: _with(setting, place, values).rule(*setting.xs), (integers,))
        for step in seen:
            name, inputs = step.equation.primitive.name, step.inputs
            if name in _RESHAPING and id(inputs[0]) in same:
                same.add(id(step.outputs[0]))
            elif name in _COMPARISONS and id(inputs[0]) in same and _is_number(inputs[1]):
                compare, number = _COMPARISONS[name], int(inputs[1])
                if name == "lt" and number == 0 and _counts_from_the_end(step.outputs[0], same, seen):
                    continue
                sides = set(compare(given, number).reshape(-1).tolist())
                found.update(v for v in (number - 1, number, number + 1) if sides == {not compare(v, number)})

    try:
        setting.run(jax.make_jaxpr(trace), given)
    except Exception:  # it wants the integers' values
        return set()
    return found


def _counts_from_the_end(compared: Any, integers: set[int], seen: Sequence[Step]) -> bool:
    """Whether a comparison only chooses between the integers and the same plus a length, as JAX does of any index."""
    longer = {
        id(step.outputs[0]) for step in seen if step.equation.primitive.name == "add" and id(step.inputs[0]) in integers
    }
    uses = [step for step in seen if any(value is compared for value in step.inputs)]
    return bool(uses) and all(
        step.equation.primitive.name == "select_n" and {id(value) for value in step.inputs[1:]} <= integers | longer
        for step in uses
    )


def _marked(setting: Setting, place: int, value: int) -> Setting:
    marked = np.array(setting.leaves[place])
    marked.reshape(-1)[::_EVERY] = value
    return _with(setting, place, as_given(marked, setting.leaves[place]))


def _with(setting: Setting, place: int, values: Any) -> Setting:
    return replace(setting, leaves=(*setting.leaves[:place], values, *setting.leaves[place + 1 :]))


def _is_number(value: Any) -> bool:
    return not isinstance(value, jax.core.Tracer) and np.ndim(value) == 0
