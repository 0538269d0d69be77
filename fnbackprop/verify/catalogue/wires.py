"""What joins, splits and reshapes wires."""

from ...modules import add, concatenate, duplicate, flatten, maximum, multiply, reshape, split
from .example import Example, normal


def examples() -> list[Example]:
    x, other, row = normal(4, 3), normal(4, 3, seed=1), normal(3, seed=2)
    return [
        Example(add.add, add.add_reference, (x, row)),
        Example(concatenate.concatenate, concatenate.concatenate_reference, ((x, other),), {"axis": (0, 1, -1, -2)}),
        Example(duplicate.duplicate, duplicate.duplicate_reference, (x, 3), {"copies": (1, 2, 3)}),
        Example(flatten.flatten, flatten.flatten_reference, (normal(2, 2, 3),)),
        Example(maximum.maximum, maximum.maximum_reference, (x, other)),
        Example(multiply.multiply, multiply.multiply_reference, (x, row, other)),
        Example(reshape.reshape, reshape.reshape_reference, (normal(2, 2, 3), (3, -1)), {"shape": ((3, -1), (6,))}),
        Example(split.split, split.split_reference, (normal(4, 4), 2, 1), {"parts": (2, (1, 3)), "axis": (0, 1, -1)}),
    ]
