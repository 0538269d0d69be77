"""The backward pass has right derivatives itself, or the refusal that was declared."""

from collections.abc import Callable
from typing import Any

import jax

from ..case import Case, cotangents
from ..describe import describe
from ..judge import judge
from ..outcome import conclude
from ..points import Point, random_points
from ..pulled import Arrays, pullback
from ..setting import Setting
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed


def second_order(case: Case) -> Outcome:
    """The pullback, as a function of x and dy, against the reference's, and its own values where they disagree."""
    setting, rng = case.base, case.rng("second order")
    refusal = case.declarations.second_order == "refused"
    if not setting.compare and not refusal:
        return not_run(f"JAX cannot differentiate what to compare with: {case.no_reference}")
    points = random_points(setting, 4 if case.full else 3, rng)[1:]
    dys = cotangents(setting, len(points), rng)
    backward = _backward(setting, dys[0])
    refused = backward.program.undifferentiable
    if refusal:
        given = Finding("a refusal of second derivatives is declared, but they are given", describe(setting))
        return passed("refused, as declared") if refused else failed(given)
    if error := case.given.program.error:
        raise RuleRaised("when differentiated", error, describe(case.given))
    if refused:
        # A backward pass may well be something that JAX cannot differentiate; its silence would be worse.
        return not_run(f"refused ({refused}); declare second_order='refused'")
    points = [Point((*point.xs, *dy), point.kind) for point, dy in zip(points, dys, strict=True)]
    return conclude([judge(backward, points, cotangents(backward, len(points), rng), case.tolerance, rng)])


def _backward(setting: Setting, dys: Arrays) -> Setting:
    """The backward pass as a function to be differentiated."""
    count = len(setting.xs)

    def of(function: Callable) -> Callable:
        return lambda *args: pullback(function, args[:count], args[count:])

    leaves = (*setting.xs, *dys)
    names = (*setting.names, *(f"dy of output {k}" for k in range(len(dys))))
    tree = jax.tree.structure(tuple(leaves))
    places = tuple(range(len(leaves)))

    def domain(*args: Any) -> bool:
        return setting.allows(args[:count])

    rule, reference, where = of(setting.rule), of(setting.reference), "backward pass"
    return Setting(rule, reference, leaves, tree, places, names, setting.x64, domain, where=where).compared()
