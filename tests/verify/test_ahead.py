"""Programs are compiled beside the work, once, and everything else stays in order."""

import logging
import threading
from dataclasses import replace

import jax
import pytest

from fnbackprop.verify.ahead import ahead
from fnbackprop.verify.prepare import prepare

from .rules import X, right_square

pytestmark = pytest.mark.quick


class Program:
    """What stands for a traced program: it tells of each time it is compiled."""

    def __init__(self, events, name, fails=False):
        self.events, self.name, self.fails = events, name, fails

    def compile(self):
        self.events.append((self.name, threading.current_thread() is threading.main_thread()))
        if self.fails:
            raise RuntimeError(self.name)


class Item:
    def __init__(self, *programs):
        self.programs = programs

    def lowered(self):
        return self.programs


def test_each_is_compiled_before_its_turn_in_another_thread():
    events = []
    items = [Item(Program(events, n)) for n in range(9)]
    for n, item in enumerate(ahead(items)):
        assert item is items[n]
        assert (n, False) in events
    assert sorted(events) == [(n, False) for n in range(9)]


def test_what_several_run_is_compiled_once():
    events = []
    shared = Program(events, "shared")
    assert len(list(ahead([Item(shared), Item(shared), Item()]))) == 3
    assert events == [("shared", False)]


def test_what_cannot_be_compiled_is_left_to_its_call():
    items = [Item(Program([], "wrong", fails=True)), Item()]
    assert list(ahead(items)) == items


def test_who_stops_early_asks_for_no_more():
    asked = []

    def items():
        for n in range(100):
            asked.append(n)
            yield Item()

    next(taken := ahead(items()))
    taken.close()
    assert len(asked) < 10


def test_a_call_finds_what_was_compiled(caplog):
    setting = prepare(right_square, (X,)).base
    assert len(setting.lowered()) == 1
    x = setting.xs[0][None]
    for compiled in ahead([setting]):
        with jax.log_compiles(), caplog.at_level(logging.WARNING):
            compiled.pulled((x,), (x,))
            assert "XLA compilation" not in caplog.text
            replace(setting).pulled((x,), (x,))
            assert "XLA compilation" in caplog.text
