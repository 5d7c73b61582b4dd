"""One scan of a library, and one structure found in it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mrifoundation.library.file_names import named_after

FACT_NAMES = ("region", "sequence", "plane", "contrast", "age", "sex", "diagnosis", "flags")


@dataclass(frozen=True, eq=False)
class Case:
    """A scan as the library knows it.

    case: its id, from collection and content. name: that of its file, which is not stored, where nothing else was told (then
    is_named_after_file). source: file, folder or DICOMweb series it was read from; series: which one there.
    patient: a keyed hash that tells patients apart and cannot be turned back; None when unknown. person: the same of the patient's id alone
    where the source also says who issued it, so that the id finds the patient whoever did. model, profile: what embedded it.
    voxel_hash: of the voxels alone; affine: its 16 numbers, row by row; neither where an earlier version took it in.
    facts: those of FACT_NAMES that are known; guessed: which of them the source did not tell. identifiers: {} unless asked for.
    """

    case: str
    collection: str
    content_hash: str
    name: str
    source: str
    model: str
    profile: str
    facts: Mapping[str, Any]
    guessed: tuple[str, ...] = ()
    series: str | None = None
    patient: str | None = None
    person: str | None = None
    caption: str = ""
    report: str = ""
    stamp: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    voxel_hash: str | None = None
    affine: tuple[float, ...] = ()
    shape: tuple[int, ...] = ()
    spacing_mm: tuple[float, ...] = ()
    is_named_after_file: bool = False

    def to_row(self, thumbnail: bytes) -> dict[str, Any]:
        """The row of the table `cases`, without its vector."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            **{name: self.facts.get(name) for name in FACT_NAMES},
            "flags": list(self.facts.get("flags", ())),
            "guessed": list(self.guessed),
            "words": words_of(self.name or self._told(), self.caption, self.report),
            "identifiers": json.dumps(dict(self.identifiers)),
            "affine": [float(v) for v in self.affine],
            "shape": [int(n) for n in self.shape],
            "spacing_mm": [float(v) for v in self.spacing_mm],
            "thumbnail": thumbnail,
        }

    def _told(self) -> str:
        """Sequence and region in place of a name, as far as they are no guesses."""
        return " ".join(
            str(self.facts[name]) for name in ("sequence", "region") if name in self.facts.keys() - self.guessed
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Case":
        facts = {name: row[name] for name in FACT_NAMES if row.get(name) not in (None, [])}
        if "age" in facts:
            facts["age"] = round(facts["age"], 2)
        return cls(
            **{name: row.get(name) for name in _PLAIN} | {"name": row["name"] or named_after(row["source"] or "")},
            is_named_after_file=not row["name"],
            facts=facts,
            guessed=tuple(row.get("guessed") or ()),
            identifiers=json.loads(row.get("identifiers") or "{}"),
            affine=tuple(row.get("affine") or ()),
            shape=tuple(row.get("shape") or ()),
            spacing_mm=tuple(round(v, 4) for v in row.get("spacing_mm") or ()),
        )

    def to_dict(self) -> dict[str, Any]:
        """As the command line and the service show it."""
        return {
            "case": self.case,
            "collection": self.collection,
            "name": self.name,
            "facts": dict(self.facts),
            "guessed": list(self.guessed),
            "caption": self.caption,
            "report": self.report,
            "source": self.source,
            "series": self.series,
            "model": self.model,
            "shape": list(self.shape),
            "spacing_mm": list(self.spacing_mm),
            **({"identifiers": dict(self.identifiers)} if self.identifiers else {}),
        }


_PLAIN = (
    "case",
    "collection",
    "content_hash",
    "name",
    "source",
    "series",
    "model",
    "profile",
    "patient",
    "person",
    "caption",
    "report",
    "stamp",
    "voxel_hash",
)  # fields of a case that are a column as they are


@dataclass(frozen=True, eq=False)
class Region:
    """A structure found in a case. center_ras_mm: of mass. box: first and last-plus-one voxel (i, j, k, i, j, k) on the scan's grid.
    embedding: float32 [D], unit."""

    structure: str
    volume_ml: float
    center_ras_mm: tuple[float, float, float]
    box: tuple[int, int, int, int, int, int]
    embedding: np.ndarray

    def to_row(self, case: Mapping[str, Any], column: str) -> dict[str, Any]:
        """The row of the table `regions`; case: the row of its case."""
        shared = ("case", "collection", "content_hash", "patient", "model", *FACT_NAMES)
        return {
            **{name: case[name] for name in shared},
            "id": f"{case['case']}/{self.structure}",
            "structure": self.structure,
            "volume_ml": float(self.volume_ml),
            "center_ras_mm": [float(v) for v in self.center_ras_mm],
            "box": [int(v) for v in self.box],
            column: self.embedding,
        }


def case_id(collection: str, content_hash: str) -> str:
    """The same content in the same collection is the same case, whatever its file is called."""
    return hashlib.sha256(f"{collection}\n{content_hash}".encode()).hexdigest()[:32]


def words_of(*texts: str) -> str:
    """What full-text search looks through: underscores of file names become spaces."""
    return "\n".join(text.replace("_", " ") for text in texts if text)


def known_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts without those that only say that nothing is known."""
    nothing: Sequence[Any] = (None, "", "unknown", "n/a", "N/A", "none", [], ())
    return {name: value for name, value in facts.items() if value not in nothing}
