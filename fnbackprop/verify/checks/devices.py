"""The same answer on eight simulated devices, in a process of its own, for rules that it can import."""

import atexit
import importlib
import io
import operator
import os
import pickle
import subprocess
import sys
from functools import cache, partial
from typing import Any

import jax
import numpy as np

from ..case import Case, cotangents
from ..compare import difference
from ..describe import describe
from ..setting import Arrays, Setting, Traced, pullback
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_DEVICES = 8
_CHILD = "from fnbackprop.verify.checks.devices import serve; serve()"


def devices(case: Case) -> Outcome:
    """Arguments that share a first axis are split along it over the devices, the others copied to each."""
    if not case.given.traceable:
        return not_run("the function cannot be traced")
    lead = next((g for g in case.dimensions.groups if any(axis == 0 for _, axis in g)), None)
    setting = (case.dimensions.resized({lead: 2 * _DEVICES}) if lead else None) or case.given
    split = frozenset(i for i, axis in lead or () if axis == 0)
    (dys,) = cotangents(setting, 1, case.rng("devices"))
    try:
        job = _dumps((case.rule, _packed(setting.args), setting.active, split, dys, setting.x64))
    except Exception as error:
        return not_run(f"another process cannot import it: {error}")
    wanted = setting.run(_pullback, setting, setting.xs, dys)
    answer, raised = _ask(job)
    if isinstance(raised, ImportError):
        return not_run(f"another process cannot import it: {raised}")
    if raised is not None:
        raise RuleRaised(f"on {_DEVICES} devices", raised, describe(setting)) from raised
    if apart := difference(answer, wanted, setting.rounding, partial(setting.noise, dys)):
        where, name = f"{describe(setting)}; its first axis over {_DEVICES} devices", setting.names[apart.number]
        words = f"another cotangent on {_DEVICES} devices"
        return failed(Finding(words, where, name, got=apart.got, expected=apart.expected))
    return passed(devices=_DEVICES, split=len(split))


def _pullback(setting: Setting, xs: Traced, dys: Traced) -> Traced:
    return jax.jit(lambda xs, dys: pullback(setting.rule, xs, dys))(xs, dys)


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


@cache
def _child() -> subprocess.Popen:
    """One process for all rules; it starts in a second or two, and ends with this one."""
    path = os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(_DEVICES)}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", _CHILD]
    # Ctrl-C in a terminal goes to a whole group: the child need not hear it too.
    child = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, process_group=0)
    atexit.register(_end, child)
    return child


def _end(child: subprocess.Popen) -> None:
    child.kill()
    child.communicate()


def _ask(job: bytes) -> tuple[Any, Exception | None]:
    child = _child()
    assert child.stdin
    assert child.stdout
    try:
        child.stdin.write(len(job).to_bytes(8, "big") + job)
        child.stdin.flush()
        return pickle.load(child.stdout)
    except (EOFError, OSError) as error:
        _child.cache_clear()
        _end(child)
        return None, RuntimeError(f"the process ended: {error}")


def serve() -> None:
    """In the child: answer each job with its cotangents, or with what was raised."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a rule prints is no answer
    while header := sys.stdin.buffer.read(8):
        job = sys.stdin.buffer.read(int.from_bytes(header, "big"))
        try:
            answers.write(pickle.dumps(_answer(job)))
            answers.flush()
        except BrokenPipeError:  # who asked has ended
            os._exit(0)


def _answer(job: bytes) -> tuple[Arrays | None, Exception | None]:
    """Errors travel as text: an exception of the rule's own might not."""
    try:
        loaded = _FromName(io.BytesIO(job)).load()
    except Exception as error:
        return None, ImportError(f"{type(error).__name__}: {error}")
    try:
        return _on_devices(*loaded), None
    except Exception as error:
        return None, RuntimeError(f"{type(error).__name__}: {error}")


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
