"""A contender of a benchmark in a process of its own: it answers a line of JSON with a line of JSON."""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Message = dict[str, Any]


class Worker:
    """The benchmark's end: starts the process, anew wherever it ended or had to be ended."""

    def __init__(self, python: Path, script: Path, *arguments: str, environment: Mapping[str, str] | None = None):
        self._command = [str(python), "-W", "ignore", str(script), *arguments]
        self._environment = {"JAX_PLATFORMS": "cpu", **os.environ} if environment is None else dict(environment)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Message:
        """What the process says of itself when it is ready; empty where it cannot start."""
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, text=True, env=self._environment)
        except OSError:
            return {}
        return self._read(limit=300) or {}

    def ask(self, question: Message, limit: float) -> Message | None:
        """Its answer, or None where it has none within `limit` seconds."""
        if self._process is None and not self.start():
            return None
        assert self._process
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except OSError:  # it ended meanwhile
            self.close()
            return None
        return self._read(limit)

    def _read(self, limit: float) -> Message | None:
        assert self._process
        assert self._process.stdout
        timer = threading.Timer(limit, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            self.close()
        return json.loads(line) if line else None

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def in_turn(contenders: Iterable[Any], rounds: int) -> Iterator[Any]:
    """Each once a round, in another order every time: what the one before leaves behind is nobody's share alone."""
    order, shuffle = list(contenders), random.Random(0).shuffle
    for _ in range(rounds):
        shuffle(order)
        yield from order


def serve(greeting: Message, answer: Callable[[Message], Message]) -> None:
    """The process's end: greet, then answer until there are no more questions."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a contender prints is no answer
    print(json.dumps(greeting), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)
