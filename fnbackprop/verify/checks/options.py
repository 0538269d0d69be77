"""Options over their declared grid, or over the values that the function takes and its code suggests."""

import inspect
import itertools
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..case import Case, cotangents
from ..judge import judge
from ..outcome import conclude
from ..points import random_points
from ..setting import Setting
from ..verdict import Outcome, not_run

_MOST = {"fast": 6, "full": 24}
# What options are called by convention, where code has an `else` for the last of them.
_WORDS = (("mean", "sum", "none"), ("same", "valid", "full"), ("SAME", "VALID"))


def options(case: Case) -> Outcome:
    """One option at a time, at the example and at another point."""
    rng, judgements = case.rng("options"), []
    for setting in itertools.islice(_settings(case), _MOST[case.level]):
        points = random_points(setting.xs, 2, rng)
        judgements.append(judge(setting, points, cotangents(setting, 2, rng), case.tolerance, rng))
        if judgements[-1].finding:
            break
    return conclude(judgements) if judgements else not_run("no options, or none with another value that is taken")


def _settings(case: Case) -> Iterator[Setting]:
    """Calls with another value for one option, each giving another program or another result."""
    base = case.base
    for name, given, call in _options(case):
        values = case.declarations.options.get(name)
        for value in values if values is not None else _candidates(case, name, given):
            setting = replace(base, call=call(value), where=f"{name}={value!r}")
            if setting.explicit:
                setting = replace(setting, explicit=_rebound(case.explicit, call, value))
            if case.allowed(setting):
                yield setting


def _options(case: Case) -> Iterator[tuple[str, Any, Callable[[Any], Callable]]]:
    """Name, present value, and how to call with another: positional arguments, bound keywords, defaults."""
    try:
        parameters = list(inspect.signature(case.rule).parameters.values())
    except (TypeError, ValueError):
        return
    for place, parameter in enumerate(parameters):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if place < len(case.args) and parameter.kind is not parameter.KEYWORD_ONLY:
            if not hasattr(case.args[place], "shape") and not _is_tree(case.args[place]):
                yield parameter.name, case.args[place], partial(_positional, case.rule, place)
        elif parameter.default is not parameter.empty:
            yield parameter.name, parameter.default, partial(_keyword, case.rule, parameter.name)


def _positional(function: Callable, place: int, value: Any) -> Callable:
    return lambda *args: function(*args[:place], value, *args[place + 1 :])


def _keyword(function: Callable, name: str, value: Any) -> Callable:
    return partial(function, **{name: value})


def _rebound(reference: Callable | None, call: Callable[[Any], Callable], value: Any) -> Callable | None:
    """The explicit reference, called with the same value in the same place."""
    assert isinstance(call, partial)
    return call.func(reference, *call.args[1:], value)


def _candidates(case: Case, name: str, given: Any) -> Sequence[Any]:
    """Values of the present one's kind that may be taken as well."""
    found: list[Any] = list(_literals(case.rule, name))
    if isinstance(given, bool):
        found += [not given]
    elif isinstance(given, int):
        rank = max((x.ndim for x in case.base.xs), default=0)
        found += [*range(-rank, rank), 2, 3, 1, given + 1]
    elif isinstance(given, float):
        found += [given / 2, given * 2, given + 0.25]
    elif isinstance(given, str):
        found += [c for c in case.code_constants if isinstance(c, str) and c.isidentifier()]
        found += [word for words in _WORDS if given in words for word in words]
    elif isinstance(given, tuple) and all(isinstance(n, int) for n in given):
        found += [given[::-1], *((n,) for n in given)]
    return [v for k, v in enumerate(found) if v != given and v not in found[:k]]


def _literals(rule: Callable, name: str) -> tuple[Any, ...]:
    annotation = getattr(rule, "__annotations__", {}).get(name)
    return typing.get_args(annotation) if typing.get_origin(annotation) is typing.Literal else ()


def _is_tree(value: Any) -> bool:
    return (isinstance(value, dict | list | tuple) and not all(isinstance(n, int) for n in value)) or isinstance(
        value, np.ndarray
    )
