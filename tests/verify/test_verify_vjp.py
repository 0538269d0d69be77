"""What is declared, what is refused, and what a report says."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import VjpReport, verify_vjp
from fnbackprop.verify.checks import Check
from fnbackprop.verify.prepare import prepare
from fnbackprop.verify.report import CheckReport, errors_once
from fnbackprop.verify.verdict import Finding, failed, not_run
from fnbackprop.verify.verify_vjp import run_check

from .rules import X, right_square, rule, square, wrong_square

FEW = ("structure", "reference", "differences", "linearity")
straight_through = rule(lambda x: jnp.round(x), lambda x, dy: (dy,))
float32_only = rule(square, lambda x, dy: ((2 * x * dy).astype(jnp.float32),))


def verify(f, *args, only=FEW, **said) -> VjpReport:
    return verify_vjp(f, *args, only=only, **said)


def test_a_right_rule_passes_and_a_wrong_one_fails():
    assert verify(right_square, X).verdict == "PASS"
    assert verify(wrong_square, X).verdict == "FAIL"


def test_a_surrogate_is_declared_and_never_a_pass():
    assert verify(straight_through, X).verdict == "FAIL"
    report = verify(straight_through, X, surrogate="straight-through")
    assert report.verdict == "DECLARED"
    assert {c.outcome.reason for c in report.checks if c.verdict == "DECLARED"} == {"straight-through"}
    assert verify(right_square, X, surrogate="though it is none").verdict == "DECLARED"


def test_a_surrogate_excuses_nothing_but_the_derivative():
    assert verify(float32_only, X, surrogate="a whim").verdict == "FAIL"
    assert verify(float32_only, X, declared={"structure": "float32 only"}).verdict == "DECLARED"


def test_a_given_reference_is_not_relied_on_alone():
    assert verify(right_square, X, reference=lambda x: x**2).verdict == "PASS"
    assert verify(wrong_square, X, reference=lambda x: x**2 / 2).verdict == "FAIL"


def test_plain_numbers_are_options_where_their_cotangent_is_zero():
    scaled = rule(lambda x, c: c * x, lambda x, c, dy: (c * dy, None))
    assert verify(scaled, X, 2.0).verdict == "PASS"
    also = rule(lambda x, c: c * x, lambda x, c, dy: (c * dy, jnp.sum(dy)))
    assert verify(also, X, 2.0).verdict == "FAIL"


def test_arguments_may_be_any_trees():
    f = rule(lambda t: t["w"] @ t["x"][0], lambda t, dy: ({"w": jnp.outer(dy, t["x"][0]), "x": (t["w"].T @ dy, None)},))
    assert verify(f, {"w": X, "x": (X[0], None)}).verdict == "PASS"


def test_nothing_to_differentiate_is_no_pass_and_one_line():
    report = verify(lambda i: i + 1, jnp.arange(3))
    assert report.verdict == "INCONCLUSIVE"
    assert {check.verdict for check in report.checks} == {"NOT_RUN"}
    assert not report.ran
    assert str(report).splitlines()[1:] == [
        "  no check ran: no floating or complex arguments; 3.0 is differentiated, 3 is an option"
    ]


def test_a_function_without_a_rule_is_said_to_be_one():
    words = "no hand-written rule is called in it"
    assert words in str(verify(jnp.sin, X))
    assert words not in str(verify(right_square, X))


def test_an_error_of_the_verifiers_own_accuses_nobody():
    def broken(case):  # here, as a rule's code would be, outside the verifier
        raise KeyError("of the rule")

    case = prepare(right_square, (X,))
    assert run_check(Check(broken), case).verdict == "FAIL"
    report = run_check(Check({}.__getitem__), case)
    assert report.verdict == "INCONCLUSIVE"
    assert "please report it" in report.outcome.reason


def test_the_same_seed_draws_the_same():
    reports = [json.loads(verify(right_square, X, seed=3).to_json()) for _ in range(2)]
    assert reports[0]["checks"][1]["outcome"] == reports[1]["checks"][1]["outcome"]


def test_the_same_cause_is_told_in_full_once():
    report = verify_vjp(wrong_square, X, only=("reference", "differences", "special"))
    assert str(report).count("diagnosis") == 1
    assert "\nspecial: the same: " in str(report)


def test_a_report_names_each_wrong_argument_in_a_line():
    f = rule(lambda a, b: a * b, lambda a, b, dy: (-dy * b, 2 * dy * a))
    report = verify(f, X, X + 1)
    also = [line.split() for line in str(report).splitlines() if line.startswith("  also")]
    (finding,) = [c.outcome.finding for c in report.checks if c.name == "reference"]
    assert len(also) == 1
    assert also[0][1][0] == finding.also[0].argument
    assert json.loads(report.to_json())["checks"][1]["outcome"]["finding"]["also"][0]["diagnosis"]["kind"] in (
        "sign",
        "wrong factor",
    )


def test_a_report_prints_and_is_json():
    report = verify(wrong_square, X)
    assert json.loads(report.to_json())["verdict"] == "FAIL"
    text = str(report)
    assert "finite difference" in text
    assert "exactly 0.5×" in text
    assert f"again: {report.reproduce}" in text


@pytest.mark.parametrize(("said", "error"), [({"only": ["linarity"]}, ValueError), ({"surrogat": ""}, TypeError)])
def test_what_does_not_exist_is_refused(said, error):
    with pytest.raises(error):
        verify_vjp(right_square, X, **said)


@pytest.mark.parametrize(("said", "meant"), [("levl", "level"), ("surogate", "surrogate")])
def test_a_name_that_is_misspelt_is_told(said, meant):
    with pytest.raises(TypeError, match=rf"called {said} \(did you mean '{meant}'\?\); there are"):
        verify_vjp(right_square, X, **{said: "full"})
    with pytest.raises(TypeError, match="no declaration is called why; there are surrogate, declared"):
        verify_vjp(right_square, X, why="because")


def test_a_function_that_cannot_be_traced_is_differentiated_step_by_step():
    def by_sign(x):
        return 2 * x if float(x.sum()) > 0 else x

    f = rule(by_sign, lambda x, dy: (2 * dy if float(x.sum()) > 0 else dy,))
    assert verify_vjp(f, X, only=("differences",)).verdict == "PASS"


def test_only_what_its_author_allows_is_tried():
    seen = []

    def within(x):
        seen.append(bool(jnp.all(x > 0)))
        return seen[-1]

    inside = rule(jnp.log, lambda x, dy: (dy / x,))
    assert verify_vjp(inside, jnp.abs(X), domain=within).verdict == "PASS"
    assert not all(seen)  # it was asked of others too

    halfway = rule(jnp.abs, lambda x, dy: (dy,))  # right for what is positive
    assert verify_vjp(halfway, jnp.abs(X)).verdict == "FAIL"
    assert verify_vjp(halfway, jnp.abs(X), domain=lambda x: bool(jnp.all(x > 0))).verdict == "PASS"


def test_a_counterexample_is_within_the_domain_too():
    doubled = rule(square, lambda x, dy: (4 * x * dy,))
    report = verify(doubled, X + 5, only=("reference",), domain=lambda x: bool(jnp.all(x > 2)))
    example = report.checks[0].outcome.finding.example
    assert example
    values = re.findall(r"-?[\d.]+", example.partition(";")[0].partition("=")[2])
    assert values
    assert all(float(value) > 2 for value in values)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"convention": "refrence"}, "convention is 'refrence'"),
        ({"second_order": "refuse"}, "second_order is 'refuse'"),
        ({"rtol": 0.0}, "rtol is 0"),
        ({"options": {"axis": "abc"}}, "wants the values to try"),
        ({"options": {"axes": [0]}}, "no option of total is called axes; there are x, axis"),
        ({"declared": {"linearty": "because"}}, "no check is called linearty"),
        ({"declared": {"linearity": ""}}, "wants the reason in words"),
        ({"surrogate": ""}, "surrogate is ''; it wants the reason in words"),
        ({"only": "linearity"}, r"only is 'linearity'; it wants names of checks, as \['linearity'\]"),
    ],
)
def test_a_declaration_that_would_do_nothing_is_refused(said, words):
    def total(x, axis=-1):
        return jnp.sum(x, axis)

    with pytest.raises(ValueError, match=words):
        verify_vjp(total, X, **said)


def test_what_failed_can_be_run_again_as_it_was():
    report = verify(wrong_square, X, reference=square, rtol=1e-4, only=("reference",))
    assert "verify_vjp(square, *args, reference=square, rtol=0.0001, level='fast'" in report.reproduce


def test_a_domain_that_the_example_is_not_in_is_refused():
    with pytest.raises(ValueError, match="domain does not allow"):
        verify_vjp(right_square, X, domain=lambda x: False)
    with pytest.raises(ValueError, match=r"domain raised TypeError: .*; it wants the arguments of square"):
        verify_vjp(right_square, X, domain=lambda: True)


def test_numpy_arrays_are_taken_as_jax_takes_them():
    assert verify_vjp(right_square, np.array([1.0, -2.0, 3.0]), only=FEW).verdict == "PASS"


def test_only_a_pass_is_true():
    assert verify(right_square, X)
    assert not verify(wrong_square, X)
    assert not verify(straight_through, X, surrogate="straight-through")


def test_what_cannot_be_called_is_refused_at_once():
    with pytest.raises(ValueError, match="does not take these arguments: it raised TypeError"):
        verify_vjp(right_square, [X, X])
    with pytest.raises(ValueError, match=r"does not take these arguments: .* too many positional arguments$"):
        verify_vjp(right_square, X, X)


def test_a_rule_without_its_backward_pass_is_told_what_it_lacks():
    with pytest.raises(ValueError, match=r"square has no backward pass yet, which defvjp\(fwd, bwd\) gives it"):
        verify_vjp(jax.custom_vjp(square), X)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (lambda x: square(x).sum(0), r"reference gives float32\[3\], square gives float32\[4,3\]"),
        (lambda x: (square(x), x), r"reference gives float32\[4,3\], float32\[4,3\], square gives"),
        (lambda x, y: square(x), "reference raised TypeError: .* missing 1 required .* 'y'"),
        (np.square, "reference raised TracerArrayConversionError"),
    ],
)
def test_a_reference_that_cannot_be_compared_with_is_refused(reference, words):
    with pytest.raises(ValueError, match=words):
        verify_vjp(right_square, X, reference=reference)


def test_what_is_of_another_type_is_refused_in_words():
    """In a process of its own: here annotations are enforced, by another error than users see."""
    program = """
