"""Every rule of ours is in the catalogue, and passes."""

import pytest

from fnbackprop.verify import own_rules, verify_vjp

from ..test_every_rule import all_rules

RULES = own_rules()


@pytest.mark.parametrize("name", RULES)
def test_our_rules_pass(name):
    rule, reference, args, options = RULES[name]
    report = verify_vjp(rule, *args, reference=reference, convention="reference", options=options)
    assert report.verdict == "PASS", str(report)
    ran = {check.name for check in report.checks if check.verdict == "PASS"}
    assert {"reference", "second_order", "precision", "transforms", "vmap", "cost"} <= ran, str(report)


def test_no_rule_is_left_out():
    assert {example.rule for example in RULES.values()} == all_rules()
