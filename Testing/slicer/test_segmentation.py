"""Volumes as arrays, answers as segments: on oblique, flipped and moved geometry, voxel for voxel."""

import numpy as np
import pytest
from volumes import add_transform, add_volume

TURN = np.array([[0.8, -0.6, 0, 12], [0.6, 0.8, 0, -7], [0, 0, 1, 30], [0, 0, 0, 1.0]])
AFFINES = {
    "plain": np.diag([1.0, 1, 1, 1]),
    "LPS": np.array([[-1.0, 0, 0, 20], [0, -1, 0, 30], [0, 0, 2, -10], [0, 0, 0, 1]]),
    "sagittal": np.array([[0, 0, 3.0, -40], [-0.9, 0, 0, 50], [0, -0.9, 0, 60], [0, 0, 0, 1]]),
    "oblique": TURN @ np.diag([-1.5, 0.7, 2.0, 1]),
}
STRUCTURES = {
    "left kidney": {
        "side": "left",
        "kind": "abdominal organ",
        "colour": [255, 0, 51],
        "snomed": {"code": "64033007", "meaning": "Kidney"},
    },
    "liver": {
        "side": None,
        "kind": "abdominal organ",
        "colour": [221, 130, 101],
        "snomed": {"code": "10200004", "meaning": "Liver"},
    },
    "tumor": {
        "side": None,
        "kind": "lesion",
        "colour": [255, 40, 60],
        "snomed": {"code": "108369006", "meaning": "Tumor"},
    },
}


@pytest.fixture(params=AFFINES, ids=str)
def volume(request, scene):
    return add_volume("scan", np.zeros((9, 8, 7), np.int16), AFFINES[request.param])


def an_answer(volume, labels, *names):
    """The answer to a question for `names`: value i of the full-grid `labels` [i, j, k] is the i-th name."""
    from MRIFoundationLib.Scene import world_affine
    from MRIFoundationLib.Segmenting import Answer, present_in
    from MRIFoundationLib.VoxelBox import VoxelBox

    filled = np.argwhere(labels)
    start, stop = (filled.min(0), filled.max(0) + 1) if len(filled) else (np.zeros(3, int), np.zeros(3, int))
    box = labels[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    rows = [
        {
            "prompt": n,
            "name": n,
            "value": v,
            "volume_ml": 1.0,
            "presence": 0.9,
            "explanation": "",
            "center_ras_mm": [1.0, 2.0, 3.0],
        }
        for v, n in enumerate(names, 1)
    ]
    label_box = VoxelBox(box, tuple(start.tolist()), labels.shape, world_affine(volume))
    return Answer(rows, [], label_box, present_in(box))


def scattered(seed=0):
    """Labels 0 to 2 that no flip or swap of axes maps onto themselves."""
    labels = np.random.default_rng(seed).integers(0, 3, (9, 8, 7)).astype(np.uint8)
    labels[:2] = labels[:, :1] = labels[:, :, -2:] = 0
    return labels


def voxels_of_segment(node, name, volume):
    import slicer

    return slicer.util.arrayFromSegmentBinaryLabelmap(node, name, volume).transpose(2, 1, 0)


def put(volume, answer, node=None):
    import slicer
    from MRIFoundationLib import Segmentation

    node = node or Segmentation.create(slicer.mrmlScene, volume)
    Segmentation.put(node, volume, answer, STRUCTURES)
    return node


def segment_ids(node):
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegmentID(index) for index in range(segmentation.GetNumberOfSegments())]


def test_the_affine_is_the_one_of_the_volume(scene):
    from MRIFoundationLib.Scene import world_affine

    for affine in AFFINES.values():
        assert np.allclose(world_affine(add_volume("scan", np.zeros((3, 3, 3), np.int16), affine)), affine)


def test_the_affine_includes_parent_transforms(volume):
    from MRIFoundationLib.Scene import world_affine

    before = world_affine(volume)
    outer = add_transform(TURN, add_transform(np.diag([-1.0, 1, 1, 1]), volume))
    assert outer and np.allclose(world_affine(volume), TURN @ np.diag([-1.0, 1, 1, 1]) @ before)


