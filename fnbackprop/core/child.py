"""Another process, which calls functions that it can import."""

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from .by_name import dumps, loads
from .errors import FnbackpropError
from .process import tune_process

_CHILD = "from fnbackprop.core.child import serve; serve()"


class CannotTravelError(Exception):
    """A function or an argument that another process cannot have, with the reason."""


class ChildError(FnbackpropError):
    """What was raised in another process, as text: an exception of somebody's own might not travel."""


class Child:
    """It starts when it is first asked, in a second or two, and ends with this process, however that ends."""

    def __init__(self, environment: Mapping[str, str]):
        self._environment = environment
        self._process: subprocess.Popen | None = None
        self._lock, self._closed = threading.Lock(), False

    def call(self, function: Callable, *args: Any) -> Any:
        """What the function returns there. Raises CannotTravelError, the errors of fnbackprop, and else ChildError."""
        try:
            job = dumps((function, args))
        except Exception as error:
            raise CannotTravelError(str(error)) from error
        answer, raised = self._ask(job)
        if raised is not None:
            raise raised
        return answer

    def end(self) -> None:
        """End it now; another call would start it again."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def kill(self) -> None:
        """End it from another thread, for good: a call that is under way, and any later one, raises ChildError."""
        with self._lock:
            self._closed = True
            if self._process:
                self._process.kill()

    def _ask(self, job: bytes) -> tuple[Any, Exception | None]:
        with self._lock:
            if self._closed:
                return None, ChildError("the other process was ended")
            self._process = process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(len(job).to_bytes(8, "big") + job)
            process.stdin.flush()
            return pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
            process.kill()
            status = process.wait()
            self.end()
            killed = ": killed, perhaps for want of memory; ask for fewer at once" if status == -signal.SIGKILL else ""
            return None, ChildError(f"another process ended with exit code {status}{killed}")
        except BaseException:  # Ctrl-C: an answer that nobody waited for must not be taken for the next one
            self.end()
            raise

    def _start(self) -> subprocess.Popen:
        path = os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path, **self._environment}
        pipe = subprocess.PIPE
        # Ctrl-C in a terminal goes to a whole group: the child need not hear it too.
        command = [sys.executable, "-c", _CHILD]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, process_group=0)


def in_children(
    function: Callable, calls: Sequence[tuple[Any, ...]], count: int, environment: Mapping[str, str]
) -> Iterator[Any]:
    """What the function returns for each call, in order, from so many processes. Raises what `Child.call` does."""
    children = [Child(environment) for _ in range(count)]
    free: queue.SimpleQueue[Child] = queue.SimpleQueue()
    for child in children:
        free.put(child)

    def call(args: tuple[Any, ...]) -> Any:
        child = free.get()
        try:
            return child.call(function, *args)
        finally:
            free.put(child)

    pool = ThreadPoolExecutor(count)
    try:
        yield from pool.map(call, calls)
    finally:
        for child in children:
            child.kill()
        pool.shutdown(wait=True, cancel_futures=True)
        for child in children:
            child.end()


def serve() -> None:
    """In the child: answer each job with its result, or with what was raised, until nobody is there to ask."""
    tune_process()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a function prints is no answer
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(jobs,), daemon=True).start()
    while True:
        answers.write(_answer(jobs.get()))
        answers.flush()


def _hear(jobs: queue.SimpleQueue[bytes]) -> None:
    # In a thread, so that the end of who asked is heard in the middle of a job.
    while header := sys.stdin.buffer.read(8):
        jobs.put(sys.stdin.buffer.read(int.from_bytes(header, "big")))
    os._exit(0)


def _answer(job: bytes) -> bytes:
    try:
        function, args = loads(job)
    except Exception as error:
        return pickle.dumps((None, CannotTravelError(f"{type(error).__name__}: {error}")))
    try:
        return pickle.dumps((function(*args), None))
    except FnbackpropError as error:
        return pickle.dumps((None, error))
    except Exception as error:
        return pickle.dumps((None, ChildError(f"{type(error).__name__}: {error}")))
