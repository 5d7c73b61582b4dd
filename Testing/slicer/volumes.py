"""Volumes of the scene for tests. Slicer's libraries are imported late: without them the tests are skipped,
not broken."""

import numpy as np


def add_volume(name: str, voxels: np.ndarray, affine: np.ndarray):
    """A scalar volume node from voxels [i, j, k] and their index → RAS mm affine."""
    import slicer.util

    matrix = slicer.util.vtkMatrixFromArray(affine)
    return slicer.util.addVolumeFromArray(np.ascontiguousarray(voxels.transpose(2, 1, 0)), matrix, name)


def add_transform(matrix: np.ndarray, *nodes):
    """A linear transform node above the given nodes."""
    import slicer.util

    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    for node in nodes:
        node.SetAndObserveTransformNodeID(transform.GetID())
    return transform
