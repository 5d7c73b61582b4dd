"""MRIFoundation: name a structure, get it segmented on any MRI.

    import mrifoundation as mf
    engine = mf.Engine.load()
    result = engine.segment(engine.encode(mf.read_scan("t1.nii.gz")), ["left hippocampus"])

Names are imported on first use, so that `import mrifoundation` is instant and needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mrifoundation.engine import Encoding, Engine, Segmentation
    from mrifoundation.errors import Cancelled, InputError
    from mrifoundation.volume import Scan, list_series, read_scan, write_label_map

_HOME = {
    "Engine": "mrifoundation.engine",
    "Encoding": "mrifoundation.engine",
    "Segmentation": "mrifoundation.engine",
    "Scan": "mrifoundation.volume",
    "read_scan": "mrifoundation.volume",
    "list_series": "mrifoundation.volume",
    "write_label_map": "mrifoundation.volume",
    "InputError": "mrifoundation.errors",
    "Cancelled": "mrifoundation.errors",
}

__all__ = [
    "Cancelled",
    "Encoding",
    "Engine",
    "InputError",
    "Scan",
    "Segmentation",
    "__version__",
    "list_series",
    "read_scan",
    "write_label_map",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("mrifoundation")
        except PackageNotFoundError:  # a source tree that was never installed
            return "0+source"
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'mrifoundation' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