import jax.numpy as jnp
from fnbackprop import verify_vjp
X = jnp.ones(3)
for f, said in (
    (X, {}), (jnp.sin, {"reference": "relu6"}), (jnp.sin, {"surrogate": True}), (jnp.sin, {"declared": "because"}),
    (jnp.sin, {"domain": 3}), (jnp.sin, {"rtol": "1e-5"}), (jnp.sin, {"options": ["axis"]}),
    (jnp.sin, {"convention": {0.0: "one"}}),
):
    try:
        verify_vjp(f, X, **said)
    except (TypeError, ValueError) as error:
        print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60).stdout
    assert said.splitlines() == [
        "the rule is an array; verify_vjp wants a function, and its arguments",
        "reference is a str; it wants a function of the rule's arguments",
        "surrogate is True; it wants the reason in words, as 'straight-through'",
        "declared is 'because'; it wants reasons by check",
        "domain is 3; it wants a function of the arguments",
        "rtol is '1e-5'; it wants a number between 0 and 1, as 1e-5",
        "options is ['axis']; it wants lists of values by option",
        "convention is {0.0: 'one'}; it wants 'any', 'reference', or slopes by place as in {0.0: 1.0}",
    ]


def test_a_reference_of_one_precision_is_compared_with_in_it():
    assert verify(right_square, X, reference=lambda x: square(x).astype(jnp.float32)).verdict == "PASS"


