"""The index of scans: LanceDB tables of cases and of the structures found in them, filling them, and searching.

Names are imported on first use: listing a library needs neither torch nor a model.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mrifoundation.library.case import Case, Region
    from mrifoundation.library.ingest_report import IngestReport
    from mrifoundation.library.library import Library
    from mrifoundation.library.question import Hit, Hits, Question

_HOME = {
    "Library": "library",
    "Case": "case",
    "Region": "case",
    "Question": "question",
    "Hit": "question",
    "Hits": "question",
    "IngestReport": "ingest_report",
}

__all__ = ["Case", "Hit", "Hits", "IngestReport", "Library", "Question", "Region"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
