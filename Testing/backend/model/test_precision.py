"""Half precision only where the hardware has it: emulated, a network is ten times slower than in float32."""

import pytest
import torch

from mrifoundation.model.precision import native_autocast, native_bfloat16


@pytest.mark.parametrize("native", [True, False])
def test_a_network_runs_in_bfloat16_only_where_it_is_native(native, monkeypatch):
    for check in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda: native)
    cpu = torch.device("cpu")
    with native_autocast(cpu):
        answer = torch.nn.Linear(4, 4)(torch.ones(1, 4))
    assert native_bfloat16(cpu) == native
    assert answer.dtype == (torch.bfloat16 if native else torch.float32)
