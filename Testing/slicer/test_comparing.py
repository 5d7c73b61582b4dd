"""A hit beside the scan: it really stands where the scan stands, in the scene and in the slices that are drawn. No backend."""

import json

import numpy as np
import pytest
from archive import SIDE, SPACING_MM, ball
from volumes import add_transform, add_volume

PLACE = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
PLACE[:3, 3] = -SPACING_MM * (SIDE - 1) / 2  # its middle is where new slice views look
PIXELS, WIDTH_MM = 48, 180.0


def rigid(axis, degrees, shift_mm) -> np.ndarray:
    """A 4×4 rotation about an axis (Rodrigues) with a shift after it."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross, angle, motion = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]), np.radians(degrees), np.eye(4)
    motion[:3, :3] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    motion[:3, 3] = shift_mm
    return motion


MOVED = rigid((1, 2, 3), 25.0, (30.0, -12.0, 18.0))


@pytest.fixture
def voxels():
    """A lopsided thing: turned by any angle it looks different."""
    voxels = ball(5, bright=True)
    voxels[4:9, 10:20, 6:12] = 900
    return voxels


@pytest.fixture
def scan(panel, voxels):
    """The module is open, so that there is a layout."""
    return add_volume("scan", voxels, PLACE)


@pytest.fixture
def compared(scan, voxels, tmp_path):
    """compared(to_query) → the same head, taken in another position, beside the scan; `to_query` as the service gives it."""
    import nibabel as nib
    import slicer
    from MRIFoundationLib.Comparing import ComparedHit
    from MRIFoundationLib.Searching import Comparison

    (tmp_path / "case").mkdir()
    nib.save(nib.Nifti1Image(voxels, MOVED @ PLACE), tmp_path / "case" / "case.nii")

    def compare(to_query):
        told = json.loads(json.dumps(None if to_query is None else to_query.tolist()))
        way = None if told is None else np.array(told)
        comparison = Comparison(str(tmp_path / "case" / "case.nii"), way, [], None, None)
        return ComparedHit(slicer.mrmlScene, scan, {"case": "c1", "name": "moved head"}, comparison)

    return compare


def drawn(row: str, plane: str) -> np.ndarray:
    """What the slice view of the compare layout draws of its background, uint8 [48, 48]."""
    import slicer
    from MRIFoundationLib import CompareLayout
    from vtk.util.numpy_support import vtk_to_numpy

    logic, node = slicer.vtkMRMLSliceLogic(), CompareLayout.slice_node(slicer.mrmlScene, row, plane)
    logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
    logic.SetMRMLScene(slicer.mrmlScene)
    logic.SetSliceNode(node)
    node.SetDimensions(PIXELS, PIXELS, 1)
    node.SetFieldOfView(WIDTH_MM, WIDTH_MM, 1.0)
    node.UpdateMatrices()
    logic.UpdatePipeline()
    source = logic.GetBackgroundLayer().GetImageDataConnection().GetProducer()
    source.Update()
    colours = vtk_to_numpy(source.GetOutputDataObject(0).GetPointData().GetScalars())
    return colours.reshape(PIXELS, PIXELS, -1)[..., 0]


def difference(plane: str) -> float:
    """Mean difference of what is drawn of scan and hit, in grey values of 255."""
    return float(np.abs(drawn("Query", plane).astype(float) - drawn("Hit", plane)).mean())


def test_a_hit_taken_elsewhere_is_brought_to_the_place_of_the_scan(compared, scan):
    from MRIFoundationLib.Scene import world_affine

    hit = compared(np.linalg.inv(MOVED))
    assert hit.aligned and np.allclose(world_affine(hit.volume), world_affine(scan), atol=1e-3)


@pytest.mark.parametrize("plane", ["Axial", "Sagittal", "Coronal"])
def test_scan_and_hit_are_drawn_in_the_same_place(compared, plane):
    compared(np.linalg.inv(MOVED))
    assert drawn("Query", plane).std() > 20 and difference(plane) < 2


def test_a_hit_is_brought_to_a_scan_that_was_moved_in_the_scene(compared, scan):
    """The service was sent the scan where it stands in the world, so the way it tells leads there."""
    from MRIFoundationLib.Scene import world_affine

    turned = rigid((0, 1, 0), 40.0, (0.0, 5.0, -60.0))
    add_transform(turned, scan)
    hit = compared(turned @ np.linalg.inv(MOVED))
    assert np.allclose(world_affine(hit.volume), turned @ PLACE, atol=1e-3)
    assert drawn("Query", "Axial").std() > 20 and difference("Axial") < 2


def test_a_hit_without_a_way_to_the_scan_stands_where_it_was_taken(compared):
    from MRIFoundationLib.Scene import world_affine

    hit = compared(None)
    assert not hit.aligned and np.allclose(world_affine(hit.volume), MOVED @ PLACE, atol=1e-3)
    assert difference("Axial") > 10


def test_a_case_that_was_loaded_before_goes_back_to_its_own_place(compared, voxels):
    import slicer
    from MRIFoundationLib import Scene

    loaded = add_volume("loaded", voxels, MOVED @ PLACE)
    loaded.SetAttribute(Scene.CASE, "c1")
    own = add_transform(rigid((0, 0, 1), 10.0, (1.0, 2.0, 3.0)), loaded)
    hit = compared(np.linalg.inv(MOVED))
    assert hit.volume is loaded and np.allclose(Scene.world_affine(loaded), PLACE, atol=1e-3)
    hit.end()
    assert loaded.GetParentTransformNode() is own and slicer.mrmlScene.IsNodePresent(loaded)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLLinearTransformNode") == 1


def test_a_layout_that_a_closed_scene_left_is_not_what_one_goes_back_to(scan, compared):
    import slicer
    from MRIFoundationLib import CompareLayout

    layout = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    layout.SetViewArrangement(CompareLayout.LAYOUT)
    compared(None).end()
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