def test_a_non_linear_transform_is_refused_with_the_remedy(volume):
    import slicer
    from MRIFoundationLib.Failures import BackendError
    from MRIFoundationLib.Scene import world_affine

    bent = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    volume.SetAndObserveTransformNodeID(bent.GetID())
    with pytest.raises(BackendError, match="harden the transform first"):
        world_affine(volume)


def test_segments_lie_on_the_voxels_of_the_volume(volume):
    labels = scattered()
    node = put(volume, an_answer(volume, labels, "left kidney", "liver"))
    for value, name in enumerate(("left kidney", "liver"), 1):
        assert np.array_equal(voxels_of_segment(node, name, volume), labels == value)


def test_segments_lie_right_under_a_transform_and_move_with_it(volume):
    labels = scattered()
    transform = add_transform(TURN, volume)
    node = put(volume, an_answer(volume, labels, "left kidney", "liver"))
    assert np.array_equal(voxels_of_segment(node, "liver", volume), labels == 2)
    volume.HardenTransform()
    node.HardenTransform()
    assert transform and np.array_equal(voxels_of_segment(node, "liver", volume), labels == 2)


def test_segments_lie_right_in_a_segmentation_that_is_not_under_the_transform_of_the_scan(volume):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    add_transform(TURN, volume)
    labels = scattered()
    put(volume, an_answer(volume, labels, "left kidney", "liver"), node)
    assert np.array_equal(voxels_of_segment(node, "left kidney", volume), labels == 1)


def test_asking_again_replaces_and_keeps_the_rest(volume):
    first, second = scattered(1), scattered(2)
    node = put(volume, an_answer(volume, first, "left kidney", "liver"))
    put(volume, an_answer(volume, second, "left kidney", "tumor"), node)
    assert segment_ids(node) == ["left kidney", "liver", "tumor"]
    assert np.array_equal(voxels_of_segment(node, "left kidney", volume), second == 1)
    assert np.array_equal(voxels_of_segment(node, "liver", volume), first == 2)


def test_a_structure_that_is_not_in_view_any_more_loses_its_segment(volume):
    node = put(volume, an_answer(volume, scattered(), "left kidney", "liver"))
    put(volume, an_answer(volume, np.zeros((9, 8, 7), np.uint8), "liver"), node)
    assert segment_ids(node) == ["left kidney"]


def test_a_segmentation_on_another_grid_takes_the_answer_and_keeps_what_it_has(volume):
    other = add_volume("other", np.zeros((9, 8, 7), np.int16), AFFINES["sagittal"] @ np.diag([0.7, 1.3, 0.9, 1.0]))
    node = put(other, an_answer(other, scattered(5), "tumor"))
    labels = scattered()
    put(volume, an_answer(volume, labels, "liver", "left kidney"), node)
    assert np.array_equal(voxels_of_segment(node, "liver", volume), labels == 1)
    assert np.array_equal(voxels_of_segment(node, "left kidney", volume), labels == 2)
    assert np.array_equal(voxels_of_segment(node, "tumor", other), scattered(5) == 1)


def test_segments_of_the_person_are_left_alone(volume):
    node = put(volume, an_answer(volume, scattered(), "left kidney", "liver"))
    own = node.GetSegmentation().AddEmptySegment("", "my lesion")
    put(volume, an_answer(volume, scattered(3), "left kidney", "liver"), node)
    assert own in segment_ids(node)


def renamed(node):
    node.GetSegmentation().GetSegment("liver").SetName("liver (checked by hand)")


def painted(node):
    import slicer

    scan = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
    voxels = slicer.util.arrayFromSegmentBinaryLabelmap(node, "liver", scan)
    voxels[4, 4, 4] = 1 - voxels[4, 4, 4]
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, node, "liver", scan)


def corrected(node):
    from MRIFoundationLib.Segmentation import CONTOUR_TAG

    node.GetSegmentation().GetSegment("liver").SetTag(CONTOUR_TAG, "{}")


