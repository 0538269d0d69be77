"""Another process: what it is asked, how it fails, and how it ends."""

import operator
import os
import signal
import subprocess
import sys
import time

import pytest

from fnbackprop.core.child import CannotTravelError, Child, ChildError, in_children
from fnbackprop.core.errors import ConfigError


@pytest.fixture
def child():
    made = Child({"FNBACKPROP_TEST": "there"})
    yield made
    made.end()


def test_it_answers_again_and_again_in_its_own_environment(child):
    assert child.call(operator.add, 1, 2) == 3
    assert child.call(os.getenv, "FNBACKPROP_TEST") == "there"
    assert child.call(os.getpid) == child.call(os.getpid) != os.getpid()


def test_what_is_printed_there_is_no_answer(child):
    assert child.call(print, "noise") is None
    assert child.call(operator.add, 1, 2) == 3


def test_what_it_raises_is_told_in_words(child):
    with pytest.raises(ChildError, match=r"^ZeroDivisionError: "):
        child.call(operator.floordiv, 1, 0)


def test_a_users_mistake_comes_back_as_that(child):
    with pytest.raises(ConfigError, match="no such rule"):
        child.call(refuse)


def refuse():
    raise ConfigError("no such rule")


def test_what_has_no_name_cannot_travel(child):
    with pytest.raises(CannotTravelError):
        child.call(lambda: 1)


def test_one_that_dies_is_told_and_begins_anew(child):
    with pytest.raises(ChildError, match="exit code 3"):
        child.call(os._exit, 3)
    assert child.call(operator.add, 1, 2) == 3


def test_an_answer_that_cannot_travel_is_told(child):
    with pytest.raises(ChildError, match=r"local object|pickle"):
        child.call(an_answer_without_a_name)
    assert child.call(operator.add, 1, 2) == 3


def an_answer_without_a_name():
    return lambda: 1


def test_an_answer_that_nobody_waited_for_is_not_the_next_one(child):
    assert child.call(operator.add, 1, 2) == 3
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        child.call(nap, 0.5)
    assert child.call(operator.add, 3, 4) == 7


def interrupt(number, frame):
    raise KeyboardInterrupt


def test_several_answer_in_the_order_of_the_calls():
    naps = [(0.3,), (0.0,), (0.1,)]
    assert list(in_children(nap, naps, 2, {})) == [0.3, 0.0, 0.1]


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def test_they_end_when_nobody_wants_the_rest():
    pids = in_children(pid_after, [(0,), (0,), (60,), (60,)], 2, {})
    first = [next(pids), next(pids)]
    pids.close()
    assert not any(map(alive, first))


def pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
def test_it_ends_in_the_middle_of_a_call_when_who_asked_is_killed():
    code = (
        "import os, threading, time; from fnbackprop.core.child import Child; child = Child({});"
        "print(child.call(os.getpid), flush=True); child.call(time.sleep, 60)"
    )
    asking = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert asking.stdout
    pid = int(asking.stdout.readline())
    time.sleep(0.3)  # the call is on its way
    asking.send_signal(signal.SIGKILL)
    asking.communicate()
    for _ in range(100):
        if not alive(pid):
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("it goes on")


@pytest.mark.skipif(sys.platform == "win32", reason="its groups are others")
def test_ctrl_c_in_a_terminal_is_not_heard_there(child):
    assert child.call(os.getpgid, 0) != os.getpgid(0)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
