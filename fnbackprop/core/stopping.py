"""Ctrl-C and SIGTERM, heard as a wish to stop."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from .errors import Stopped

_WORDS: dict[int, str] = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def end_when_told() -> None:
    """From now on Ctrl-C and SIGTERM end the process with a line and with 130 or 143, where there is no `stop_wish`.

    Not by an exception: libraries that are interrupted while they are imported, or in a callback, lose it or abort.
    What is half written then lies beside its file, as .NAME.part. A signal that is ignored, as in the background of a
    script, stays so; one that comes while JAX compiles waits for that.
    """

    def end(number: int, frame: FrameType | None) -> None:
        with suppress(Exception):
            sys.stdout.flush()
        os.write(2, f"fnbackprop: {_WORDS[number]}\n".encode())
        os._exit(128 + number)

    for number in _WORDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


class StopWish:
    """What was asked for since it began to listen; with `patient` set, the first wish waits until it is looked at.

    Without, and at the second wish, `Stopped` is raised wherever the program is, and kept as `raised`. Once `over` is
    set nothing is heard: how it all ended is being told.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self.raised: Stopped | None = None
        self.patient = False
        self.over = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """The handler of a signal."""
        first, self.signal = self.signal is None, self.signal or number
        if not (self.over or (first and self.patient)):
            self.raised = Stopped(number, "stopped at once" if self.patient else _WORDS[number])
            raise self.raised


@contextmanager
def stop_wish() -> Iterator[StopWish]:
    """Listen inside the block. Outside the main thread, where Python hears no signals, nothing is ever wished.

    What was raised comes out of the block as it was: a library that is interrupted may make another error of it.
    """
    wish = StopWish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    before = {number: signal.signal(number, wish.hear) for number in _WORDS}
    try:
        yield wish
    except Exception as error:
        if wish.raised:
            raise wish.raised from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: not Python's own
