"""Another process, which calls functions that it can import."""

import importlib
import io
import operator
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .errors import FnbackpropError

_CHILD = "from fnbackprop.core.child import serve; serve()"


class CannotTravelError(Exception):
    """A function or an argument that another process cannot have, with the reason."""


class ChildError(Exception):
    """What was raised in another process, as text: an exception of somebody's own might not travel."""


class Child:
    """It starts when it is first asked, in a second or two, and ends with this process, however that ends."""

    def __init__(self, environment: Mapping[str, str]):
        self._environment = environment
        self._process: subprocess.Popen | None = None

    def call(self, function: Callable, *args: Any) -> Any:
        """What the function returns there. Raises CannotTravelError, the errors of fnbackprop, and else ChildError."""
        try:
            job = _dumps((function, args))
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

    def _ask(self, job: bytes) -> tuple[Any, Exception | None]:
        self._process = self._process or self._start()
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(len(job).to_bytes(8, "big") + job)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (EOFError, OSError) as error:
            self.end()
            return None, ChildError(f"the process ended: {error}")

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
        pool.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.end()


def serve() -> None:
    """In the child: answer each job with its result, or with what was raised, until nobody is there to ask."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a function prints is no answer
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(jobs,), daemon=True).start()
    while True:
        answers.write(pickle.dumps(_answer(jobs.get())))
        answers.flush()


def _hear(jobs: queue.SimpleQueue[bytes]) -> None:
    # In a thread, so that the end of who asked is heard in the middle of a job.
    while header := sys.stdin.buffer.read(8):
        jobs.put(sys.stdin.buffer.read(int.from_bytes(header, "big")))
    os._exit(0)


def _answer(job: bytes) -> tuple[Any, Exception | None]:
    try:
        function, args = _FromName(io.BytesIO(job)).load()
    except Exception as error:
        return None, CannotTravelError(f"{type(error).__name__}: {error}")
    try:
        return function(*args), None
    except FnbackpropError as error:
        return None, error
    except Exception as error:
        return None, ChildError(f"{type(error).__name__}: {error}")


class _ByName(pickle.Pickler):
    """Functions travel as the name that they are imported by: a custom_vjp is no plain function to pickle."""

    def persistent_id(self, thing: Any) -> tuple[str, str] | None:
        module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
        if not (callable(thing) and isinstance(module, str) and isinstance(name, str)) or module == "builtins":
            return None
        return (module, name) if _imported(module, name) is thing else None


class _FromName(pickle.Unpickler):
    def persistent_load(self, name: tuple[str, str]) -> Any:
        found = _imported(*name)
        if found is None:
            raise ImportError(f"no {name[1]} in {name[0]}")
        return found


def _imported(module: str, name: str) -> Any:
    try:
        return operator.attrgetter(name)(importlib.import_module(module))
    except (ImportError, AttributeError):
        return None


def _dumps(job: Any) -> bytes:
    file = io.BytesIO()
    _ByName(file).dump(job)
    return file.getvalue()
