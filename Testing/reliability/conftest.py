"""Services that may be killed, and scans for them."""

import numpy as np
import pytest
from forked_service import ForkedService


@pytest.fixture
def start(tiny_weights, tmp_path):
    """start(weights=…, cache=…, …) → a service that is gone when the test is over, however it went."""
    started = []

    def start(weights=tiny_weights, cache=tmp_path / "cache", **environment):
        started.append(ForkedService(weights, cache, **environment))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


@pytest.fixture(scope="session")
def large_scan() -> np.ndarray:
    """int16 [150, 150, 150] of noise, which takes the network a while."""
    return np.random.default_rng(0).integers(0, 900, (150, 150, 150)).astype(np.int16)
