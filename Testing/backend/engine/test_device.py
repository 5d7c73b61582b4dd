"""Which device computes: the GPU only where this torch has kernels for it."""

import logging

import pytest
import torch

from mrifoundation.engine import device
from mrifoundation.errors import InputError

NO_KERNEL = "CUDA error: no kernel image is available for execution on the device\nFor debugging consider …"


@pytest.fixture
def a_gpu(monkeypatch):
    """A GPU that torch sees; a call says what its first computation does."""

    def computes(failure: str = "") -> None:
        def ones(*_sizes, device, **_):
            if failure and torch.device(device).type == "cuda":
                raise RuntimeError(failure)
            return torch.zeros(1)

        monkeypatch.setattr(device.torch, "ones", ones)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    return computes


def test_a_gpu_that_computes_is_taken(a_gpu):
    a_gpu()
    assert device.choose_device() == torch.device("cuda") and device.choose_device("cuda:0").index == 0


def test_a_gpu_that_this_torch_has_no_kernels_for_is_left_alone_and_that_is_logged(a_gpu, caplog):
    a_gpu(NO_KERNEL)
    with caplog.at_level(logging.WARNING):
        assert device.choose_device() == torch.device("cpu")
    assert "the CPU does the work: CUDA error: no kernel image is available" in caplog.text


def test_a_gpu_that_was_asked_for_and_does_not_compute_is_told(a_gpu):
    a_gpu(NO_KERNEL)
    with pytest.raises(
        InputError, match=r"cannot compute on the device 'cuda' \(CUDA error: no kernel image.*use auto or cpu"
    ):
        device.choose_device("cuda")


@pytest.mark.parametrize("wanted", ["cuda:1", "gpu", "meta"])
def test_what_is_not_there_is_told(a_gpu, wanted):
    a_gpu()
    with pytest.raises(InputError, match="use auto"):
        device.choose_device(wanted)
