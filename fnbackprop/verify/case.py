"""What a check is given: a rule, the ways to call it, and what its author declares."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from .arguments import Arguments, is_floating
from .compare import Tolerance
from .constants import code_constants, is_threshold, traced_constants
from .declarations import Declarations
from .dimensions import Dimensions
from .primal import rule_calls
from .pulled import Arrays, pullback
from .reliable import moved_last
from .sampling import resample
from .setting import Setting

Level = Literal["fast", "full"]
# Entries in all, beyond which points are tried on a smaller problem of the same kind.
_LARGE = 4096


@dataclass(frozen=True, eq=False)
class Case:
    """A rule, prepared to be checked."""

    rule: Callable
    name: str
    args: tuple[Any, ...]
    explicit: Callable | None
    level: Level
    seed: int
    declarations: Declarations
    arguments: Arguments

    def rng(self, check: str) -> np.random.Generator:
        """A generator of the check's own, so that no check depends on which others run."""
        return np.random.default_rng([self.seed, zlib.crc32(check.encode())])

    @cached_property
    def given(self) -> Setting:
        """The call as it was made."""
        leaves, tree, active, names = self.arguments
        x64 = any(getattr(leaf, "dtype", None) in (jnp.float64, jnp.complex128, jnp.int64) for leaf in leaves)
        wide = x64 and jax.config.jax_enable_x64
        domain = self.declarations.domain
        setting = Setting(self.rule, self.explicit, leaves, tree, active, names, wide, domain)
        return replace(setting.compared(), arrives=_arrives(setting))

    @cached_property
    def no_reference(self) -> str:
        """Why there is no reference, where there is none."""
        return "" if self.given.compare else self.given.no_reference()

    @cached_property
    def base(self) -> Setting:
        """The call in float64 where the rule takes it, made smaller where it is large."""
        small = self.given
        if sum(x.size for x in self.given.xs) > _LARGE:
            made = self.dimensions.shrunk()
            # What the function holds, as labels, may be too large for a smaller problem.
            small = made if made and made.finite >= small.finite else small
        wide = cast(small, np.dtype(np.float64))
        return wide if wide.accepted and not wide.program.refuses else small

    def as_base(self, setting: Setting) -> Setting:
        """Another call in the precision of the base setting."""
        wide = all(x.dtype in (np.float64, np.complex128) for x in self.base.xs)
        return cast(setting, np.dtype(np.float64)) if wide else setting

    @cached_property
    def dimensions(self) -> Dimensions:
        """Which lengths can be changed together."""
        return Dimensions(self.given, self.rng)

    @cached_property
    def tolerance(self) -> Tolerance:
        """How closely cotangents must agree in the base setting."""
        rounding = self.base.program.coarsest
        # A rule that computes in the example's precision throughout gives no better derivatives than that.
        backward = max(rounding, min(self.base.program.backward_coarsest, self.given.program.coarsest))
        rtol = min(0.1, max(self.declarations.rtol, 1e3 * backward))
        return Tolerance(
            rtol, rounding, backward, self.declarations.convention != "reference", self.rules > 1, self.rules > 0
        )

    @cached_property
    def lost(self) -> float:
        """What single precision loses of the cotangents at the call as given, in shares of the largest entry."""
        wide = cast(self.given, np.dtype(np.float64))
        if not (self.given.traceable and wide.accepted):
            return 0.0
        (dys,) = cotangents(self.given, 1, self.rng("loss"))
        wide_dys = tuple(np.asarray(dy, y.dtype) for dy, y in zip(dys, wide.outputs, strict=True))
        pairs = ((self.given, dys), (wide, wide_dys))
        narrow, exact = (s.run(s.compiled(partial(pullback, s.rule)), s.xs, d) for s, d in pairs)
        errors = []
        for a, b in zip(narrow, exact, strict=True):
            true = np.asarray(b)
            errors.append(float(np.abs(np.asarray(a) - true).max(initial=0) / (np.abs(true).max(initial=0) or 1)))
        return float(np.nan_to_num(max(errors, default=0.0), nan=0, posinf=0))

    @cached_property
    def rules(self) -> int:
        """How many hand-written rules the function calls."""
        if not self.base.traceable:
            return 1
        return rule_calls(self.base.program.jaxpr).total()

    @cached_property
    def constants(self) -> list[float]:
        """Numbers that the rule's code names."""
        named = [float(c) for c in self.code_constants if isinstance(c, int | float) and is_threshold(float(c))]
        return sorted({*named, *traced_constants(self.base)})[:24]

    @cached_property
    def code_constants(self) -> tuple[Any, ...]:
        """Everything that the rule's code names."""
        return code_constants(self.rule)

    @property
    def full(self) -> bool:
        """Whether time matters less than thoroughness."""
        return self.level == "full"


def _arrives(setting: Setting) -> float:
    """By what share one more round moves what its loops carry: in single precision too, and in double."""
    moved = moved_last(setting, setting.xs)
    wide = cast(setting, np.dtype(np.float64))
    return max(moved, moved_last(wide, wide.xs)) if np.isfinite(moved) and wide.accepted else moved


def cast(setting: Setting, dtype: np.dtype) -> Setting:
    """The same call with its floating arrays in `dtype`, complex ones in its double."""
    wide = dtype == np.float64
    kinds = {True: np.dtype(np.complex128 if wide else np.complex64), False: dtype}

    def changed(x: Any) -> np.ndarray:
        return np.asarray(x, kinds[np.iscomplexobj(x)])

    # Those that are not differentiated too: the function may stop their gradients.
    leaves = tuple(changed(leaf) if is_floating(leaf) else leaf for leaf in setting.leaves)
    return replace(replace(setting, leaves=leaves).at(list(map(changed, setting.xs))), x64=wide)


def cotangents(setting: Setting, count: int, rng: np.random.Generator) -> list[Arrays]:
    """Random cotangents of the outputs."""
    return [tuple(resample(np.zeros((), y.dtype), y.shape, rng) for y in setting.outputs) for _ in range(count)]


def one_hot(setting: Setting, count: int, rng: np.random.Generator) -> list[Arrays]:
    """Cotangents that are 1 for one number of the outputs, in turn for each output."""
    made = []
    for k in range(count):
        dys = [np.zeros(y.shape, y.dtype) for y in setting.outputs]
        filled = [dy for dy in dys if dy.size]
        if filled:
            filled[k % len(filled)].reshape(-1)[rng.integers(filled[k % len(filled)].size)] = 1
        made.append(tuple(dys))
    return made
