"""Random keys: for every key the backward pass draws what the forward pass drew."""

from dataclasses import replace

import jax

from ..arguments import is_key
from ..case import Case, cotangents
from ..judge import judge
from ..outcome import conclude
from ..points import random_points
from ..verdict import Outcome, not_run

_KEYS = 3


def randomness(case: Case) -> Outcome:
    """Other keys, each held fixed while the values are compared."""
    setting, rng = case.base, case.rng("randomness")
    keys = [i for i, leaf in enumerate(setting.leaves) if is_key(leaf) and leaf.ndim == 0]
    if not keys:
        return not_run("no random keys")
    judgements = []
    for number in range(_KEYS):
        leaves = [jax.random.fold_in(leaf, number) if i in keys else leaf for i, leaf in enumerate(setting.leaves)]
        other = replace(setting, leaves=tuple(leaves), where=f"key {number}")
        points = random_points(other, 1, rng)
        judgements.append(judge(other, points, cotangents(other, 1, rng), case.tolerance, rng, asked=1))
    return conclude(judgements)
