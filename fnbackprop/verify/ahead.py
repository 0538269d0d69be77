"""Programs that are compiled while others run."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar, runtime_checkable

from jax.stages import Lowered

# XLA compiles one program on little more than one core.
_ABREAST = min(4, os.cpu_count() or 1)


@runtime_checkable
class Compilable(Protocol):
    """Something that runs compiled programs."""

    def lowered(self) -> Sequence[Lowered]:
        """Those that it will run, traced."""
        ...


Item = TypeVar("Item", bound=Compilable)


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items in order, each with its programs compiled: in other threads, while those before it are looked at.

    Tracing runs Python, a user's too: it stays in this thread, and in order.
    """
    pool = ThreadPoolExecutor(_ABREAST)
    begun: dict[Lowered, Future] = {}
    waiting: deque[tuple[Item, list[Future]]] = deque()
    try:
        for item in items:
            programs = item.lowered()
            for program in programs:
                if program not in begun:
                    begun[program] = pool.submit(program.compile)
            waiting.append((item, [begun[program] for program in programs]))
            if len(waiting) > _ABREAST:
                yield _compiled(*waiting.popleft())
        while waiting:
            yield _compiled(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _compiled(item: Item, programs: list[Future]) -> Item:
    wait(programs)  # what one raises, its call raises again
    return item
