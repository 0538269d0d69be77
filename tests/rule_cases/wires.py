"""What joins, splits and reshapes wires."""

from functools import partial

import numpy as np

from fnbackprop.modules.add import add, add_reference
from fnbackprop.modules.concatenate import concatenate, concatenate_reference
from fnbackprop.modules.duplicate import duplicate, duplicate_reference
from fnbackprop.modules.flatten import flatten, flatten_reference
from fnbackprop.modules.maximum import maximum, maximum_reference
from fnbackprop.modules.multiply import multiply, multiply_reference
from fnbackprop.modules.reshape import reshape, reshape_reference
from fnbackprop.modules.split import split, split_reference

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
    Case(
        "multiply",
        multiply,
        multiply_reference,
        lambda rng, batch: (rng.normal(size=(*batch, 3)), rng.normal(size=(1, 3)), rng.normal(size=())),
        lambda a, b, c: a * b * c,
        lambda dy, a, b, c: (unbroadcast(dy * b * c, a), unbroadcast(dy * a * c, b), unbroadcast(dy * a * b, c)),
        ((4,), (2, 1, 3), (0,)),
    ),
    Case(
        "concatenate",
        partial(concatenate, axis=-1),
        partial(concatenate_reference, axis=-1),
        lambda rng, batch: ((rng.normal(size=(*batch, 3)), rng.normal(size=(*batch, 2))),),
        lambda xs: np.concatenate(xs, -1),
        lambda dy, xs: (dy[..., :3], dy[..., 3:]),
        BATCHES,
    ),
    Case(
        "split",
        partial(split, parts=3),
        partial(split_reference, parts=3),
        lambda rng, batch: (rng.normal(size=(*batch, 6)),),
        lambda x: (x[..., :2], x[..., 2:4], x[..., 4:]),
        lambda dys, x: (np.concatenate(dys, -1),),
        BATCHES,
    ),
    Case(
        "split by sizes",
        partial(split, parts=(1, 3), axis=1),
        partial(split_reference, parts=(1, 3), axis=1),
        lambda rng, shape: (rng.normal(size=shape),),
        lambda x: (x[:, :1], x[:, 1:]),
        lambda dys, x: (np.concatenate(dys, 1),),
        ((2, 4, 3), (0, 4)),
    ),
    Case(
        "reshape",
        partial(reshape, shape=(3, -1)),
        partial(reshape_reference, shape=(3, -1)),
        lambda rng, shape: (rng.normal(size=shape),),
        lambda x: x.reshape(len(x), 3, int(np.prod(x.shape[1:])) // 3),
        lambda dy, x: (dy.reshape(x.shape),),
        ((4, 6, 2), (2, 3), (0, 6, 2)),
    ),
)
