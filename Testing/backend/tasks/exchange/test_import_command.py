"""`mrifoundation import-contours` and `export` notice contours of another examination."""

import json

import pytest
from mr_series import write_series

from mrifoundation.cli import main
from mrifoundation.tasks.exchange import export_segments

OTHER = "another frame of reference"


@pytest.fixture
def written(source, segments, save):
    return save(export_segments("rtstruct", segments[:1], source.grid, source))


@pytest.fixture
def other(tmp_path, request):
    """The same grid, scanned in another examination."""
    return write_series(tmp_path / "other")


@pytest.mark.parametrize("series", ["axial"], indirect=True)
@pytest.mark.parametrize("command", ["import-contours", "export"])
def test_the_frame_of_reference_of_a_dicom_scan_is_checked(written, series, other, tmp_path, capsys, command):
    for scan, is_noted in ((series, False), (other, True)):
        output = tmp_path / f"{scan.name}.nii.gz"
        assert main([command, str(written), "--scan", str(scan), "-o", str(output), "--json"]) == 0
        notes = json.loads(capsys.readouterr().out)["notes"]
        assert any(OTHER in note for note in notes) == is_noted and output.exists()
