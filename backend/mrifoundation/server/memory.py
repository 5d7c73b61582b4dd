"""Memory: how its want is recognised, and how what is not needed is given back to the system."""

import ctypes
import gc
import sys

OUT_OF_MEMORY = "The computer ran out of memory; choose the profile fast, or crop or resample the scan."


SIGNS = (
    "out of memory",  # CUDA
    "can't allocate memory",  # torch on Linux and macOS
    "not enough memory",  # torch on Windows
    "bad_alloc",
    "could not create a primitive",  # oneDNN, which does not tell what it could not allocate
    "could not create a memory",
    "pyobject pointer is null",  # a library in Rust, to which Python gave no object
)


def is_out_of_memory(error: BaseException) -> bool:
    """PyTorch and the libraries below it raise a RuntimeError where the processor's or the GPU's memory does not suffice; libraries in
    Rust panic, which is no `Exception`."""
    if isinstance(error, MemoryError):
        return True
    text, is_panic = str(error).lower(), type(error).__name__ == "PanicException"
    return (is_panic or isinstance(error, RuntimeError)) and any(sign in text for sign in SIGNS)


def give_back() -> None:
    """Return freed memory to the system and the GPU's driver, which Python, glibc and torch keep for themselves otherwise."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    trim()


def trim() -> None:
    """Return to the system what lies free between blocks in use. Scans that come and go in a full cache leave such holes, which glibc
    keeps: 80 % of what was held, measured with blocks of 1 to 10 MB. Takes milliseconds."""
    if sys.platform == "linux":
        malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; other libraries have none
        if malloc_trim is not None:
            malloc_trim(0)
