"""The rule is really called: as it was called, by keyword, under jit and under vmap."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from ..arguments import positional_names
from ..case import Case
from ..constants import referenced
from ..describe import describe
from ..diagnosis import Diagnosis
from ..primal import rule_calls
from ..setting import Setting
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed


def invoked(case: Case) -> Outcome:
    """Look for the rule in the trace of each way to call it."""
    setting = case.given
    if not setting.traceable:
        return not_run("the function cannot be traced")
    calls = rule_calls(setting.program.jaxpr)
    hidden = [thing for thing in referenced(case.rule) if isinstance(thing, jax.custom_vjp)]
    if not calls and not hidden:
        return not_run("a plain function: no hand-written rule in it")
    if not calls:
        names = ", ".join(getattr(rule, "__name__", "a custom_vjp") for rule in hidden)
        return failed(Finding(f"{names} is never called", describe(setting), diagnosis=Diagnosis("rule never called")))
    for way, function in _ways(case):
        try:
            called = _calls(setting, function)
        except Exception as error:
            raise RuleRaised(way, error, describe(setting)) from error
        if not called:
            return failed(
                Finding(f"the rule is not called {way}", describe(setting), diagnosis=Diagnosis("rule never called"))
            )
    return passed(calls=sum(calls.values()))


def _calls(setting: Setting, function: Callable) -> Counter[str]:
    return rule_calls(setting.run(jax.make_jaxpr(function), *setting.xs).jaxpr)


def _ways(case: Case) -> Iterator[tuple[str, Callable]]:
    setting = case.given
    yield "under jit", jax.jit(setting.rule)
    if not setting.program.unmappable:
        yield "under vmap", lambda *xs: jax.vmap(setting.rule)(*(jnp.stack([x, x]) for x in xs))
    names = positional_names(case.rule)[: len(case.args)]

    def by_keyword(*args: Any) -> Any:
        return case.rule(**dict(zip(names, args, strict=True)))

    if names and len(names) == len(case.args) and _takes_keywords(case.rule, names):
        named = replace(setting, call=by_keyword)
        # What was transformed, as by vmap, may take them by place only.
        if not named.untaken or isinstance(case.rule, jax.custom_vjp):
            yield "by keyword", named.rule


def _takes_keywords(function: Callable, names: list[str]) -> bool:
    """Whether all of these can be keywords, both for what was decorated and for what it became."""
    try:
        for follow in (True, False):
            inspect.signature(function, follow_wrapped=follow).bind(**dict.fromkeys(names))
    except (TypeError, ValueError):
        return False
    return True
