"""Heat maps over scans."""

import numpy as np
from head_answer import ANSWER
from volumes import add_volume


def a_box(volume):
    from MRIFoundationLib.Scene import world_affine
    from MRIFoundationLib.VoxelBox import VoxelBox

    return VoxelBox(np.full((3, 3, 3), 0.5, np.float32), (1, 1, 1), (9, 8, 7), world_affine(volume))


def test_what_lay_over_the_scan_comes_back_and_no_saved_scene_keeps_the_map(scene):
    import slicer
    from MRIFoundationLib import HeatMap

    scan, fused = (add_volume(name, np.zeros((9, 8, 7), np.int16), np.eye(4)) for name in ("scan", "fused"))
    composite = scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")
    composite.SetBackgroundVolumeID(scan.GetID())
    composite.SetForegroundVolumeID(fused.GetID())
    composite.SetForegroundOpacity(0.3)
    first, second = (HeatMap.add(scan, a_box(scan), name) for name in ("first", "second"))
    assert not first.GetSaveWithScene() and not first.GetDisplayNode().GetSaveWithScene()
    HeatMap.show(scene, scan, first)
    HeatMap.show(scene, scan, second)
    assert composite.GetForegroundVolumeID() == second.GetID()
    HeatMap.remove(scene, first, second)
    assert composite.GetForegroundVolumeID() == fused.GetID() and composite.GetForegroundOpacity() == 0.3
    HeatMap.show(scene, scan, None)
    assert composite.GetForegroundVolumeID() == fused.GetID(), "nothing of ours is there to take away"
    assert slicer.mrmlScene is scene


def test_what_is_bright_in_the_map_of_an_answer_stands_in_the_tooltip(panel):
    classify, button = panel.classifyPanel, panel.classifyPanel.ui.classHeatMapButton
    before = button.toolTip
    classify.heads.show([{**ANSWER, "heat_map_shows": "what would be outlined as tumour, if there is any"}])
    classify._show_answer()
    assert button.toolTip == "Bright in it: what would be outlined as tumour, if there is any."
    classify.heads.show([ANSWER])
    classify._show_answer()
    assert button.toolTip == before
