"""A hit beside the scan in the scene: its volume, its place, the two heat maps, the views. Main thread only; no Qt."""

from __future__ import annotations

import slicer
import slicer.util

from . import CompareLayout, HeatMap, Scene
from .Searching import Comparison


class ComparedHit:
    """Everything that one comparison put into the scene, and the way to take it out again."""

    def __init__(self, scene, query, hit: dict, comparison: Comparison):
        self._scene, self._query = scene, query
        self.case = hit["case"]
        present = Scene.case_volume(scene, self.case)
        self._borrowed = present is not None
        self.volume = present or Scene.add_case(scene, comparison.path, hit["name"], self.case)
        self._parent = self.volume.GetParentTransformNode()
        self._transform = self._bring(comparison)
        self._maps = [
            HeatMap.add(volume, box, f"{volume.GetName()} similarity") if box else None
            for volume, box in ((query, comparison.query_map), (self.volume, comparison.case_map))
        ]
        self._before = CompareLayout.show(scene, query, self.volume)
        self.regions = comparison.regions
        self.aligned = comparison.to_query is not None

    @property
    def has_heat_maps(self) -> bool:
        return any(self._maps)

    @property
    def whole(self) -> bool:
        """Whether both scans are still in the scene."""
        return bool(self._scene.IsNodePresent(self._query) and self._scene.IsNodePresent(self.volume))

    def show_heat_maps(self, shown: bool) -> None:
        """Lay the heat maps over both scans, or take them away."""
        for volume, heat_map in zip((self._query, self.volume), self._maps):
            if heat_map and self._scene.IsNodePresent(volume):
                HeatMap.show(self._scene, volume, heat_map if shown else None)

    def end(self) -> None:
        """Take out what the comparison put in: the case, unless it was loaded before, its place, the maps, the views."""
        CompareLayout.leave(self._scene, self._before)
        HeatMap.remove(self._scene, *self._maps)
        if self._scene.IsNodePresent(self.volume):
            if self._borrowed:
                self.volume.SetAndObserveTransformNodeID(self._parent.GetID() if self._parent else None)
            else:
                self._scene.RemoveNode(self.volume)
        if self._transform and self._scene.IsNodePresent(self._transform):
            self._scene.RemoveNode(self._transform)

    def _bring(self, comparison: Comparison):
        """Put the case where the scan is; a transform node, None when their places cannot be matched."""
        if comparison.to_query is None:
            return None
        name = f"{self.volume.GetName()} to {self._query.GetName()}"
        transform = self._scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
        transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(comparison.to_query))
        self.volume.SetAndObserveTransformNodeID(transform.GetID())
        return transform
