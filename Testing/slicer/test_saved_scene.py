"""What the panels keep in the scene survives saving, closing and loading it, whatever panels there are."""

import typing

import numpy as np
import pytest
from volumes import add_volume


def chosen_values(module) -> dict:
    """A value for each parameter that is none of its defaults; names of volumes and segmentations for nodes."""
    from MRIFoundationLib.Parameters import Parameters

    values = {}
    for name, hint in typing.get_type_hints(Parameters, include_extras=True).items():
        choices = next((a.choices for a in getattr(hint, "__metadata__", ()) if hasattr(a, "choices")), None)
        kind = typing.get_args(hint)[0] if choices or hasattr(hint, "__metadata__") else hint
        if choices:
            values[name] = choices[-1]
        elif kind in (int, str):
            values[name] = 7 if kind is int else f'{name} – <b>kept</b> & "quoted"'
        else:
            values[name] = f"node of {name}"
    return values


def fill(parameters, values: dict) -> None:
    import slicer

    for name, value in values.items():
        if not value or not str(value).startswith("node of"):
            setattr(parameters, name, value)
        elif name == "segmentation":
            node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", value)
            node.GetSegmentation().AddEmptySegment("liver", "liver")
            parameters.segmentation = node
        else:
            setattr(parameters, name, add_volume(value, np.zeros((4, 5, 6), np.int16), np.eye(4)))


def read(parameters, values: dict) -> dict:
    found = {name: getattr(parameters, name) for name in values}
    return {name: value.GetName() if hasattr(value, "GetName") else value for name, value in found.items()}


def save(path) -> None:
    import slicer
    import slicer.util

    if path.suffix == ".mrb":
        assert slicer.mrmlScene.WriteToMRB(str(path))
        return
    for kind, ending in (("vtkMRMLScalarVolumeNode", ".nrrd"), ("vtkMRMLSegmentationNode", ".seg.nrrd")):
        for node in slicer.util.getNodesByClass(kind):
            node.AddDefaultStorageNode()
            node.GetStorageNode().SetFileName(str(path.with_name(node.GetName().replace(" ", "-") + ending)))
            assert node.GetStorageNode().WriteData(node)
    slicer.mrmlScene.SetURL(str(path))
    assert slicer.mrmlScene.Commit(str(path))


def load(path) -> None:
    import slicer

    if path.suffix == ".mrb":
        assert slicer.mrmlScene.ReadFromMRB(str(path), True)
    else:
        slicer.mrmlScene.SetURL(str(path))
        assert slicer.mrmlScene.Connect()


@pytest.mark.parametrize("ending", [".mrml", ".mrb"])
def test_every_choice_comes_back_with_the_scene(panel, module, tmp_path, ending):
    import slicer

    values = chosen_values(module)
    fill(panel._parameters, values)
    before = read(panel._parameters, values)
    path = tmp_path / f"scene{ending}"
    save(path)
    slicer.mrmlScene.Clear()
    emptied = read(panel._parameters, values)
    assert emptied["scan"] is None and emptied["prompt"] == "" and panel.ui.scanSelector.currentNode() is None
    load(path)
    assert read(panel._parameters, values) == before
    assert panel.ui.scanSelector.currentNode().GetName() == "node of scan"
    assert panel.segmentPanel.ui.promptLine.text == before["prompt"]
    assert "kept" in panel.reportPanel.ui.reportEditor.plainText
