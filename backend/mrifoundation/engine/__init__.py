"""Model loading, encoding, the encoding cache, and segmenting an encoded scan by text.

Names are imported on first use: the folders and caches serve the server before torch has been imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mrifoundation.engine.encoding import Encoding
    from mrifoundation.engine.engine import Engine
    from mrifoundation.engine.segmentation import Segmentation

_HOME = {"Engine": "engine", "Encoding": "encoding", "Segmentation": "segmentation"}

__all__ = ["Encoding", "Engine", "Segmentation"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
