"""The same answer on eight simulated devices, in a process of its own, for rules that it can import."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any

import jax
import numpy as np

from ..case import Case, cotangents
from ..setting import Arrays, Setting, describe
from ..vectors import as_covector
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_DEVICES = 8


def devices(case: Case) -> Outcome:
    """Arguments that have a common first axis are split along it over the devices, the others copied to each."""
    rng = case.rng("devices")
    setting = case.given
    if not setting.traceable:
        return not_run("the function cannot be traced")
    lead = next((g for g in case.dimensions.groups if any(axis == 0 for _, axis in g)), None)
    setting = (case.dimensions.resized({lead: 2 * _DEVICES}) if lead else None) or setting
    try:
        function = pickle.dumps(case.rule)
    except Exception as error:
        return not_run(f"another process cannot import it: {type(error).__name__}")
    (dys,) = cotangents(setting, 1, rng)
    wanted = as_covector([np.asarray(dx)[None] for dx in setting.run(_pullback, setting, dys)])[0]
    leaves = [("key", np.asarray(jax.random.key_data(leaf)), str(jax.random.key_impl(leaf))) if _is_key(leaf)
              else np.asarray(leaf) if hasattr(leaf, "shape") else leaf for leaf in setting.leaves]  # fmt: skip
    split = [i for i, leaf in enumerate(setting.leaves) if lead and (i, 0) in lead]
    shape = jax.tree.structure(case.args)
    assert shape == setting.tree
    job = (function, leaves, pickle.dumps(_shell(setting)), setting.active, split, dys)
    try:
        got = _pool().submit(_on_devices, *job).result()
    except (AttributeError, ImportError, pickle.PicklingError) as error:
        return not_run(f"another process cannot import it: {error}")
    except Exception as error:
        raise RuleRaised("on eight devices", error, describe(setting)) from error
    got = as_covector([dx[None] for dx in got])[0]
    if not np.allclose(got, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max(initial=0), equal_nan=True):
        return failed(Finding(f"another cotangent on {_DEVICES} devices", describe(setting)))
    return passed(devices=_DEVICES, split=len(split))


def _shell(setting: Setting) -> Any:
    """The arguments' structure with the number of each leaf in its place."""
    return jax.tree.unflatten(setting.tree, range(len(setting.leaves)))


def _pullback(setting: Setting, dys: Arrays) -> Arrays:
    return jax.jit(lambda xs, dys: jax.vjp(setting.rule, *xs)[1](dys))(setting.xs, dys)


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


@cache
def _pool() -> ProcessPoolExecutor:
    """One process for all rules; it starts in a second or two."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_start)


def _start() -> None:
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_num_cpu_devices", _DEVICES)


def _on_devices(
    function: bytes, leaves: list[Any], shell: bytes, active: tuple[int, ...], split: list[int], dys: Arrays
) -> Arrays:
    """In the child: the cotangents, from arguments spread over its devices."""
    mesh = jax.make_mesh((_DEVICES,), ("devices",), axis_types=(jax.sharding.AxisType.Auto,))

    def placed(i: int, leaf: Any) -> Any:
        if isinstance(leaf, tuple) and leaf and isinstance(leaf[0], str) and leaf[0] == "key":
            return jax.random.wrap_key_data(leaf[1], impl=leaf[2])
        if not hasattr(leaf, "shape"):
            return leaf
        spec = jax.sharding.PartitionSpec("devices" if i in split else None)
        return jax.device_put(leaf, jax.NamedSharding(mesh, spec if leaf.ndim else jax.sharding.PartitionSpec()))

    whole = [placed(i, leaf) for i, leaf in enumerate(leaves)]
    places, tree = jax.tree.flatten(pickle.loads(shell))
    leaves_in_order = tuple(whole[i] for i in places)
    setting = Setting(pickle.loads(function), None, leaves_in_order, tree, active, (), False)
    found = jax.jit(lambda xs, dys: jax.vjp(setting.rule, *xs)[1](dys))(tuple(leaves_in_order[i] for i in active), dys)
    return tuple(map(np.asarray, found))
