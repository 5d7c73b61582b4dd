"""One scan: voxels and affine; reading, writing, and the working grid the network sees."""

from mrifoundation.volume.dicom_series import Series
from mrifoundation.volume.reading import list_series, read_scan
from mrifoundation.volume.scan import Scan
from mrifoundation.volume.writing import write_label_map

__all__ = ["Scan", "Series", "list_series", "read_scan", "write_label_map"]
