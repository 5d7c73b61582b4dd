"""One structure of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Structure:
    """A thing that can be asked for by name.

    A sideless structure such as `hippocampus` may be the whole of two sides, of other parts, or both; `unions` lists
    these alternatives from the most to the least detailed, each a tuple of labelled names whose voxels together are the
    structure. Which one holds depends on what a scan has labels for: `Vocabulary.union_in` tells.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    side: str | None = None
    """"left", "right", or None for a midline structure and for the whole of both sides."""
    partner: str | None = None
    """The same structure on the other side."""
    kind: str = ""
    """What it is: brain, bone, muscle, vessel, lesion ..."""
    regions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Names of the groups it belongs to, kinds included ("basal ganglia", "bones")."""
    colour: tuple[int, int, int] = (128, 174, 128)
    """Red, green, blue, each 0 to 255."""
    snomed: dict[str, str] | None = None
    """{"code", "meaning"} of SNOMED CT, for the structure without its side; None where no code is certain."""
    unions: tuple[tuple[str, ...], ...] = ()
    labelled: bool = True
    """True when labelled scans carry this very name; False when it exists only through its unions."""
    one_piece: bool = False
    """True when the body has it in one piece, so that what lies apart from it is something else."""
    sides_merged: bool = False
    """True when the body has it on both sides and one name serves for either (the tibia of a knee scan)."""
    gives_way_to: str | None = None
    """What it is only where that is not: a fetal brain has the parts that a grown brain has."""

    def to_dict(self) -> dict:
        """The structure as plain JSON types."""
        return {
            "name": self.name,
            "synonyms": list(self.synonyms),
            "side": self.side,
            "partner": self.partner,
            "kind": self.kind,
            "regions": list(self.regions),
            "groups": list(self.groups),
            "colour": list(self.colour),
            "snomed": self.snomed,
            "unions": [list(parts) for parts in self.unions],
            "labelled": self.labelled,
            "one_piece": self.one_piece,
            "sides_merged": self.sides_merged,
            "gives_way_to": self.gives_way_to,
        }
