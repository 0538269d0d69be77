"""A backward pass that reads what the last forward pass left somewhere."""

import jax
import jax.numpy as jnp
import numpy as np

from ..rules import X, outcome, right_square, rule, square

KEPT = []


def stateful():
    f = jax.custom_vjp(square)

    def fwd(x):
        KEPT.append(x)
        return square(x), ()

    f.defvjp(fwd, lambda _, dy: (2 * KEPT[-1] * dy,))
    return f


def test_state_outside_the_residuals_fails():
    assert outcome("purity", stateful(), X).verdict == "FAIL"


def test_a_value_that_changes_fails():
    rng = np.random.default_rng(0)
    assert outcome("purity", lambda x: right_square(x) * rng.uniform(1, 2), X).verdict == "FAIL"


def test_a_pure_rule_passes():
    assert outcome("purity", right_square, X).verdict == "PASS"


def test_a_count_of_calls_that_begins_to_matter_fails():
    calls = []

    def backward(x, dy):
        if not isinstance(dy, jax.core.Tracer):
            calls.append(1)
        return (2 * x * dy * (0.9 if len(calls) > 4 else 1),)

    assert outcome("purity", rule(square, backward), X).verdict == "FAIL"


def test_state_shows_among_tiny_numbers_too():
    calls = []

    def backward(x, dy):
        if not isinstance(dy, jax.core.Tracer):
            calls.append(1)
        return (1e-8 * dy * (0.9 if len(calls) > 4 else 1),)

    assert outcome("purity", rule(lambda x: 1e-8 * x, backward), X).verdict == "FAIL"


def test_what_cancels_is_not_told_from_its_rounding():
    def normed(x):
        centred = x - x.mean(-1, keepdims=True)
        return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True))

    pairs = rule(normed, lambda x, dy: jax.vjp(normed, x)[1](dy))  # of two numbers: ±1, whatever they are
    assert outcome("purity", pairs, X[:, :2]).verdict == "PASS"
    assert outcome("transforms", pairs, X[:, :2], level="full").verdict == "PASS"


def test_a_tiny_argument_hides_nothing_of_the_others():
    def over(x, epsilon):
        return x * x / (1 + epsilon)

    seen = []
    f = jax.custom_vjp(over)

    def fwd(x, epsilon):
        seen.append(x)
        return over(x, epsilon), (x, epsilon)

    def bwd(kept, dy):
        (x, epsilon), last = kept, seen[-1]
        return 2 * last * dy / (1 + epsilon), -jnp.sum(x * x * dy) / (1 + epsilon) ** 2

    f.defvjp(fwd, bwd)
    assert outcome("purity", f, X, jnp.array(1e-6)).verdict == "FAIL"


def test_what_is_computed_in_half_precision_inside_is_not_held_to_more():
    def halves(x):
        return jax.nn.softmax(x.astype(jnp.bfloat16)).astype(x.dtype)

    f = rule(halves, lambda x, dy: jax.vjp(halves, x)[1](dy))
    assert outcome("purity", f, X).verdict == "PASS"
    assert outcome("transforms", f, X, level="full").verdict == "PASS"


def test_state_that_is_kept_in_single_precision_alone_fails():
    last = {}

    def forward(x):
        last[x.dtype] = x
        return x * x, x

    def backward(x, dy):
        return (2 * dy * (last[x.dtype] if x.dtype == jnp.float32 else x),)

    f = jax.custom_vjp(lambda x: x * x)
    f.defvjp(forward, backward)
    assert outcome("purity", f, X).verdict == "FAIL"


def test_cancellation_in_single_precision_is_no_state():
    def distances(x):
        return jnp.sqrt(jnp.sum((x[:, None] - x) ** 2, -1) + 1e-6)

    def backward(x, dy):
        pull = (dy + dy.T) / distances(x)
        return (x * pull.sum(1)[:, None] - pull @ x,)

    assert outcome("purity", rule(distances, backward), X).verdict == "PASS"


def test_a_long_backward_pass_runs_without_jit_at_the_full_level():
    calls = []

    def forward(x):
        for k in range(50):
            x = jnp.sin(x[: len(x)] * jnp.ones((1, k + 1))[:, :1])
        return x

    def backward(x, dy):
        if not isinstance(dy, jax.core.Tracer):
            calls.append(1)
        return (jax.vjp(forward, x)[1](dy)[0] * (0.9 if len(calls) > 4 else 1),)

    fast = outcome("purity", rule(forward, backward), X)
    assert fast.verdict == "PASS"
    assert "full level" in fast.figures["without jit"]
    assert outcome("purity", rule(forward, backward), X, level="full").verdict == "FAIL"
