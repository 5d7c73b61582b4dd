"""What the module keeps in the scene: the choices of the panels (the address and the key are not among them)."""

from typing import Annotated

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.parameterNodeWrapper import Choice, parameterNodeWrapper

PROFILES = ["fast", "standard", "fine"]


@parameterNodeWrapper
class Parameters:
    """Connected to the widgets of the same SlicerParameterName.

    scan - the volume to segment
    segmentation - where the segments go; made when none is chosen
    prompt - what was typed
    structureSet - name of the chosen structure set, empty for none
    profile - working resolution: fast, standard or fine
    """

    scan: vtkMRMLScalarVolumeNode
    segmentation: vtkMRMLSegmentationNode
    prompt: str
    structureSet: str
    profile: Annotated[str, Choice(PROFILES)] = "standard"
