"""The same answer on eight simulated devices, in a process of its own, for rules that it can import."""

import atexit
from functools import cache, partial
from typing import Any

import jax
import numpy as np

from ...core.child import CannotTravelError, Child
from ...core.errors import FnbackpropError
from ..case import Case, cotangents
from ..describe import describe
from ..loss import differ
from ..pulled import Arrays, Traced, pullback
from ..setting import Setting
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_DEVICES = 8


def devices(case: Case) -> Outcome:
    """Arguments that share a first axis are split along it over the devices, the others copied to each."""
    if not case.given.traceable:
        return not_run("the function cannot be traced")
    lead = next((g for g in case.dimensions.groups if any(axis == 0 for _, axis in g)), None)
    setting = (case.dimensions.resized({lead: 2 * _DEVICES}) if lead else None) or case.given
    split = frozenset(i for i, axis in lead or () if axis == 0)
    (dys,) = cotangents(setting, 1, case.rng("devices"))
    wanted = setting.run(_pullback, setting, setting.xs, dys)
    call = case.rule, _packed(setting.args), setting.active, split, dys, setting.x64
    try:
        answer = _child().call(_on_devices, *call)
    except CannotTravelError as error:
        return not_run(f"another process cannot import it: {error}")
    except FnbackpropError as error:
        raise RuleRaised(f"on {_DEVICES} devices", RuntimeError(error), describe(setting)) from error
    if apart := differ(case, setting, answer, wanted, partial(setting.noise, dys)):
        where, name = f"{describe(setting)}; its first axis over {_DEVICES} devices", setting.names[apart.number]
        words = f"another cotangent on {_DEVICES} devices"
        return failed(Finding(words, where, name, got=apart.got, expected=apart.expected))
    return passed(devices=_DEVICES, split=len(split))


def _pullback(setting: Setting, xs: Traced, dys: Traced) -> Traced:
    return jax.jit(lambda xs, dys: pullback(setting.rule, xs, dys))(xs, dys)


@cache
def _child() -> Child:
    """One process for all rules."""
    child = Child({"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(_DEVICES)})
    atexit.register(child.end)
    return child


class _Key:
    """A random key on its way to another process."""

    def __init__(self, key: jax.Array):
        self.data, self.impl = np.asarray(jax.random.key_data(key)), str(jax.random.key_impl(key))


def _packed(args: Any) -> Any:
    def packed(leaf: Any) -> Any:
        if isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return _Key(leaf)
        return np.asarray(leaf) if hasattr(leaf, "shape") else leaf

    return jax.tree.map(packed, args)


def _on_devices(rule: Any, args: Any, active: tuple[int, ...], split: frozenset[int], dys: Arrays, x64: bool) -> Arrays:
    mesh = jax.make_mesh((_DEVICES,), ("devices",), axis_types=(jax.sharding.AxisType.Auto,))

    def placed(i: int, leaf: Any) -> Any:
        if isinstance(leaf, _Key):
            return jax.random.wrap_key_data(jax.numpy.asarray(leaf.data), impl=leaf.impl)
        if not hasattr(leaf, "shape"):
            return leaf
        spec = jax.sharding.PartitionSpec("devices") if i in split else jax.sharding.PartitionSpec()
        return jax.device_put(leaf, jax.NamedSharding(mesh, spec))

    with jax.enable_x64(x64):
        packed, tree = jax.tree.flatten(args)
        leaves = tuple(placed(i, leaf) for i, leaf in enumerate(packed))
        setting = Setting(rule, None, leaves, tree, active, (), x64)
        return tuple(map(np.asarray, _pullback(setting, tuple(leaves[i] for i in active), dys)))
