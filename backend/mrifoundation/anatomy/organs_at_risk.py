"""Organs at risk of radiotherapy: which a region has, what a planning system calls them, and which have no structure here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from .entries import SIDES, entries_of, sided, structures_of
from .structure import Structure
from .vocabulary import Vocabulary

SOURCE = "Marks et al., Int J Radiat Oncol Biol Phys 2010 (QUANTEC)"


@dataclass(frozen=True)
class Limit:
    """A dose that is commonly looked at first, for orientation only. what: maximum | mean …; gy: gray."""

    what: str
    gy: float
    source: str = SOURCE


@dataclass(frozen=True)
class OrganAtRisk:
    """tg263: its name by AAPM TG-263 (at most 16 characters). structure: its name in the vocabulary, None where there is none: then it is
    always drawn by hand."""

    name: str
    tg263: str
    structure: str | None
    limit: Limit | None = None

    def to_dict(self) -> dict:
        """The organ as plain JSON types."""
        return asdict(self)


def organs_at_risk(vocabulary: Vocabulary) -> dict[str, tuple[OrganAtRisk, ...]]:
    """Region → its organs, each side one of its own, in the order of the data file."""
    return {
        one["name"]: tuple(organ for entry in one["organs"] for organ in _organs(entry, vocabulary))
        for one in _read("organs_at_risk")
    }


def names_at_risk(vocabulary: Vocabulary) -> set[str]:
    """The organs of all regions."""
    return {organ.name for organs in organs_at_risk(vocabulary).values() for organ in organs}


def _organs(entry: dict, vocabulary: Vocabulary) -> list[OrganAtRisk]:
    limit = Limit(**entry["limit"]) if "limit" in entry else None
    names = [(entry["name"], entry["tg263"])]
    if entry.get("sided"):
        names = [(sided(entry["name"], side), f"{entry['tg263']}_{side[0].upper()}") for side in SIDES]
    return [OrganAtRisk(name, tg263, name if name in vocabulary else None, limit) for name, tg263 in names]


@lru_cache(maxsize=1)
def drawn_by_hand() -> dict[str, Structure]:
    """Name → an organ that the vocabulary has no structure for, so that nobody can ask for it; each side one of its own."""
    return {one.name: one for entry in entries_of(_read("drawn_by_hand")) for one in structures_of(entry, set())}


@lru_cache(maxsize=2)
def _read(name: str):
    file = files(__package__) / "data" / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))
