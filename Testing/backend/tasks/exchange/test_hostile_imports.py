"""Contours made to harm: masks without end, extensions that lie about their size, files that are too large."""

import gzip
import io
import re
import time

import nibabel as nib
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from hostile import refused
from mr_series import write_series
from pydicom.dataset import Dataset

from mrifoundation.anatomy import Vocabulary
from mrifoundation.tasks.exchange import Grid, export_segments, import_segments, read_source, rtstruct_reading
from mrifoundation.tasks.exchange import grid as grids
from mrifoundation.tasks.exchange.identity import identify
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
    return refused(lambda: import_segments(path, grid))


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


def mha_with(path, names: str):
    image = sitk.GetImageFromArray(np.array([[[0, 1, 2]]], np.uint8))
    image.SetMetaData("SegmentNames", names)
    sitk.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ('{"1": "liv\\ud800r"}', ["liv?r", "label 2"]),
        ('{"1": 5, "2": null}', ["5", "None"]),
        ("[]", ["label 1", "label 2"]),
        ("{", ["label 1", "label 2"]),
        ('{"1": "' + "x" * 5000 + '"}', ["x" * 200, "label 2"]),
    ],
)
def test_a_name_is_text_that_can_be_sent_whatever_the_file_calls_it(tmp_path, told, names):
    found = import_segments(mha_with(tmp_path / "a.mha", told)).segments
    assert [one.name for one in found] == names
    assert [one.name.encode() for one in found] and all(identify(one, Vocabulary.load()) for one in found)


@pytest.mark.parametrize(
    ("field", "written"), [(b"Name:=liver", b"Name:=liv\xffr"), (b"Name:=liver", b"Name:=liv\xed\xa0\x80r")]
)
def test_a_name_that_is_not_utf_8_can_be_sent(tmp_path, field, written):
    path = seg_nrrd(tmp_path)
    path.write_bytes(path.read_bytes().replace(field, written))
    assert re.fullmatch(r"liv\?+r", import_segments(path).segments[0].name)


def test_a_layer_before_the_first_is_not_the_last(tmp_path):
    path = seg_nrrd(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Segment0_Layer:=0", b"Segment0_Layer:=-1"))
    assert "a layer that it does not hold" in refusal(path)


@pytest.mark.parametrize("written", [b"7.0 1.0 0.5", b"-1.0 0.0 0.0", b"nan 0.0 0.0", b"0.5 0.5"])
def test_what_is_no_colour_in_a_label_map_is_none(tmp_path, written):
    path = seg_nrrd(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Segment0_Color:=0.2 0.4 0.6", b"Segment0_Color:=" + written))
    assert [one.colour for one in import_segments(path).segments] == [None]


@pytest.mark.parametrize("colour", [["300", "0", "0"], ["-1", "0", "0"], "7", None])
def test_what_is_no_colour_in_an_rtstruct_is_none(tmp_path, colour):
    path = rtstruct(tmp_path)
    dataset = pydicom.dcmread(path)
    dataset.ROIContourSequence[0].ROIDisplayColor = colour
    dataset.save_as(path)
    found = import_segments(path, read_source(tmp_path / "series").grid)
    assert [one.colour for one in found.segments] == [None]


def test_a_label_map_with_the_name_of_another_kind_is_read(tmp_path):
    path = mha_with(tmp_path / "a.mha", '{"1": "liver"}').rename(tmp_path / "a.seg.nrrd")
    assert [one.name for one in import_segments(path).segments] == ["liver", "label 2"]
    path = seg_nrrd(tmp_path).rename(tmp_path / "b.mha")
    assert [one.name for one in import_segments(path).segments] == ["liver"]


def seg_nrrd(folder):
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1:3, 1:3, 1:3] = 1
    path = folder / "a.seg.nrrd"
    write_label_map(path, labels, GRID.affine, {1: "liver"}, {1: {"Color": "0.2 0.4 0.6"}})
    assert import_segments(path).segments[0].colour == (51, 102, 153)
    return path


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


def with_contour(folder, points):
    """An RTSTRUCT whose first region has one contour, LPS mm [n, 3]; and the grid of its series."""
    path = rtstruct(folder)
    dataset = pydicom.dcmread(path)
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    contour.ContourData = [f"{value:.6g}" for value in np.ravel(points)]
    dataset.ROIContourSequence[0].ContourSequence = [contour]
    dataset.save_as(path)
    return path, read_source(folder / "series").grid


def to_and_fro(grid, count):
    """From one edge of a slice to the other, `count` times."""
    index = np.stack([np.arange(count) % 2 * 59.0, np.linspace(0, 51, count), np.full(count, 3.0)], axis=1)
    return (index @ grid.affine[:3, :3].T + grid.affine[:3, 3]) * [-1, -1, 1]


def test_a_contour_that_goes_to_and_fro_is_filled_soon(tmp_path):
    path, grid = with_contour(tmp_path / "a", to_and_fro(grid_of(tmp_path), 20_000))
    began = time.process_time()
    import_segments(path, grid)
    assert time.process_time() - began < 5  # it had been 12


def test_contours_that_go_to_and_fro_without_end_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rtstruct_reading, "_LONGEST_WAY", 1e4)
    path, grid = with_contour(tmp_path / "a", to_and_fro(grid_of(tmp_path), 500))
    assert "to and fro" in refusal(path, grid)


def test_points_are_read_without_an_object_for_each(tmp_path):
    """pydicom makes one for every number, hundreds of bytes each."""
    path, _ = with_contour(tmp_path / "a", to_and_fro(grid_of(tmp_path), 20_000))
    contour = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence[0]
    points = rtstruct_reading._points(contour)
    assert isinstance(contour.get_item("ContourData").value, bytes)  # as it was read
    np.testing.assert_array_equal(points, np.reshape(contour.ContourData, (-1, 3)).astype(float) * [-1, -1, 1])


def grid_of(folder):
    return read_source(write_series(folder / "series")).grid


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
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "rs.dcm"
    path.write_bytes(exported(write_series(tmp_path / "series"), "rtstruct"))
    return path


def exported(series, kind) -> bytes:
    from mr_series import hard_mask

    from mrifoundation.tasks.exchange import Segment, read_source

    source = read_source(series)
    return export_segments(kind, [Segment("left kidney", hard_mask())], source.grid, source, "").content
