"""What a segment's name stands for: its structure, the name that planning systems use, its code and its colour."""

import re
from dataclasses import dataclass
from functools import lru_cache

from pydicom.sr.coding import Code

from mrifoundation.anatomy import Structure, Vocabulary, understand
from mrifoundation.anatomy.organs_at_risk import drawn_by_hand, organs_at_risk
from mrifoundation.tasks.dicom_codes import LATERALITY, own_code, structure_code
from mrifoundation.tasks.exchange.segment import Colour, Segment

_CERTAIN = ("exact", "synonym")
_ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
_ANATOMICAL = Code("123037004", "SCT", "Anatomical Structure")
_TARGET = re.compile(r"([GCP]TV)(?:[pn]\d*)?(?![a-z])", re.IGNORECASE)  # p: primary, n: node
_UNKNOWN_COLOUR = (128, 174, 128)


@dataclass(frozen=True)
class Identity:
    """structure: of the vocabulary or an organ that is drawn by hand, None for a name that neither has. tg263: name by AAPM TG-263, None
    where it gives none."""

    name: str
    structure: Structure | None
    tg263: str | None
    colour: Colour

    @property
    def is_lesion(self) -> bool:
        return self.structure is not None and self.structure.kind == "lesion"

    @property
    def is_organ(self) -> bool:
        return self.structure is not None and not self.is_lesion

    @property
    def target(self) -> str | None:
        """GTV | CTV | PTV where the name begins so, as TG-263 wants it for what is irradiated."""
        found = _TARGET.match(self.tg263 or self.name)
        return found[1].upper() if found else None

    @property
    def written(self) -> str:
        """What it is called in a file for a planning system."""
        return self.tg263 or self.name

    @property
    def category(self) -> Code:
        """The segmented property category (PS3.16 CID 7150)."""
        return _ABNORMAL if self.is_lesion else _ANATOMICAL

    @property
    def code(self) -> Code:
        """The segmented property type: SNOMED CT where the vocabulary has a code, else one of our own. Without its side."""
        return structure_code(self.structure) if self.structure else own_code(self.name)

    @property
    def laterality(self) -> Code | None:
        return LATERALITY.get(self.structure.side) if self.structure else None


def identify(segment: Segment, vocabulary: Vocabulary) -> Identity:
    """The identity of a segment by its name: a name or synonym of the vocabulary, or a TG-263 name; never by a guess."""
    structure = find_structure(segment.name, vocabulary)
    tg263 = segment.tg263 or (_names(vocabulary)[0].get(structure.name) if structure else None)
    colour = segment.colour or (tuple(structure.colour) if structure else _UNKNOWN_COLOUR)
    return Identity(segment.name, structure, tg263, colour)


def find_structure(name: str, vocabulary: Vocabulary) -> Structure | None:
    """The structure that a file calls `name`, of the vocabulary or one that is drawn by hand."""
    plain = name.strip().lower()
    by_tg263 = _names(vocabulary)[1].get(plain)
    if by_tg263:
        return vocabulary[by_tg263] if by_tg263 in vocabulary else drawn_by_hand()[by_tg263]
    by_hand = _by_hand().get(plain.replace("_", " "))
    if by_hand:
        return by_hand
    understood = understand(name.replace("_", " "), vocabulary)
    if len(understood) == 1 and understood[0].how in _CERTAIN and len(understood[0].names) == 1:
        return vocabulary[understood[0].names[0]]
    return None


@lru_cache(maxsize=1)
def _by_hand() -> dict[str, Structure]:
    """Every name and synonym (in small letters) of what is drawn by hand."""
    return {word: organ for organ in drawn_by_hand().values() for word in (organ.name, *organ.synonyms)}


@lru_cache(maxsize=4)
def _names(vocabulary: Vocabulary) -> tuple[dict[str, str], dict[str, str]]:
    """Structure → TG-263 name, and back (in small letters)."""
    organs = [organ for organs in organs_at_risk(vocabulary).values() for organ in organs]
    return {organ.name: organ.tg263 for organ in organs}, {organ.tg263.lower(): organ.name for organ in organs}
