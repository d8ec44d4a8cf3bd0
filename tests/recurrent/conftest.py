import jaxtyping
import pytest


@pytest.fixture
def unchecked():
    """Without the shape checker of the tests, as a student runs the code: our own sentences must come."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
