"""What is tried where not everything can be: some of each kind before more of any."""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, islice, zip_longest
from typing import TypeVar

T = TypeVar("T")
_NONE = object()


def from_each(groups: Iterable[Iterable[T]], most: int) -> list[T]:
    """The first of each group, then the second of each, and so on; no more than so many."""
    rounds = chain.from_iterable(zip_longest(*groups, fillvalue=_NONE))
    return list(islice((item for item in rounds if item is not _NONE), most))  # type: ignore[misc]


def subsets(count: int, most: int) -> list[tuple[int, ...]]:
    """Subsets of the first `count` numbers: each number alone, all together, all but one, then sizes between."""
    return list(islice(_by_size(count), most))


def _by_size(count: int) -> Iterator[tuple[int, ...]]:
    sizes = dict.fromkeys([1, count, count - 1, *range(2, count - 1)])
    return chain.from_iterable(combinations(range(count), size) for size in sizes if 0 < size <= count)
