"""Segments to and from the files of others: DICOM SEG, RTSTRUCT, label maps and surfaces."""

from mrifoundation.tasks.exchange.exporting import FORMATS, Exported, export_segments
from mrifoundation.tasks.exchange.grid import Grid
from mrifoundation.tasks.exchange.importing import Imported, import_segments
from mrifoundation.tasks.exchange.segment import Segment
from mrifoundation.tasks.exchange.source_series import SourceSeries, read_source

__all__ = [
    "FORMATS",
    "Exported",
    "Grid",
    "Imported",
    "Segment",
    "SourceSeries",
    "export_segments",
    "import_segments",
    "read_source",
]
