"""One service for all tests of this folder."""

import pytest
from running_service import Service


@pytest.fixture(scope="session")
def service(tiny_weights, tmp_path_factory):
    running = Service(tiny_weights, tmp_path_factory.mktemp("service"))
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def head(service, head_voxels, oblique_affine):
    """The id of the head, already sent."""
    return service.send(head_voxels, oblique_affine).json()["id"]
