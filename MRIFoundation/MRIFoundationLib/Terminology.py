"""Structures of the vocabulary as Slicer terminology entries (SNOMED CT codes as in DICOM segmentations)."""

from __future__ import annotations

import slicer

_CONTEXT = "Segmentation category and type - 3D Slicer General Anatomy list"
_REGION_CONTEXT = "Anatomic codes - DICOM master list"
_ANATOMICAL_STRUCTURE = ("123037004", "SCT", "Anatomical Structure")
_TISSUE = ("85756007", "SCT", "Tissue")
_MORPHOLOGY = ("49755003", "SCT", "Morphologically Altered Structure")
_SIDES = {"left": ("7771000", "SCT", "Left"), "right": ("24028007", "SCT", "Right")}
_NOTHING = ("", "", "")


def entry_for(structure: dict) -> str:
    """The serialized terminology entry of a structure of the vocabulary; of plain tissue where it has no code."""
    snomed = structure.get("snomed")
    category, kind, side = _TISSUE, _TISSUE, _NOTHING
    if snomed:
        category = _MORPHOLOGY if structure.get("kind") == "lesion" else _ANATOMICAL_STRUCTURE
        kind = (snomed["code"], "SCT", snomed["meaning"])
        side = _SIDES.get(structure.get("side"), _NOTHING)
    serialize = slicer.vtkSlicerTerminologiesModuleLogic.SerializeTerminologyEntry
    return serialize(_CONTEXT, *category, *kind, *side, _REGION_CONTEXT, *_NOTHING, *_NOTHING)