def test_a_large_problem_is_not_made_too_small_for_what_the_function_holds():
    labels = jnp.arange(4000) % 20

    def loss(x):  # NaN for a label that is no column
        return -jnp.mean(jnp.take_along_axis(x, labels[: len(x), None], 1, mode="fill"))

    report = verify_vjp(loss, jnp.ones((400, 20)) * jnp.arange(20.0), only=("reference",))
    assert report.verdict == "PASS"


def test_an_error_is_told_once():
    @jax.custom_vjp
    def product(x, y):
        return x * y

    product.defvjp(lambda x, y: (x * y, y), lambda y, dy: (dy * y,))  # one cotangent for two arguments
    report = verify_vjp(product, X, X)
    assert [check.name for check in report.checks if check.verdict == "FAIL"] == ["structure"]
    told = {check.name: check.outcome.reason for check in report.checks if check.verdict == "NOT_RUN"}
    for check in ("value", "linearity", "sizes", "second_order", "adequacy"):
        assert told[check] == "it raises the same as in structure"
    assert str(report).count("Custom VJP bwd rule must produce") == 2  # in the table, and below it


def test_an_error_of_another_size_is_the_same():
    @jax.custom_vjp
    def product(x, w):
        return x @ w

    product.defvjp(lambda x, w: (x @ w, (x, w)), lambda kept, dy: (dy @ kept[1], kept[0].T @ dy))  # not transposed
    report = verify_vjp(product, jnp.ones((3, 4)), jnp.ones((4, 5)), only=("structure", "linearity", "purity"))
    assert [check.verdict for check in report.checks] == ["FAIL", "NOT_RUN", "NOT_RUN"]


