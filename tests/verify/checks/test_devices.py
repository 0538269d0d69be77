"""Eight simulated devices, in a process of its own."""

import jax
import jax.numpy as jnp

from fnbackprop.modules.linear import linear

from ..rules import WEIGHT, X, outcome, rule


def test_a_rule_gives_the_same_there():
    report = outcome("devices", linear, X, WEIGHT, level="full")
    assert report.verdict == "PASS"
    assert report.figures == {"devices": 8, "split": 1}


def test_a_rule_that_counts_devices_fails():
    assert outcome("devices", by_devices, X, level="full").verdict == "FAIL"


def test_what_another_process_cannot_import_is_not_run():
    assert outcome("devices", rule(lambda x: x, lambda x, dy: (dy,)), X, level="full").verdict == "NOT_RUN"


by_devices = rule(jnp.sin, lambda x, dy: (dy * jnp.cos(x) / jax.device_count(),))
by_devices.__module__, by_devices.__qualname__ = __name__, "by_devices"


def test_an_error_of_the_rule_itself_fails():
    assert outcome("devices", on_one_device, X, level="full").verdict == "FAIL"


def refusing_many(x, dy):
    return (dy * jnp.cos(x) * (1 if jax.device_count() == 1 else jnp.no_such_thing),)


on_one_device = rule(jnp.sin, refusing_many)
on_one_device.__module__, on_one_device.__qualname__ = __name__, "on_one_device"
