"""Both of JAX's implementations of custom_vjp give the same, where the installed version has both."""

import jax
import numpy as np

from ..case import Case, cotangents
from ..setting import describe
from ..vectors import as_covector
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_FLAG = "jax_custom_vjp3"


def modes(case: Case) -> Outcome:
    """The same pullback with the flag off and on."""
    setting, rng = case.base, case.rng("modes")
    before = getattr(jax.config, _FLAG, None)
    if before is None:
        return not_run("this version of JAX has one")
    (dys,) = cotangents(setting, 1, rng)

    def pullback(flag: bool) -> np.ndarray:
        jax.config.update(_FLAG, flag)
        try:
            dxs = setting.run(lambda: jax.vjp(lambda *xs: setting.rule(*xs), *setting.xs)[1](dys))
        finally:
            jax.config.update(_FLAG, before)
        return as_covector([np.asarray(dx)[None] for dx in dxs])[0]

    wanted = pullback(False)
    try:
        got = pullback(True)
    except Exception as error:
        raise RuleRaised("under JAX's newer custom_vjp", error, describe(setting)) from error
    if not np.allclose(got, wanted, rtol=case.tolerance.rtol, atol=0, equal_nan=True):
        return failed(Finding("another cotangent under JAX's newer custom_vjp", describe(setting)))
    return passed(modes=2)
