"""What joins, splits and reshapes wires."""

from functools import partial

import numpy as np

from fnbackprop.modules.add import add, add_reference
from fnbackprop.modules.duplicate import duplicate, duplicate_reference
from fnbackprop.modules.flatten import flatten, flatten_reference
from fnbackprop.modules.maximum import maximum, maximum_reference

from .case import BATCHES, Case, unbroadcast

CASES = (
    Case(
        "add",
        add,
        add_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=(1, 3)), rng.normal(size=())),
        lambda a, b, c: a + b + c,
        lambda dy, a, b, c: (unbroadcast(dy, a), unbroadcast(dy, b), unbroadcast(dy, c)),
        ((4,), (2, 1, 3), (0,)),
    ),
    Case(
        "duplicate",
        partial(duplicate, copies=3),
        partial(duplicate_reference, copies=3),
        lambda rng, shape: (rng.normal(size=shape),),
        lambda x: (x, x, x),
        lambda dys, x: (dys[0] + dys[1] + dys[2],),
    ),
    Case(
        "maximum",
        maximum,
        maximum_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=3)),
        np.maximum,
        lambda dy, a, b: (unbroadcast(dy * (a > b), a), unbroadcast(dy * (a < b), b)),
        BATCHES,
    ),
    Case(
        "flatten",
        flatten,
        flatten_reference,
        lambda rng, shape: (rng.normal(size=shape),),
        lambda x: x.reshape(len(x), int(np.prod(x.shape[1:]))),
        lambda dy, x: (dy.reshape(x.shape),),
        ((4, 3, 2), (2,), (0, 3, 2)),
    ),
)