@pytest.mark.parametrize("change", [renamed, painted, corrected])
def test_what_a_person_did_with_a_segment_stays_when_the_structure_is_asked_again(volume, change):
    node = put(volume, an_answer(volume, scattered(1), "left kidney", "liver"))
    change(node)
    before = voxels_of_segment(node, "liver", volume)
    put(volume, an_answer(volume, scattered(2), "left kidney", "liver"), node)
    assert np.array_equal(voxels_of_segment(node, "liver", volume), before)
    [new] = set(segment_ids(node)) - {"left kidney", "liver"}
    assert np.array_equal(voxels_of_segment(node, new, volume), scattered(2) == 2)
    put(volume, an_answer(volume, scattered(3), "left kidney", "liver"), node)
    assert segment_ids(node) == ["left kidney", "liver", new], "the answer beside it is the one that is replaced"


def test_a_segmentation_that_the_selector_made_is_shown(volume):
    import slicer

    node = slicer.mrmlScene.AddNode(slicer.mrmlScene.CreateNodeByClass("vtkMRMLSegmentationNode"))
    assert node.GetDisplayNode() is None
    put(volume, an_answer(volume, scattered(), "left kidney", "liver"), node)
    assert node.GetDisplayNode() is not None


def test_more_than_255_labels_arrive(volume):
    labels = np.arange(9 * 8 * 7, dtype=np.uint16).reshape(9, 8, 7)
    names = [f"structure {value}" for value in range(1, labels.max() + 1)]
    node = put(volume, an_answer(volume, labels, *names))
    assert np.array_equal(voxels_of_segment(node, "structure 300", volume), labels == 300)


def test_segments_carry_name_colour_and_code(volume):
    import slicer
    import vtk

    node = put(volume, an_answer(volume, scattered(), "left kidney", "tumor"))
    kidney, tumor = (node.GetSegmentation().GetSegment(name) for name in ("left kidney", "tumor"))
    assert kidney.GetName() == "left kidney" and np.allclose(kidney.GetColor(), (1, 0, 0.2))
    entry = slicer.vtkSlicerTerminologyEntry()
    tag = vtk.mutable("")
    assert kidney.GetTag(kidney.GetTerminologyEntryTagName(), tag)
    assert slicer.vtkSlicerTerminologiesModuleLogic.DeserializeTerminologyEntry(str(tag), entry)
    assert entry.GetTypeObject().GetCodeValue() == "64033007"
    assert entry.GetTypeModifierObject().GetCodeMeaning() == "Left"
    assert tumor.GetTag(tumor.GetTerminologyEntryTagName(), tag) and "Morphologically Altered Structure" in str(tag)


def test_the_reference_geometry_is_the_scan(volume):
    node = put(volume, an_answer(volume, scattered(), "left kidney", "liver"))
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is volume


def test_rows_survive_saving_and_loading(volume, tmp_path):
    import slicer
    from MRIFoundationLib.Segmentation import rows_of

    node = put(volume, an_answer(volume, scattered(), "left kidney", "liver"))
    storage = slicer.vtkMRMLSegmentationStorageNode()
    storage.SetFileName(str(tmp_path / "saved.seg.nrrd"))
    assert storage.WriteData(node)
    loaded = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    assert storage.ReadData(loaded)
    assert [(row["name"], row["volume_ml"]) for row in rows_of(loaded)] == [("left kidney", 1.0), ("liver", 1.0)]


def test_renaming_a_scan_keeps_its_key_and_changing_it_does_not(volume):
    import slicer
    from MRIFoundationLib.Scene import volume_key

    before = volume_key(volume)
    volume.SetName("another")
    volume.CreateDefaultDisplayNodes()
    assert volume_key(volume) == before
    slicer.util.arrayFromVolume(volume)[0] += 1
    slicer.util.arrayFromVolumeModified(volume)
    changed = volume_key(volume)
    assert changed != before
    add_transform(TURN, volume)
    assert volume_key(volume) != changed


def test_slices_jump_to_a_point(scene):
    from MRIFoundationLib.Scene import jump_slices

    red = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    red.SetLayoutName("Red")
    red.SetOrientation("Axial")
    jump_slices(scene, [10.0, -20.0, 33.0])
    assert red.GetSliceToRAS().GetElement(2, 3) == 33.0
