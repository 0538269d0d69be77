"""A judgement of many points as a check's outcome."""

from .judge import Judgement
from .verdict import Outcome, Verdict, failed, inconclusive, not_run


def conclude(judgements: list[Judgement], asked: bool = False) -> Outcome:
    """The first wrong derivative fails; a doubt at an ordinary point, or no answer where one was `asked`, is none."""
    if not any(j.compared for j in judgements):
        return not_run("nothing to compare")
    figures = {
        "compared": sum(j.compared for j in judgements),
        "largest difference": max(j.worst for j in judgements),
        "valid choices at kinks": sum(j.choices for j in judgements),
        "NaN, as autodiff's": sum(j.shared for j in judgements),
        "undecided": sum(j.undecided for j in judgements),
    }
    shown = {name: value for name, value in figures.items() if value}
    for judgement in judgements:
        if judgement.finding:
            return failed(judgement.finding, **shown)
    alone = [j for j in judgements if asked or not j.referenced]
    if any(j.undecided for j in alone) and not any(j.decided for j in alone):
        return inconclusive("the values decide nowhere", **shown)
    for judgement in judgements:
        if judgement.doubt:
            return inconclusive(f"the values do not decide: {judgement.doubt.where}", **shown)
    return Outcome(Verdict.PASS, figures=shown)
