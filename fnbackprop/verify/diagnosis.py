"""Why a derivative is wrong, in words and as data."""

from dataclasses import dataclass, replace

import numpy as np

# How an author says that another derivative is meant.
_MEANT = 'if it is meant, declare surrogate="why" (--surrogate)'


@dataclass(frozen=True)
class Diagnosis:
    """What a wrong cotangent has in common with the right one.

    factor: how many times the right one it is.
    meant: whether another derivative than the function's may be meant, which its author can declare.
    hint: what to do where it is meant in another way.
    """

    kind: str
    detail: str = ""
    factor: float | None = None
    meant: bool = False
    hint: str = ""

    @property
    def words(self) -> str:
        """The kind and its figures."""
        times = "" if self.factor is None else f"exactly {self.factor:.4g}×"
        figures = ", ".join(part for part in (times, self.detail) if part)
        return f"{self.kind}: {figures}" if figures else self.kind

    def __str__(self) -> str:
        """The same, and what to do where another derivative is meant."""
        return "; ".join(filter(None, (self.words, _MEANT if self.meant else self.hint)))

    def alike(self, other: "Diagnosis", tolerance: float) -> bool:
        """Whether both say the same, factors within a relative tolerance; details are of a point."""
        mine, theirs = (replace(each, detail="", factor=None) for each in (self, other))
        if self.factor is None or other.factor is None:
            return mine == theirs and self.factor is other.factor
        return mine == theirs and bool(np.isclose(self.factor, other.factor, rtol=tolerance))
