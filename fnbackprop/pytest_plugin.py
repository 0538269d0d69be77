"""The pytest plugin: the option --vjp-level, for tests made by `fnbackprop.vjp_test`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --vjp-level."""
    group = parser.getgroup("fnbackprop", "verifying hand-written derivatives")
    group.addoption("--vjp-level", choices=("fast", "full"), default="fast", help="how thoroughly (default: fast)")


@pytest.fixture(scope="session")
def vjp_level(request: pytest.FixtureRequest) -> str:
    """How thoroughly rules are verified."""
    return request.config.getoption("--vjp-level")
