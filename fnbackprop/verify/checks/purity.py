"""Pullbacks carry all they need: repeated, interleaved and reversed they give the same."""

from dataclasses import replace
from functools import partial

import jax

from ..case import Case, cotangents
from ..describe import describe
from ..diagnosis import Diagnosis
from ..loss import differ
from ..points import random_points
from ..pulled import Traced, pullback
from ..verdict import Finding, Outcome, RuleRaised, failed, passed

# Often enough for a count of calls to begin to matter.
_ROUNDS = 5
# A loop is compiled anew by each call outside jit.
_ROUNDS_OF_LOOPS = 2
# At the fast level a longer backward pass is not run without jit, where each step of it is compiled by itself.
_MOST_PROGRAMS = 40
# A stack and a single place mix up the first of these, a queue the last.
_ORDER = (0, 1, 0)


def purity(case: Case) -> Outcome:
    """Two forward passes, then their backward passes, in order and reversed, one of them twice; the value twice.

    Then one backward pass after the other step by step: what they leave behind is a number there, and no tracer.
    """
    setting, rng = case.given, case.rng("purity")
    points = [p.xs for p in random_points(setting, 2, rng)]
    dys = cotangents(setting, 2, rng)

    def everything(points: list[Traced], dys: list[Traced]) -> tuple:
        alone = [pullback(setting.rule, xs, dy) for xs, dy in zip(points, dys, strict=True)]
        pulls = [jax.vjp(setting.rule, *xs)[1] for xs in points]
        values = [setting.rule(*points[0]) for _ in range(2)]
        return alone, [pulls[k](dys[k]) for k in _ORDER], values

    # What lies outside the residuals shows while tracing too: Python runs then.
    try:
        wanted, found, values = setting.run(setting.compiled(everything), points, dys)
    except Exception as error:
        raise RuleRaised("when a pullback is called again, or after another forward pass", error) from error
    for k, got in zip(_ORDER, found, strict=True):
        if differ(case, setting, got, wanted[k], partial(setting.noise, dys[k])):
            words = "the pullbacks of two forward passes, called in order and one twice, mix them up"
            return failed(Finding(words, describe(setting), diagnosis=Diagnosis("state outside the residuals")))
    if differ(case, setting, values[0], values[1]):
        return failed(
            Finding("the value changes from call to call", describe(setting), diagnosis=Diagnosis("hidden state"))
        )
    if not case.full and setting.program.eager_programs > _MOST_PROGRAMS:
        return replace(passed(), figures={"without jit": "tried at the full level: it has many steps"})
    rounds = _ROUNDS_OF_LOOPS if setting.program.loops else _ROUNDS
    for k in (0, 1) * rounds:
        got = setting.run(pullback, setting.rule, points[k], dys[k])
        if differ(case, setting, got, wanted[k], partial(setting.noise, dys[k])):
            words = "backward passes one after the other, without jit, give something else"
            return failed(Finding(words, describe(setting), diagnosis=Diagnosis("state outside the residuals")))
    return passed(steps=2 * rounds)
