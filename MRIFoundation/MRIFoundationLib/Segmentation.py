"""Answers of the backend as segments of a vtkMRMLSegmentationNode, and back as rows. Main thread only; no Qt."""

from __future__ import annotations

import json

import numpy as np
import slicer
import slicer.util
import vtk
from vtk.util import numpy_support

from .Scene import transform_to_world
from .Segmenting import Answer
from .Terminology import entry_for
from .VoxelBox import VoxelBox

ROW_TAG = "MRIFoundation.Row"
_VTK_TYPES = {"uint8": vtk.VTK_UNSIGNED_CHAR, "uint16": vtk.VTK_UNSIGNED_SHORT}


def create(scene, volume):
    """A new segmentation node for `volume`, in its place under the same transform."""
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", f"{volume.GetName()} structures")
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    node.CreateDefaultDisplayNodes()
    return node


def put(node, volume, answer: Answer, structures: dict[str, dict]) -> None:
    """Show the answer in segmentation `node`: each row that has voxels becomes a segment, in the place of an
    earlier one.

    `structures` gives colour and code by name. A structure asked again that is not in view any more loses its segment.
    """
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    image = oriented_image(node, answer.labels)
    segmentation = node.GetSegmentation()
    modifying = node.StartModify()
    try:
        for row in answer.rows:
            place = _remove(segmentation, row["name"])
            if row["value"] in answer.present:
                segmentation.AddSegment(_segment(image, row, structures.get(row["name"], {})), row["name"])
                if place is not None:
                    segmentation.SetSegmentIndex(row["name"], place)
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
    segment.SetTag(ROW_TAG, json.dumps({**row, "in_view": False, "explanation": "Drawn by hand.", "parts": []}))


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
    segment.AddRepresentation(slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName(), image)
    return segment


def _remove(segmentation, name: str) -> int | None:
    """Take away the segment that an earlier answer made for `name`; gives its place among the segments, None
    without one."""
    if segmentation.GetSegment(name) is None:
        return None
    place = segmentation.GetSegmentIndex(name)
    segmentation.RemoveSegment(name)
    return place
