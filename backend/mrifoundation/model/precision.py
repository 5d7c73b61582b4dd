"""Half precision where the hardware multiplies it natively: elsewhere it is emulated, and a network takes ten times as long."""

import torch


def native_bfloat16(device: torch.device) -> bool:
    """Whether `device` multiplies bfloat16 itself: GPUs since Ampere, CPUs with AVX-512 BF16 or AMX."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    checks = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return any(check() for check in checks if check)


def native_autocast(device: torch.device) -> torch.autocast:
    """A context in which a network runs in bfloat16 where that is native, else in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=native_bfloat16(device))
