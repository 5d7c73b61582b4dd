"""Answers of the backend as segments of a vtkMRMLSegmentationNode, and back as rows. Main thread only; no Qt."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import numpy as np
import slicer
import slicer.util
import vtk
from vtk.util import numpy_support

from .Scene import content_of, transform_to_world
from .Segmenting import Answer
from .Terminology import entry_for
from .VoxelBox import VoxelBox

ROW_TAG = "MRIFoundation.Row"
CONTOUR_TAG = "MRIFoundation.Contour"
"""The tag of a segment with what the backend told of its contour last (X-Contour), as JSON."""

_LABELMAP = "Binary labelmap"
_VTK_TYPES = {"uint8": vtk.VTK_UNSIGNED_CHAR, "uint16": vtk.VTK_UNSIGNED_SHORT}


def create(scene, volume):
    """A new segmentation node for `volume`, in its place under the same transform."""
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", f"{volume.GetName()} structures")
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    node.CreateDefaultDisplayNodes()
    return node


def put(node, volume, answer: Answer, structures: dict[str, dict]) -> None:
    """Show the answer in segmentation `node`: each row that has voxels becomes a segment, in the place of an
    earlier answer.

    `structures` gives colour and code by name. A structure asked again that is not in view any more loses its segment. What a person
    drew, corrected, renamed or read from a file stays, and the answer comes beside it.
    """
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()  # the selector's "Create new Segmentation" makes none
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    image = oriented_image(node, answer.labels)
    segmentation = node.GetSegmentation()
    counts = cache(_counts)  # all segments of an answer share an image
    modifying = node.StartModify()
    try:
        for row in answer.rows:
            identifier, place = _place_for(segmentation, row["name"], counts)
            if row["value"] in answer.present:
                told = {**row, "voxels": _count(image, row["value"], counts), "content": content(node)}
                segmentation.AddSegment(_segment(image, told, structures.get(row["name"], {})), identifier)
                if place is not None:
                    segmentation.SetSegmentIndex(identifier, place)
    finally:
        node.EndModify(modifying)


def rows_of(node) -> list[dict]:
    """The rows of all segments that came from the backend, in the order of the segments."""
    segmentation, rows, tag = node.GetSegmentation(), [], vtk.mutable("")
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        if segment.GetTag(ROW_TAG, tag):
            rows.append(
                {**json.loads(str(tag)), "segment": segmentation.GetNthSegmentID(index), "colour": segment.GetColor()}
            )
    return rows


def content(node) -> str:
    """The checksum of the scan that the segments of `node` are of as it is now, "" where there is none."""
    volume = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
    return content_of(volume) if volume else ""


def marked(rows: list[dict], node) -> list[dict]:
    """The rows of `node`, each with `is_of_another_image`: whether the scan showed other voxels then, as another time point."""
    now = content(node)
    return [{**row, "is_of_another_image": bool(now) and row.get("content", now) != now} for row in rows]


def row_of(segment) -> dict:
    """The row of one segment; {} where it did not come from the backend."""
    tag = vtk.mutable("")
    return json.loads(str(tag)) if segment.GetTag(ROW_TAG, tag) else {}


def update_row(segment, **told) -> None:
    """Change what is told of a segment in its row, where it has one."""
    row = row_of(segment)
    if row:
        segment.SetTag(ROW_TAG, json.dumps({**row, **told}))


def describe(segment, name: str, structure: dict) -> None:
    """Give a segment that is drawn by hand its code, and a row as an answer would."""
    segment.SetTag(segment.GetTerminologyEntryTagName(), entry_for(structure))
    row = {"prompt": name, "name": name, "value": 1, "volume_ml": 0.0, "center_ras_mm": None, "presence": 1.0}
    told = {"in_view": False, "explanation": "Drawn by hand.", "parts": [], "is_answer": False}
    segment.SetTag(ROW_TAG, json.dumps({**row, **told}))


def is_of_another(node, volume) -> bool:
    """Whether `node` holds segments of another volume than this one."""
    reference = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
    filled = node.GetSegmentation().GetNumberOfSegments() > 0
    return filled and reference is not None and reference.GetID() != volume.GetID()


def oriented_image(node, labels: VoxelBox):
    """The label box as an image in the local coordinates of `node`; all segments of one answer share it as one
    layer."""
    start, stop = np.array(labels.start), np.array(labels.start) + labels.voxels.shape - 1
    image = slicer.vtkOrientedImageData()
    image.SetExtent(*np.stack([start, stop], axis=1).ravel().tolist())
    to_local = np.linalg.inv(transform_to_world(node)) @ labels.affine
    image.SetImageToWorldMatrix(slicer.util.vtkMatrixFromArray(to_local))
    flat = np.ascontiguousarray(labels.voxels.transpose(2, 1, 0)).ravel()
    scalars = numpy_support.numpy_to_vtk(flat, deep=True, array_type=_VTK_TYPES[labels.voxels.dtype.name])
    scalars.SetName("labels")
    image.GetPointData().SetScalars(scalars)
    return image


def _segment(image, row: dict, structure: dict):
    segment = slicer.vtkSegment()
    segment.SetName(row["name"])
    segment.SetLabelValue(row["value"])
    segment.SetColor(*(channel / 255 for channel in structure.get("colour", (128, 174, 128))))
    segment.SetTag(segment.GetTerminologyEntryTagName(), entry_for(structure))
    segment.SetTag(ROW_TAG, json.dumps(row))
    segment.AddRepresentation(_LABELMAP, image)
    return segment


def _place_for(segmentation, name: str, counts: Callable) -> tuple[str, int | None]:
    """Take away the segment that an earlier answer made for `name`; gives the id of the new one, and its place among the segments,
    None for the last."""
    for place in range(segmentation.GetNumberOfSegments()):
        if _is_untouched_answer(segmentation.GetNthSegment(place), name, counts):
            identifier = segmentation.GetNthSegmentID(place)
            segmentation.RemoveSegment(identifier)
            return identifier, place
    taken = segmentation.GetSegment(name) is not None
    return (segmentation.GenerateUniqueSegmentID(name) if taken else name), None


def _is_untouched_answer(segment, name: str, counts: Callable) -> bool:
    """Whether a segment is what the backend answered for `name`, and nobody has changed it since."""
    row, tag = row_of(segment), vtk.mutable("")
    answered = row.get("name") == name == segment.GetName() and row.get("is_answer", True)
    if not answered or segment.GetTag(CONTOUR_TAG, tag):
        return False
    found = _count(segment.GetRepresentation(_LABELMAP), segment.GetLabelValue(), counts)
    return row.get("voxels") in (None, found)


def _count(image, value: int, counts: Callable) -> int:
    """Voxels of a label in an image, which may be None."""
    found = counts(image) if image else ()
    return int(found[value]) if value < len(found) else 0


def _counts(image) -> np.ndarray:
    """Voxels of each label in an image."""
    scalars = image.GetPointData().GetScalars()
    return np.bincount(numpy_support.vtk_to_numpy(scalars)) if scalars else np.zeros(0, int)
