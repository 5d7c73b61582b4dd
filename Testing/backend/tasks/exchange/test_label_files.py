"""NIfTI and seg.nrrd: there and back; names, and files that hold no contours."""

import json

import numpy as np
import pytest
import SimpleITK as sitk
from mr_series import ball, hard_mask

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange import Grid, Segment, export_segments, import_segments


@pytest.fixture
def apart():
    """Two segments that do not overlap."""
    organ = hard_mask()
    return [Segment("left kidney", organ), Segment("seroma", ball((12, 40, 6), (9, 9, 4)) & ~organ, (12, 200, 33))]


@pytest.mark.parametrize("kind", ["nifti", "seg.nrrd"])
def test_label_maps_come_back_with_names(kind, source, apart, save):
    file = save(export_segments(kind, apart, source.grid))
    for found in (import_segments(file), import_segments(file, source.grid)):
        np.testing.assert_allclose(found.grid.affine, source.grid.affine, atol=1e-4)
        for one, given in zip(found.segments, apart, strict=True):
            assert one.name == given.name
            np.testing.assert_array_equal(one.mask, given.mask)


def test_a_seg_nrrd_carries_colours_and_terms_for_slicer(source, apart, save):
    image = sitk.ReadImage(str(save(export_segments("seg.nrrd", apart, source.grid))))
    assert image.GetMetaData("Segment0_Name") == "left kidney"
    assert "~64033007^SCT^" in image.GetMetaData("Segment0_Tags") and "^SCT^Left~" in image.GetMetaData("Segment0_Tags")
    assert [float(part) for part in image.GetMetaData("Segment1_Color").split()] == pytest.approx(
        [12 / 255, 200 / 255, 33 / 255], abs=1e-3
    )
    assert import_segments(save(export_segments("seg.nrrd", apart, source.grid))).segments[1].colour == (12, 200, 33)


def test_layers_of_a_seg_nrrd_are_read(tmp_path):
    """As 3D Slicer saves segments that overlap: a vector image, each segment with its layer and value."""
    one, other = np.zeros((2, 9, 8, 7), bool)
    one[2:6, 2:6, 2:6] = other[4:8, 4:8, 4:7] = True
    image = sitk.GetImageFromArray(np.stack([one.T, other.T], axis=-1).astype(np.uint8), isVector=True)
    for number, name in enumerate(("first", "second")):
        for key, value in {"Name": name, "LabelValue": "1", "Layer": str(number)}.items():
            image.SetMetaData(f"Segment{number}_{key}", value)
    sitk.WriteImage(image, str(tmp_path / "layers.seg.nrrd"))
    found = import_segments(tmp_path / "layers.seg.nrrd").segments
    assert [segment.name for segment in found] == ["first", "second"]
    np.testing.assert_array_equal([segment.mask for segment in found], [one, other])


def test_segments_that_overlap_are_no_label_map(source, segments):
    with pytest.raises(InputError, match=r"overlap.*seg.nrrd, DICOM SEG or RTSTRUCT"):
        export_segments("nifti", segments, source.grid)


def test_segments_that_overlap_become_layers_of_a_seg_nrrd(source, segments, save):
    beside = Segment("liver", ball((50, 45, 6), (5, 5, 4)) & ~segments[0].mask & ~segments[1].mask)
    file = save(export_segments("seg.nrrd", [*segments, beside], source.grid))
    image = sitk.ReadImage(str(file))
    assert image.GetNumberOfComponentsPerPixel() == 2, "what overlaps nothing shares a layer"
    assert [image.GetMetaData(f"Segment{number}_Layer") for number in range(3)] == ["0", "1", "0"]
    found = import_segments(file)
    np.testing.assert_allclose(found.grid.affine, source.grid.affine, atol=1e-4)
    for one, given in zip(found.segments, [*segments, beside], strict=True):
        assert one.name == given.name
        np.testing.assert_array_equal(one.mask, given.mask)


def test_an_image_is_no_label_map(tmp_path):
    noise = np.random.default_rng(1).normal(size=(9, 9, 9)).astype(np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(noise), str(tmp_path / "t1.nii.gz"))
    with pytest.raises(InputError, match="holds no labels"):
        import_segments(tmp_path / "t1.nii.gz")


def test_a_segment_outside_the_scan_is_named_and_nothing_inside_is_an_error(source, apart, save):
    file = save(export_segments("nifti", apart, source.grid))
    window = source.grid.affine.copy()
    window[:3, 3] += window[:3, :3] @ (30, 0, 0)
    found = import_segments(file, Grid((20, 52, 14), window))
    assert [one.name for one in found.segments] == ["left kidney"]
    assert any("seroma" in note for note in found.notes)
    window[:3, 3] += 5000
    with pytest.raises(InputError, match="lies outside this scan"):
        import_segments(file, Grid((20, 52, 14), window))


def test_wrong_files_are_told_apart(tmp_path, source):
    (tmp_path / "a.stl").write_text("solid nothing\nendsolid nothing\n")
    (tmp_path / "b.txt").write_text(json.dumps({"not": "contours"}))
    with pytest.raises(InputError, match="no surface"):
        import_segments(tmp_path / "a.stl", source.grid)
    with pytest.raises(InputError, match="holds no contours"):
        import_segments(tmp_path / "b.txt", source.grid)
    with pytest.raises(InputError, match="no grid of its own"):
        import_segments(tmp_path / "a.stl")
    with pytest.raises(InputError, match="There is no file"):
        import_segments(tmp_path / "c.dcm")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["", "a"], "no name"),
        (["a", "a"], "Two segments are called 'a'"),
        (["Left kidney", "left kidney"], "would both be called 'left kidney'"),
        ([], "nothing to export"),
    ],
)
def test_names_must_tell_segments_apart(names, sentence, source):
    mask = hard_mask()
    with pytest.raises(InputError, match=sentence):
        export_segments("nifti", [Segment(name, mask) for name in names], source.grid)


def test_an_empty_segment_is_refused(source):
    with pytest.raises(InputError, match="'liver' is empty"):
        export_segments("nifti", [Segment("liver", np.zeros(source.grid.shape, bool))], source.grid)
