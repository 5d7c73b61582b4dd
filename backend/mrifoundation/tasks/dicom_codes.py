"""DICOM codes of what the vocabulary names."""

import hashlib

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from mrifoundation.anatomy import Structure

OWN_SCHEME = "99MRIFOUNDATION"  # for structures and classes that have no standard code here
LATERALITY = {"left": codes.SCT.Left, "right": codes.SCT.Right}


def structure_code(structure: Structure) -> Code:
    """The SNOMED CT code of a structure without its side, else one of our own."""
    known = structure.snomed
    return Code(known["code"], "SCT", known["meaning"]) if known else own_code(structure.name)


def own_code(meaning: str) -> Code:
    """A private code: DICOM allows 16 characters for its value and 64 for its meaning."""
    return Code(hashlib.sha256(meaning.encode()).hexdigest()[:16].upper(), OWN_SCHEME, meaning[:64])