def to_target(x, target):
    return jnp.sum((x - jax.lax.stop_gradient(target)) ** 2)


def test_an_argument_whose_gradient_the_function_stops_is_not_differentiated():
    right = rule(to_target, lambda x, target, dy: (2 * dy * (x - target), None))
    report = verify_vjp(right, X, 2 * X[::-1])
    assert report.verdict == "PASS", str(report)
    checks = {check.name: check.outcome for check in report.checks}
    assert checks["sizes"].figures["compared"] > 2
    assert "float16" in checks["precision"].figures
    wrong = rule(to_target, lambda x, target, dy: (2 * dy * (target - x), None))
    assert verify_vjp(wrong, X, 2 * X[::-1]).verdict == "FAIL"


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (rule(lambda x: jnp.round(jax.lax.stop_gradient(x)), lambda x, dy: (dy,)), (X,)),
        (
            rule(lambda x, w: w * jnp.round(jax.lax.stop_gradient(x)), lambda x, w, dy: (w * dy, jnp.round(x) * dy)),
            (X, X + 1.5),
        ),
    ],
)
def test_a_rule_that_goes_on_where_its_function_stops_is_compared_like_any_other(f, args):
    assert verify(f, *args).verdict == "FAIL"
    assert verify(f, *args, surrogate="straight-through").verdict == "DECLARED"


def test_a_reference_says_what_is_differentiated():
    product = rule(lambda x, t: x * jax.lax.stop_gradient(t), lambda x, t, dy: (t * dy, x * dy))
    assert verify(product, X, X + 1, reference=lambda x, t: x * t).verdict == "PASS"


def test_a_function_that_stops_a_gradient_in_one_place_only_is_differentiated():
    gated = rule(lambda x: x * jax.lax.stop_gradient(jnp.tanh(x)), lambda x, dy: (dy * jnp.tanh(x),))
    for f in (gated, lambda x: x + jax.lax.stop_gradient(jnp.round(x) - x)):
        report = verify(f, X)
        assert report.verdict == "FAIL"
        assert 'for which the function stops a gradient; if it is meant, declare surrogate="why"' in str(report)


def test_a_mask_that_is_not_differentiated_is_an_array_of_jaxs_in_half_precision_too():
    def masked_mean(x, mask):
        mask = jax.lax.stop_gradient(mask)
        return (x * mask).sum(-1) / jnp.maximum(mask.sum(-1), 1)

    def slope(x, mask, dy):
        return (dy / jnp.maximum(mask.sum(-1), 1))[:, None] * mask, jnp.zeros_like(mask)

    mask = jnp.array([[1.0, 0, 1], [1, 1, 1], [0, 1, 1], [1, 1, 0]])
    report = verify_vjp(rule(masked_mean, slope), X, mask)
    assert report.verdict == "PASS", str(report)


def test_what_is_wrong_everywhere_is_shown_for_an_ordinary_cotangent():
    centred = rule(lambda x: x - x.mean(-1, keepdims=True), lambda x, dy: (dy,))
    for seed in range(3):
        finding = verify_vjp(centred, X, seed=seed, only=("reference",)).checks[0].outcome.finding
        assert 1e-6 < abs(finding.got) < 1e6


def test_a_short_error_is_not_found_in_what_others_say():
    checks = [
        CheckReport("structure", replace(failed(Finding("raises KeyError: 0")), raised="KeyError: 0"), 0.0),
        CheckReport("precision", failed(Finding("off by 0.5")), 0.0),
        CheckReport("sizes", not_run("0 lengths"), 0.0),
        CheckReport("linearity", replace(failed(Finding("raises KeyError: 1")), raised="KeyError: 1"), 0.0),
    ]
    told = errors_once(checks)
    assert [check.verdict for check in told] == ["FAIL", "FAIL", "NOT_RUN", "NOT_RUN"]
    assert told[2] is checks[2]


def test_a_declaration_that_is_not_needed_is_told():
    told = "nothing departs from the derivative: it need not be declared"
    assert told in str(verify_vjp(right_square, X, surrogate="straight-through"))
    assert told not in str(verify_vjp(straight_through, X, surrogate="straight-through"))
    assert told not in str(verify_vjp(right_square, X))
