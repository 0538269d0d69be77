"""Options over their declared grid, or over the values that the function takes and its code suggests."""

import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ..case import Case, cotangents
from ..constants import listed_beside
from ..describe import value_text
from ..judge import judge
from ..outcome import conclude
from ..points import random_points
from ..selection import from_each
from ..setting import Setting
from ..verdict import Outcome, inconclusive, not_run

# Values that nobody declared.
_MOST = {"fast": 6, "full": 24}
# What options are called by convention, where code has an `else` for the last of them.
_WORDS = (("mean", "sum", "none"), ("same", "valid", "full"), ("SAME", "VALID"))


def options(case: Case) -> Outcome:
    """One option at a time, and all switches at once, at the example and at another point."""
    rng, judgements = case.rng("options"), []
    found, declared = {option.name: option for option in _options(case)}, case.declarations.options
    said = {name: list(_settings(case, found[name])) if name in found else [] for name in declared}
    if untried := [name for name, settings in said.items() if len(settings) < len(declared[name])]:
        return inconclusive(f"not all values that are declared for {', '.join(untried)} are taken")
    free = [option for name, option in found.items() if name not in declared]
    unsaid = [*(_settings(case, option) for option in free), _all_switched(case, free)]
    for setting in [*chain.from_iterable(said.values()), *from_each(unsaid, _MOST[case.level])]:
        if not setting.finite and (positive := _positive(setting)).accepted and positive.finite:
            setting = positive  # as where a switch takes logarithms of what were logarithms
        points = random_points(setting, 2, rng)
        judgements.append(judge(setting, points, cotangents(setting, 2, rng), case.tolerance, rng))
        if judgements[-1].finding:
            break
    return conclude(judgements) if judgements else not_run("no options, or none with another value that is taken")


class Option(NamedTuple):
    """An option, its present value, and how to call a function with another."""

    name: str
    given: Any
    call: Callable[..., Callable]


def _settings(case: Case, option: Option) -> Iterator[Setting]:
    """Calls with another value for one option."""
    values = case.declarations.options.get(option.name)
    for value in values if values is not None else _candidates(case, option):
        setting = _changed(case, partial(option.call, value=value), f"{option.name}={value_text(value)}")
        if setting.accepted and (values is not None or not _is_far_fetched(setting, option.given, value)):
            yield setting.compared()


def _all_switched(case: Case, free: Sequence[Option]) -> Iterator[Setting]:
    """All switches turned at once: each alone may be right, and both together wrong."""
    switches = [option for option in free if isinstance(option.given, bool)]
    if len(switches) < 2:
        return

    def switched(function: Callable) -> Callable:
        return reduce(lambda called, option: option.call(called, not option.given), switches, function)

    setting = _changed(case, switched, ", ".join(f"{option.name}={not option.given}" for option in switches))
    if setting.accepted:
        yield setting.compared()


def _changed(case: Case, change: Callable[[Callable], Callable], where: str) -> Setting:
    """The call with another function in place of the rule, and of the reference."""
    return replace(
        case.base, call=change(case.rule), explicit=change(case.explicit) if case.explicit else None, where=where
    )


def _is_far_fetched(setting: Setting, given: Any, value: Any) -> bool:
    """Whether nobody would call the function so: in a shape that its rule refuses aloud, or with too few of something.

    A number larger than all indices of an array may be how many there are.
    """
    if given is None:
        return setting.program.raises
    if not isinstance(given, int) or isinstance(given, bool) or not isinstance(value, int) or given in _axes(setting):
        return False
    whole = [leaf for leaf in setting.leaves if hasattr(leaf, "shape") and "int" in str(leaf.dtype) and leaf.size]
    return any(value <= int(np.max(leaf)) < given for leaf in whole)


def _options(case: Case) -> Iterator[Option]:
    """Positional arguments, bound keywords, defaults."""
    try:
        parameters = list(inspect.signature(case.rule).parameters.values())
    except (TypeError, ValueError):
        return
    for place, parameter in enumerate(parameters):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if place < len(case.args) and parameter.kind is not parameter.KEYWORD_ONLY:
            if not hasattr(case.args[place], "shape") and not _is_tree(case.args[place]):
                yield Option(parameter.name, case.args[place], partial(_positional, place))
        elif parameter.default is not parameter.empty:
            yield Option(parameter.name, parameter.default, partial(_keyword, parameter.name))


def _positional(place: int, function: Callable, value: Any) -> Callable:
    return lambda *args: function(*args[:place], value, *args[place + 1 :])


def _keyword(name: str, function: Callable, value: Any) -> Callable:
    return partial(function, **{name: value})


def _candidates(case: Case, option: Option) -> Sequence[Any]:
    """Values of the present one's kind that may be taken as well."""
    given = option.given
    if given is None:
        return [*_literals(case.rule, option.name), *_arrays(case, option.name)]
    found: list[Any] = list(_literals(case.rule, option.name))
    if isinstance(given, bool):
        found += [not given]
    elif isinstance(given, int):
        # What cannot be an axis is a number of something, or an exponent.
        found += [*(_axes(case.base) if _is_axis(case, option) else ()), 2, 3, 1, given + 1]
    elif isinstance(given, float):
        found += [given / 2, given * 2, given + 0.25]
    elif isinstance(given, str):
        found += [c for c in case.code_constants if isinstance(c, str) and c.isidentifier()]
        found += [word for words in (*_WORDS, listed_beside(case.rule, given)) if given in words for word in words]
    elif isinstance(given, tuple) and all(isinstance(n, int) for n in given):
        found += [given[::-1], *((n,) for n in given)]
    return [v for k, v in enumerate(found) if v != given and v not in found[:k]]


def _positive(setting: Setting) -> Setting:
    return setting.at(tuple(x if np.iscomplexobj(x) else np.abs(x) for x in setting.xs))


def _is_axis(case: Case, option: Option) -> bool:
    """Whether the number means the same counted from the other end."""
    if option.given not in _axes(case.base):
        return False
    turned = {option.given + (-x.ndim if option.given >= 0 else x.ndim) for x in case.base.xs if x.ndim}
    settings = (_changed(case, partial(option.call, value=value), option.name) for value in turned)
    return any(setting.accepted and setting.runs and setting.agrees_with(case.base) for setting in settings)


def _axes(setting: Setting) -> range:
    rank = max((x.ndim for x in setting.xs), default=0)
    return range(-rank, rank)


def _arrays(case: Case, name: str) -> Iterator[np.ndarray]:
    """For an argument that was left out: of the shapes of the others' rows, of one per row, of their own, of none."""
    rng = case.rng(f"options {name}")
    shapes = [shape for x in case.base.xs for shape in (x.shape[-1:], x.shape[:-1], x.shape)]
    for shape in dict.fromkeys([*shapes, ()]):
        drawn = 0.5 + rng.random(shape)
        yield np.asarray(drawn < 1.2) if "mask" in name else np.asarray(drawn, case.base.xs[0].dtype)


def _literals(rule: Callable, name: str) -> tuple[Any, ...]:
    annotation = getattr(rule, "__annotations__", {}).get(name)
    return typing.get_args(annotation) if typing.get_origin(annotation) is typing.Literal else ()


def _is_tree(value: Any) -> bool:
    return (isinstance(value, dict | list | tuple) and not all(isinstance(n, int) for n in value)) or isinstance(
        value, np.ndarray
    )
