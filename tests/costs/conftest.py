import jaxtyping
import pytest


@pytest.fixture
def unchecked_shapes(monkeypatch):
    """Calls as a user makes them, without the shape checks that the tests add to the signatures."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
