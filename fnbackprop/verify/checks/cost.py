"""What a rule keeps for its backward pass: no more than its inputs and outputs, or than autodiff would keep."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..arguments import is_key
from ..case import Case
from ..describe import describe
from ..dimensions import Group
from ..setting import Setting
from ..verdict import Finding, Outcome, Verdict, failed, not_run

# Long enough that whole arrays outweigh what is kept per row.
_LENGTH, _LONG = 48, 512
# A call with more entries than this is not made up.
_LARGEST = 1 << 21
_PAIRS = 6
_SLACK = 1.25
_FREE = 4096  # bytes


def cost(case: Case) -> Outcome:
    """Bytes of residuals that are neither inputs nor outputs already, and of constants that the rule captured.

    With all lengths alike, and with each two long and the others short: what grows with a product shows there.
    """
    if not case.given.traceable:
        return not_run("the function cannot be traced")
    figures: dict[str, int] = {}
    for setting in _settings(case):
        ends = sum(x.nbytes for x in setting.xs) + sum(y.size * y.dtype.itemsize for y in setting.outputs)
        kept, constants = _kept(setting, setting.rule)
        own, own_constants = _kept(setting, setting.reference) if setting.compare else (0, 0)
        figures = figures or {
            "bytes of inputs and outputs": ends,
            "kept besides": kept,
            "by autodiff": own,
            "constants": constants,
        }
        where = describe(setting)
        if kept > _SLACK * max(ends, own) + _FREE:
            return failed(Finding("keeps too much for its backward pass", where, got=kept, expected=max(ends, own)))
        if constants > _SLACK * max(ends, own_constants) + _FREE:
            allowed = max(ends, own_constants)
            return failed(Finding("captures large constants", where, got=constants, expected=allowed))
    return Outcome(Verdict.PASS, figures=figures)


def _settings(case: Case) -> Iterator[Setting]:
    groups = case.dimensions.groups
    yield _resized(case, {g: _LENGTH + 2 * k for k, g in enumerate(groups)}) or case.given
    for pair in list(combinations(groups, 2))[:_PAIRS]:
        lengths = {g: _LONG + pair.index(g) if g in pair else 2 + k for k, g in enumerate(groups)}
        if skewed := _resized(case, lengths):
            yield skewed


def _resized(case: Case, lengths: dict[Group, int]) -> Setting | None:
    """The call with these lengths, the longest halved until it is not too large."""
    while case.dimensions.entries(lengths) > _LARGEST:
        longest = max(lengths.values())
        lengths = {group: (n + 1) // 2 if 2 * n > longest else n for group, n in lengths.items()}
    return case.dimensions.resized(lengths)


def _kept(setting: Setting, function: Callable) -> tuple[int, int]:
    """Bytes of residuals, and of the constants that both passes captured."""

    def forward(*xs: Any) -> tuple[Any, Any]:
        ys, back = jax.vjp(function, *xs)
        return ys, back

    jaxpr, (_, back) = setting.run(jax.make_jaxpr(forward, return_shape=True), *setting.xs)
    residuals = {id(var): var.aval for var in jaxpr.jaxpr.outvars[len(setting.outputs) :]}
    # Inputs and outputs are there anyway.
    held = {
        id(var) for var in (*jaxpr.jaxpr.constvars, *jaxpr.jaxpr.invars, *jaxpr.jaxpr.outvars[: len(setting.outputs)])
    }
    kept = sum(_bytes(aval) for key, aval in residuals.items() if key not in held)
    backward = setting.run(jax.make_jaxpr(lambda back, dys: back(dys)), back, setting.outputs)
    # Both passes may make the same table, as of indices.
    captured = {_content(c): c for c in (*jaxpr.consts, *backward.consts)}.values()
    # Arguments that are not differentiated, as a mask, are constants here as well.
    own = {(jnp.shape(leaf), str(jnp.result_type(leaf))) for leaf in setting.leaves if hasattr(leaf, "shape")}
    return kept, sum(_bytes(c) for c in captured if (jnp.shape(c), str(c.dtype)) not in own)


def _content(array: Any) -> Any:
    return id(array) if is_key(array) else (str(array.dtype), jnp.shape(array), np.asarray(array).tobytes())


def _bytes(array: Any) -> int:
    return int(array.size * getattr(array.dtype, "itemsize", 4)) if hasattr(array, "size") else 0
