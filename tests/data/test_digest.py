"""Any other number, order, type, shape or split of the data is other data."""

import numpy as np
import pytest

from fnbackprop.data import Examples, Splits
from fnbackprop.data.digest import data_digest

pytestmark = pytest.mark.quick

X, Y = np.arange(12, dtype=np.float32).reshape(4, 3), np.array([0, 1, 0, 1], np.int32)
PARTS = range(2), range(2, 3), range(3, 4)
SPLITS = Splits(Examples(X, Y), *PARTS)


def test_equal_data_are_equal_however_they_lie_in_memory() -> None:
    assert data_digest(SPLITS) == data_digest(Splits(Examples(np.asfortranarray(X), Y.copy()), *PARTS))


def test_other_data_are_not() -> None:
    changed = X.copy()
    changed[3, 2] = np.nextafter(changed[3, 2], 0)
    others = [
        Splits(Examples(changed, Y), *PARTS),
        Splits(Examples(X[::-1], Y), *PARTS),
        Splits(Examples(X, Y[::-1]), *PARTS),
        Splits(Examples(X.reshape(4, 1, 3), Y), *PARTS),
        Splits(Examples(X.view(np.int32), Y), *PARTS),
        Splits(Examples(X, Y), range(1), range(1, 3), range(3, 4)),
    ]
    digests = {data_digest(splits) for splits in others}
    assert len(digests) == len(others)
    assert data_digest(SPLITS) not in digests
