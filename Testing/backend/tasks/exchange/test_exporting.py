"""Series of a less common make."""

import numpy as np
import pydicom
import pytest
from mr_series import hard_mask, write_enhanced, write_series

from mrifoundation.tasks.exchange import Segment, export_segments, import_segments, read_source


@pytest.mark.parametrize("kind", ["dicom-seg", "rtstruct"])
def test_a_multi_frame_series_is_referenced_frame_by_frame(kind, tmp_path, save):
    folder = tmp_path / "enhanced"
    folder.mkdir()
    source = read_source(write_enhanced(folder / "all.dcm", write_series(tmp_path / "classic", "oblique")))
    assert len(source.headers) == 1 and len(source.planes) == 14
    file = save(export_segments(kind, [Segment("liver", hard_mask())], source.grid, source))
    (found,) = import_segments(file, source.grid).segments
    np.testing.assert_array_equal(found.mask, hard_mask())
    if kind == "rtstruct":
        (roi,) = pydicom.dcmread(file).ROIContourSequence
        frames = {int(one.ContourImageSequence[0].ReferencedFrameNumber) for one in roi.ContourSequence}
        assert frames == {14 - k for k in np.flatnonzero(hard_mask().any(axis=(0, 1)))}
