"""A counterexample in words: what differs from ones and zeros, and the entry that is wrong."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from .arguments import is_key
from .compare import Tolerance, compare
from .pulled import Arrays
from .setting import Setting
from .shrink import shrink
from .vectors import as_covector, locate, stack
from .verdict import RuleRaised

# Odd entries that are listed one by one; beyond, arrays of up to so many entries are printed whole.
_LISTED, _PRINTED = 3, 16
# Larger calls are not made simpler: it would take many of them.
_LARGE = 1 << 14


def example(setting: Setting, xs: Arrays, dys: Arrays, tolerance: Tolerance, looked_at: np.ndarray) -> str:
    """A simpler call that is wrong in the entries that are looked at; empty without a reference to tell it by."""
    if not setting.compare or sum(a.size for a in (*xs, *dys)) > _LARGE:
        return ""
    try:
        simple = shrink(setting, xs, dys, tolerance, looked_at)
    except RuleRaised:  # at a simpler point: of what was found it says nothing
        return ""
    if simple is None:
        return ""
    xs, dys = simple
    found = setting.pulled(stack([xs]), stack([dys]))
    got, wanted = (as_covector(part or ())[0] for part in (found.dxs, found.reference))
    apart = np.where(looked_at & np.isfinite(wanted), compare(found, stack([dys]), tolerance).apart[0], 0)
    place = int(np.argmax(apart))
    number, index, imaginary = locate(place, xs)
    where = ("the imaginary part of d" if imaginary else "d") + _entry(setting.names[number], index)
    more = np.count_nonzero(apart) - 1
    call = f"{_given(setting, xs)}; {_odd(_names(len(dys)), dys, 0)}"
    return f"{call}: {where} is {got[place]:.6g}, not {wanted[place]:.6g}" + (f" (and {more} more)" if more else "")


def _given(setting: Setting, xs: Arrays) -> str:
    """The arguments, with those that are not differentiated where they are short."""
    rest = [leaf for i, leaf in enumerate(setting.leaves) if i not in setting.active]
    fixed = [_text(leaf) for leaf in rest if np.size(leaf) <= _PRINTED]
    return _odd(setting.names, xs, 1) + (f", beside {', '.join(fixed)}" if fixed else "")


def _names(count: int) -> list[str]:
    return ["dy"] if count == 1 else [f"dy[{k}]" for k in range(count)]


def _odd(names: Sequence[str], arrays: Arrays, usual: int) -> str:
    """The entries that are not `usual`, and that all others are."""
    parts, usual_too = [], False
    for name, array in zip(names, arrays, strict=True):
        odd = np.argwhere((array != usual) | (array.size == 1)).tolist()
        if len(odd) <= _LISTED:
            parts += [f"{_entry(name, index)} = {_number(array[tuple(index)])}" for index in odd]
            usual_too |= len(odd) < array.size
        else:
            parts.append(f"{name} = {_text(array)}")
    if not parts:
        return f"{', '.join(names) if len(names) <= _LISTED else 'arguments'} all {usual}"
    return ", ".join(parts) + (f", else {usual}" if usual_too else "")


def _entry(name: str, index: Sequence[Any]) -> str:
    return name + (str(list(index)) if index else "")


def _number(value: Any) -> str:
    return f"{complex(value) if np.iscomplexobj(value) else float(value):.6g}"


def _text(value: Any) -> str:
    if is_key(value):
        return f"key {np.asarray(jax.random.key_data(value)).tolist()}"
    if not hasattr(value, "shape"):
        return repr(value)
    array = np.asarray(value)
    if array.size > 1 and (array == array.flat[0]).all():
        return f"all {_number(array.flat[0])}"
    digits = {"float_kind": _number, "complex_kind": _number}
    text = np.array2string(array, separator=", ", threshold=_PRINTED, edgeitems=2, formatter=digits)  # type: ignore[arg-type]
    return text.replace("\n", "")
