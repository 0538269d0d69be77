"""What a rule keeps for its backward pass: no more than its inputs and outputs, or than autodiff would keep."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..arguments import is_key
from ..case import Case
from ..describe import describe
from ..dimensions import Dimensions
from ..lengths import Group
from ..setting import Setting
from ..verdict import Finding, Outcome, RuleRaised, Verdict, failed, not_run

# Long enough that whole arrays outweigh what is kept per row.
_LENGTH, _LONG = 48, 512
# A call with more entries than this is not made up.
_LARGEST = 1 << 21
_PAIRS = 6
_HALVINGS = 40
_SLACK = 1.25
# Where autodiff cannot tell, as of a loop, what is kept of the inputs may be as much again a few times.
_UNKNOWN = 4
_FREE = 4096  # bytes


def cost(case: Case) -> Outcome:
    """Bytes of residuals that are neither inputs nor outputs already, and of constants that the rule captured.

    With all lengths alike, with each two long and the others short, and with all some times as long as they are: what
    grows with a product shows there, also of a window that must be shorter than its row.
    """
    if not case.given.traceable:
        return not_run("the function cannot be traced")
    figures: dict[str, int] = {}
    for setting in _settings(case):
        ends = sum(x.nbytes for x in setting.xs) + sum(y.size * y.dtype.itemsize for y in setting.outputs)
        rule = _kept(setting, setting.rule)
        own = _kept(setting, setting.reference) if setting.compare else _Kept(0, 0, 0)
        figures = figures or {
            "kept bytes": rule.all,
            "inputs and outputs": ends,
            "kept by autodiff": own.all,
            "constants": rule.constants,
        }
        where, allowed = describe(setting), max(ends, own.all) if setting.compare else _UNKNOWN * ends
        # Beside its inputs and outputs, which are there anyway, a rule may keep what autodiff keeps beside them.
        if _exceeds(rule.all, allowed) and _exceeds(rule.besides, own.besides):
            return failed(Finding("keeps too much for its backward pass", where, got=rule.all, expected=allowed))
        if _exceeds(rule.constants, allowed := max(ends, own.constants)):
            return failed(Finding("captures large constants", where, got=rule.constants, expected=allowed))
    return Outcome(Verdict.PASS, figures=figures)


def _settings(case: Case) -> Iterator[Setting]:
    groups = case.dimensions.groups
    yield _resized(case, {g: _LENGTH + 2 * k for k, g in enumerate(groups)}) or case.given
    pairs = list(combinations(groups, 2))[:_PAIRS]
    long = [{g: _LONG + pair.index(g) if g in pair else 2 + k for k, g in enumerate(groups)} for pair in pairs]
    for lengths in (*long, *([_scaled(case.dimensions)] if pairs else [])):
        if made := _resized(case, lengths):
            yield made


def _scaled(dimensions: Dimensions) -> dict[Group, int]:
    """All lengths as many times as long as they are, as the longest may be and the whole is not too large."""
    own = {group: dimensions.length(group) for group in dimensions.groups}
    times = max(1, _LONG // max(own.values()))
    while times > 1 and dimensions.entries({group: times * n for group, n in own.items()}) > _LARGEST:
        times //= 2
    return {group: times * n for group, n in own.items()}


def _resized(case: Case, lengths: dict[Group, int]) -> Setting | None:
    """The call with these lengths, the longest halved until neither it nor its program is too large."""
    made = None
    for _ in range(_HALVINGS):
        if case.dimensions.entries(lengths) <= _LARGEST:
            made = case.dimensions.drawn(lengths)
            if not case.dimensions.growth.is_written_out(made):
                break
        longest = max(lengths.values(), default=1)
        lengths = {group: (n + 1) // 2 if 2 * n > longest else n for group, n in lengths.items()}
    return made if made and case.dimensions.takes(made) and any(y.size for y in made.outputs) else None


class _Kept(NamedTuple):
    """Bytes of all residuals, of those that are neither inputs nor outputs, and of what both passes captured."""

    all: int
    besides: int
    constants: int


def _exceeds(got: int, allowed: int) -> bool:
    return got > _SLACK * allowed + _FREE


def _kept(setting: Setting, function: Callable) -> _Kept:

    def forward(*xs: Any) -> tuple[Any, Any]:
        ys, back = jax.vjp(function, *xs)
        return ys, back

    try:
        jaxpr, (_, back) = setting.run(jax.make_jaxpr(forward, return_shape=True), *setting.xs)
        backward = setting.run(jax.make_jaxpr(lambda back, dys: back(dys)), back, setting.outputs)
    except Exception as error:
        raise RuleRaised("when differentiated", error, describe(setting)) from error
    residuals = {id(var): var.aval for var in jaxpr.jaxpr.outvars[len(setting.outputs) :]}
    held = {id(var) for var in jaxpr.jaxpr.constvars}
    kept = {key: _bytes(aval) for key, aval in residuals.items() if key not in held}
    ends = {id(var) for var in (*jaxpr.jaxpr.invars, *jaxpr.jaxpr.outvars[: len(setting.outputs)])}
    # Both passes may make the same table, as of indices.
    captured = {_content(c): c for c in (*jaxpr.consts, *backward.consts)}.values()
    # Arguments that are not differentiated, as a mask, are constants here as well.
    own = {(jnp.shape(leaf), str(jnp.result_type(leaf))) for leaf in setting.leaves if hasattr(leaf, "shape")}
    constants = sum(_bytes(c) for c in captured if (jnp.shape(c), str(c.dtype)) not in own)
    return _Kept(sum(kept.values()), sum(size for key, size in kept.items() if key not in ends), constants)


def _content(array: Any) -> Any:
    plain = isinstance(array, np.ndarray | jax.Array) and not isinstance(array, jax.core.Tracer) and not is_key(array)
    return (str(array.dtype), jnp.shape(array), np.asarray(array).tobytes()) if plain else id(array)


def _bytes(array: Any) -> int:
    return int(array.size * getattr(array.dtype, "itemsize", 4)) if hasattr(array, "size") else 0
