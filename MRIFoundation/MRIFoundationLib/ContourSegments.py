"""Segments of the scene as contours that go back and forth, whatever else edits them. Main thread only; no Qt."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import slicer
import slicer.util
import vtk
from vtk.util import numpy_support

from . import Scene, Segmentation
from .Contouring import Shown
from .Failures import BackendError
from .Segmentation import CONTOUR_TAG
from .VoxelBox import VoxelBox

_LABELMAP = "Binary labelmap"
_BY_HAND_COLOUR = (0.9, 0.7, 0.2)


class ContourSegments:
    """Knows which segments still are what the backend has: a labelmap that was modified since may not be."""

    def __init__(self):
        self._seen: dict[tuple[str, str], int] = {}

    def shown(self, node, segment: str, volume, profile: str, structures: set[str], whole: bool = False) -> Shown:
        """The segment as the backend is to know it; `whole`: with its mask even where the backend has it already."""
        name = node.GetSegmentation().GetSegment(segment).GetName()
        changed = whole or self._seen.get((node.GetID(), segment)) != _modified(node, segment)
        contour = state_of(node, segment).get("segment", "")
        structure = name if name in structures else ""
        return Shown(contour, name, structure, profile, changed, mask_of(node, segment, volume) if changed else None)

    def apply(self, node, segment: str, box: VoxelBox | None, state: dict) -> None:
        """Change only the box of the segment's labelmap, and keep what the backend told."""
        if box is not None:
            _merge(node, segment, box)
        inner = node.GetSegmentation().GetSegment(segment)
        inner.SetTag(CONTOUR_TAG, json.dumps(state))
        volume_ml, content = state["volume_ml"], Segmentation.content(node)
        Segmentation.update_row(inner, volume_ml=volume_ml, in_view=volume_ml > 0, content=content)
        self._seen[node.GetID(), segment] = _modified(node, segment)

    def forget(self, node, segment: str) -> None:
        """The backend may have another contour than the one shown, or none."""
        self._seen.pop((node.GetID(), segment), None)

    def drop(self, node, segment: str) -> None:
        """The backend has lost the contour; the next step begins a new one from what is shown."""
        node.GetSegmentation().GetSegment(segment).RemoveTag(CONTOUR_TAG)
        self.forget(node, segment)

    def is_edited(self, node, segment: str) -> bool:
        """Whether something else has changed the segment since the backend told of it."""
        known = (node.GetID(), segment) in self._seen
        return known and self._seen[node.GetID(), segment] != _modified(node, segment)


def state_of(node, segment: str) -> dict:
    """What the backend told of a segment last; {} when it never did."""
    tag, inner = vtk.mutable(""), node.GetSegmentation().GetSegment(segment)
    return json.loads(str(tag)) if inner is not None and inner.GetTag(CONTOUR_TAG, tag) else {}


def add_by_hand(node, name: str, structure: dict) -> str:
    """A new empty segment for an organ that is drawn by hand; gives its id."""
    segmentation = node.GetSegmentation()
    identifier = segmentation.AddEmptySegment(name, name)
    inner = segmentation.GetSegment(identifier)
    colour = structure.get("colour")
    inner.SetColor(*([channel / 255 for channel in colour] if colour else _BY_HAND_COLOUR))
    Segmentation.describe(inner, name, structure)
    return identifier


def mask_of(node, segment: str, volume) -> VoxelBox | None:
    """Where the segment is, as the smallest bool box on the grid of `volume`; None when it is empty there."""
    inner = node.GetSegmentation().GetSegment(segment)
    image = inner.GetRepresentation(_LABELMAP)
    if image is None or image.IsEmpty():
        return None
    if _same_grid(node, image, volume):
        return _inside(image, inner.GetLabelValue(), volume)
    try:
        return Scene.segment_mask(node, segment, volume)
    except BackendError:
        return None


def _same_grid(node, image, volume) -> bool:
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    own = Scene.transform_to_world(node) @ slicer.util.arrayFromVTKMatrix(matrix)
    return bool(np.allclose(own, Scene.world_affine(volume), atol=1e-4))


def _inside(image, value: int, volume) -> VoxelBox | None:
    """The part of an image on the volume's own grid that lies in the volume."""
    full = volume.GetImageData().GetDimensions()
    extent = np.array(image.GetExtent()).reshape(3, 2)
    low, high = np.maximum(extent[:, 0], 0), np.minimum(extent[:, 1] + 1, full)
    if (low >= high).any():
        return None
    shape = (extent[:, 1] - extent[:, 0] + 1)[::-1]
    voxels = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape).transpose(2, 1, 0)
    mask = voxels[tuple(slice(a, b) for a, b in zip(low - extent[:, 0], high - extent[:, 0]))] == value
    if not mask.any():
        return None
    box = tuple(Scene.filled(mask, axis) for axis in range(3))
    start = tuple(int(a) + part.start for a, part in zip(low, box))
    return VoxelBox(mask[box], start, full, Scene.world_affine(volume))


def _merge(node, segment: str, box: VoxelBox) -> None:
    """Make the box what the answer says. A segment that shares its labelmap with others gets one of its own first: contours may overlap."""
    logic, segmentation = slicer.vtkSlicerSegmentationsModuleLogic, node.GetSegmentation()
    modifying = node.StartModify()
    try:
        sharing: list[str] = []
        segmentation.GetSegmentIDsSharingBinaryLabelmapRepresentation(segment, sharing, False)
        if sharing:
            segmentation.SeparateSegmentLabelmap(segment)
        value = segmentation.GetSegment(segment).GetLabelValue()
        image = Segmentation.oriented_image(node, replace(box, voxels=box.voxels * np.uint8(value)))
        for mode in (logic.MODE_MERGE_MAX, logic.MODE_MERGE_MIN):
            logic.SetBinaryLabelmapToSegment(image, node, segment, mode, image.GetExtent())
    finally:
        node.EndModify(modifying)


def _modified(node, segment: str) -> int:
    inner = node.GetSegmentation().GetSegment(segment)
    image = inner.GetRepresentation(_LABELMAP) if inner else None
    return image.GetMTime() if image else 0
