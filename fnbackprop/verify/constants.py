"""Numbers and words that a function's own code names: where it may behave differently is worth a look."""

import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import jax
import numpy as np
from jax.extend.core import Literal

from .primal import equations
from .setting import Setting

_DEPTH = 4


def code_constants(function: Callable) -> tuple[Any, ...]:
    """The constants in the code of a function, of its rules, and of the functions of its package that it calls."""
    return tuple({(type(c), c): c for code in _codes(function) for c in _flat(code.co_consts)}.values())


def listed_beside(function: Callable, word: str) -> list[str]:
    """What else stands in the tables and lists of the function's module, and of those it calls, that hold this word."""
    tables = [
        thing.__globals__.get(name)
        for thing in referenced(function)
        if hasattr(thing, "__code__")
        for code in _inner(thing.__code__)
        for name in code.co_names
    ]
    holding = [t for t in tables if isinstance(t, dict | list | tuple | set | frozenset) and word in t]
    return [other for table in holding for other in table if isinstance(other, str)]


def referenced(function: Callable) -> Iterator[Any]:
    """The function, and what it names, holds or wraps, where that belongs to nobody else's library."""
    seen: set[int] = set()
    waiting: list[tuple[Any, int]] = [(function, 0)]
    while waiting:
        thing, depth = waiting.pop()
        if id(thing) in seen or depth > _DEPTH or _foreign(thing):
            continue
        seen.add(id(thing))
        yield thing
        waiting += [(held, depth + 1) for held in _held(thing)]


def is_threshold(number: float) -> bool:
    """Whether it is of a size that code names to tell cases apart, or to keep a division from 0."""
    return bool(np.isfinite(number)) and 1e-7 < abs(number) < 1e6


def traced_constants(setting: Setting) -> list[float]:
    """The numbers in the traced program of both passes: a threshold is often one of them."""

    def passes(*xs: Any) -> Any:
        ys, back = jax.vjp(setting.rule, *xs)
        return ys, back(ys)

    try:
        jaxpr = setting.run(jax.make_jaxpr(passes), *setting.xs)
    except Exception:  # the checks will say so
        return []
    atoms = [atom for equation in equations(jaxpr.jaxpr) for atom in equation.invars if isinstance(atom, Literal)]
    numbers = {
        float(a.val) for a in atoms if np.ndim(a.val) == 0 and np.issubdtype(np.asarray(a.val).dtype, np.floating)
    }
    return sorted(filter(is_threshold, numbers))


def _codes(function: Callable) -> Iterator[types.CodeType]:
    for thing in referenced(function):
        code = getattr(thing, "__code__", None)
        if code is not None:
            yield from _inner(code)


def _inner(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _inner(constant)


def _flat(constants: tuple) -> Iterator[Any]:
    for constant in constants:
        if isinstance(constant, tuple | frozenset):
            yield from _flat(tuple(constant))
        elif isinstance(constant, int | float | str) and not isinstance(constant, bool):
            yield constant


def _held(thing: Any) -> Iterator[Any]:
    # custom_vjp keeps its function, fwd and bwd; partial its func; a method its function; a module instance its class.
    for name in ("fun", "fwd", "bwd", "jvp", "func", "__wrapped__", "__func__"):
        yield getattr(thing, name, None)
    code = getattr(thing, "__code__", None)
    if code is not None:
        names = {name for inner in _inner(code) for name in inner.co_names}
        yield from (value for name, value in thing.__globals__.items() if name in names and callable(value))
        yield from (cell.cell_contents for cell in thing.__closure__ or () if _filled(cell))
        yield from thing.__defaults__ or ()


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _foreign(thing: Any) -> bool:
    if thing is None or isinstance(thing, type | types.ModuleType) or not callable(thing):
        return True
    return _of_library(getattr(thing, "__module__", None) or "")


@cache
def _of_library(module: str) -> bool:
    return module.split(".")[0] in ("jax", "jaxlib", "numpy", "builtins", "functools", "optax", "jaxtyping", "beartype")
