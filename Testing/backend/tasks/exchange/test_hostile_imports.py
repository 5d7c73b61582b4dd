"""Contours made to harm: masks without end, extensions that lie about their size, files that are too large."""

import gzip
import io

import nibabel as nib
import numpy as np
import pydicom
import pytest
from mr_series import write_series
from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange import Grid, export_segments, import_segments
from mrifoundation.tasks.exchange import grid as grids
from mrifoundation.tasks.exchange.label_files import read_label_file
from mrifoundation.volume import dicom_file, write_label_map

GRID = Grid((12, 12, 12), np.diag([2.0, 2.0, 2.0, 1.0]))


@pytest.fixture
def labels(tmp_path):
    values = np.zeros(GRID.shape, np.uint8)
    values[3:6, 3:6, 3:6], values[7:9, 7:9, 7:9] = 1, 2
    path = tmp_path / "labels.nii.gz"
    write_label_map(path, values, GRID.affine, {1: "liver", 2: "spleen"})
    return path


def refusal(path, grid=GRID) -> str:
    with pytest.raises(InputError) as caught:
        import_segments(path, grid)
    assert "\n" not in str(caught.value) and str(caught.value).endswith((".", "?"))
    return str(caught.value)


def test_names_of_a_label_map_are_read(labels):
    assert [one.name for one in import_segments(labels, GRID).segments] == ["liver", "spleen"]


@pytest.mark.parametrize("size", [-1, 0, 7, 2**31 - 1])
def test_an_extension_that_lies_about_its_size_is_not_believed(labels, tmp_path, size):
    content = bytearray(gzip.decompress(labels.read_bytes()))
    content[352:356] = np.array([size], "<i4").tobytes()
    path = tmp_path / "lie.nii.gz"
    path.write_bytes(gzip.compress(content))
    assert [one.name for one in read_label_file(path, "nifti")[0]] == ["label 1", "label 2"]


def test_names_nested_without_end_are_not_read(labels, tmp_path):
    image = nib.load(labels)
    image.header.extensions.clear()
    image.header.extensions.append(nib.nifti1.Nifti1Extension(6, b"[" * 100_000))
    nib.save(image, tmp_path / "deep.nii.gz")
    assert [one.name for one in read_label_file(tmp_path / "deep.nii.gz", "nifti")[0]] == ["label 1", "label 2"]


def test_more_labels_than_there_is_room_for_are_refused(labels, monkeypatch):
    monkeypatch.setattr(grids, "ROOM", 2 * GRID.size - 1)
    assert "import fewer at a time" in refusal(labels)


def test_an_rtstruct_of_regions_without_end_is_refused(tmp_path, monkeypatch):
    path = rtstruct(tmp_path)
    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence = [dataset.StructureSetROISequence[0]] * 3000
    dataset.save_as(path)
    monkeypatch.setattr(grids, "ROOM", 100 * GRID.size)
    assert "holds 3000 segments" in refusal(path)


def test_an_rtstruct_beyond_its_limit_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_file.read_whole, "__defaults__", (1000,))
    assert "larger than" in refusal(rtstruct(tmp_path))


@pytest.mark.parametrize("points", [[np.nan] * 9, [1e300, 0, 0, 0, 1e300, 0, 0, 0, 1e300], [0.0] * 9, [1.0, 2.0]])
def test_contours_that_cannot_be_are_refused(tmp_path, points):
    path = rtstruct(tmp_path)
    dataset = pydicom.dcmread(path)
    contour = Dataset()
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points) // 3
    contour.ContourData = [f"{value:g}"[:16] for value in points]
    dataset.ROIContourSequence[0].ContourSequence = [contour]
    dataset.save_as(path)
    refusal(path)


def test_a_seg_that_promises_more_than_the_limit_is_refused(tmp_path):
    series = write_series(tmp_path / "series")
    dataset = pydicom.dcmread(io.BytesIO(exported(series, "dicom-seg")))
    dataset.Rows = dataset.Columns = 65535
    dataset.save_as(tmp_path / "seg.dcm")
    assert "the limit is" in refusal(tmp_path / "seg.dcm")


@pytest.mark.parametrize("far", [np.nan, np.inf, 3e38, -2e6])
def test_a_surface_that_reaches_beyond_all_measure_is_refused_at_once(tmp_path, far, capfd):
    """A triangle of a good surface with one corner far away."""
    content = bytearray(exported(write_series(tmp_path / "series"), "stl"))
    content[84 + 12 : 84 + 16] = np.array([far], "<f4").tobytes()
    (tmp_path / "a.stl").write_bytes(content)
    words = refusal(tmp_path / "a.stl")
    assert "nowhere in a patient" in words or "no surface that can be read" in words
    assert capfd.readouterr() == ("", "")  # what a library complains of would name the file in the log


def rtstruct(tmp_path):
    path = tmp_path / "rs.dcm"
    path.write_bytes(exported(write_series(tmp_path / "series"), "rtstruct"))
    return path


def exported(series, kind) -> bytes:
    from mr_series import hard_mask

    from mrifoundation.tasks.exchange import Segment, read_source

    source = read_source(series)
    return export_segments(kind, [Segment("left kidney", hard_mask())], source.grid, source, "").content
