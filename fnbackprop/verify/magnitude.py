"""How large the entries of stacked arrays are, those that are no number left out."""

import numpy as np


def largest(rows: np.ndarray) -> np.ndarray:
    """Of each row (first axis) the size of the largest finite entry; 0 where there is none."""
    sizes = np.abs(rows.reshape(len(rows), -1))
    return np.where(np.isfinite(sizes), sizes, 0).max(-1, initial=0)


def scale(rows: np.ndarray) -> np.ndarray:
    """The same, and 1 where all is 0: to divide by."""
    sizes = largest(rows)
    return np.where(sizes > 0, sizes, 1.0)
