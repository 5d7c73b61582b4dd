"""One service for all tests of this folder."""

import pytest
from forked_service import ForkedService
from running_service import Service


@pytest.fixture(scope="session")
def service(tiny_weights, tmp_path_factory):
    running = ForkedService(tiny_weights, tmp_path_factory.mktemp("service"))
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture
def start():
    """Starts services that are gone when the test is over, however it went."""
    yield from _starting(ForkedService)


@pytest.fixture
def start_anew():
    """As `start`, with a Python that has loaded nothing yet."""
    yield from _starting(Service)


def _starting(kind):
    started = []

    def start(*arguments, **options):
        started.append(kind(*arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


@pytest.fixture(scope="session")
def head(service, head_voxels, oblique_affine):
    """The id of the head, already sent."""
    return service.send(head_voxels, oblique_affine).json()["id"]
