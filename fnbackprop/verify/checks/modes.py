"""Both of JAX's implementations of custom_vjp give the same, where the installed version has both."""

from functools import partial

import jax

from ..case import Case, cotangents
from ..compare import difference
from ..describe import describe
from ..pulled import Traced, pullback
from ..verdict import Finding, Outcome, RuleRaised, failed, not_run, passed

_FLAG = "jax_custom_vjp3"


def modes(case: Case) -> Outcome:
    """The same pullback with the flag off and on."""
    setting, rng = case.base, case.rng("modes")
    before = getattr(jax.config, _FLAG, None)
    if before is None:
        return not_run("this version of JAX has one")
    (dys,) = cotangents(setting, 1, rng)

    def under(flag: bool) -> Traced:
        jax.config.update(_FLAG, flag)
        try:
            return setting.run(setting.compiled(lambda xs: pullback(setting.rule, xs, dys)), setting.xs)
        finally:
            jax.config.update(_FLAG, before)

    wanted = under(False)
    try:
        got = under(True)
    except Exception as error:
        raise RuleRaised("under JAX's newer custom_vjp", error, describe(setting)) from error
    if apart := difference(got, wanted, case.tolerance.rtol, partial(setting.noise, dys)):
        words, name = "another cotangent under JAX's newer custom_vjp", setting.names[apart.number]
        return failed(Finding(words, describe(setting), name, got=apart.got, expected=apart.expected))
    return passed(modes=2)
