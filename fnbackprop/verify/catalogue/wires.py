"""What joins, splits and reshapes wires."""

from ...modules import add, duplicate, flatten, maximum
from .example import Example, normal


def examples() -> list[Example]:
    x, other, row = normal(4, 3), normal(4, 3, seed=1), normal(3, seed=2)
    return [
        Example(add.add, add.add_reference, (x, row)),
        Example(duplicate.duplicate, duplicate.duplicate_reference, (x, 3), {"copies": (1, 2, 3)}),
        Example(flatten.flatten, flatten.flatten_reference, (normal(2, 2, 3),)),
        Example(maximum.maximum, maximum.maximum_reference, (x, other)),
    ]
