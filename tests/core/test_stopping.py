"""One wish waits until it is looked at, a second does not; and Python's own handlers come back."""

import os
import signal
import sys
import threading

import pytest

from fnbackprop.core.errors import Stopped
from fnbackprop.core.stopping import stop_wish

pytestmark = [pytest.mark.quick, pytest.mark.skipif(sys.platform == "win32", reason="its signals are others")]


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_wish_waits_and_the_second_does_not(number: int, code: int) -> None:
    with stop_wish() as wish:
        wish.patient = True
        send(number)
        assert wish.signal == number
        with pytest.raises(Stopped) as caught:
            send(signal.SIGINT)
    assert caught.value.exit_code == 130
    assert Stopped(number, "").exit_code == code


def test_who_is_not_patient_stops_at_once() -> None:
    with stop_wish(), pytest.raises(Stopped) as caught:
        send(signal.SIGTERM)
    assert caught.value.exit_code == 143
    assert isinstance(caught.value, KeyboardInterrupt)


def test_what_others_make_of_an_interruption_comes_out_as_it_was() -> None:
    def fail(patient: bool) -> None:
        with stop_wish() as wish:
            wish.patient = patient
            try:
                send(signal.SIGTERM)
            finally:
                raise ImportError("initialization of a library failed without raising an exception")

    with pytest.raises(Stopped) as caught:
        fail(patient=False)
    assert caught.value.exit_code == 143
    with pytest.raises(ImportError):
        fail(patient=True)


def test_the_handlers_from_before_come_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_wish():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_another_thread_hears_nothing_and_does_not_fail() -> None:
    heard = []

    def listen() -> None:
        with stop_wish() as wish:
            heard.append(wish.signal)

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert heard == [None]


def test_what_is_over_is_not_disturbed() -> None:
    with stop_wish() as wish:
        with pytest.raises(Stopped):
            send(signal.SIGINT)
        with pytest.raises(Stopped):  # the one before may have been swallowed
            send(signal.SIGINT)
        wish.over = True
        send(signal.SIGINT)
