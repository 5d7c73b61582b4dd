"""A user's own scans with reports: a CSV, and the examples that the image–report stage sees of them."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from mrifoundation.errors import InputError
from mrifoundation.volume.intensity import body_box
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.pairs import Views
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.data.targets import Askable
from mrifoundation_training.data.volumes import CaseVolume
from mrifoundation_training.reports.facts import Facts, facts_of_slices

TOLD = ("subject", "region", "sequence", "diagnosis", "split", "tier", "licence")
FACTS = ("region", "sequence", "diagnosis")
NOTHING = Askable((), np.zeros((0, 1), bool), *(np.zeros(0, bool) for _ in range(4)))
# Ends the seed that says whether a draw is of a reported scan, so that it is no example's.
OF_REPORTS = 2


@dataclass(frozen=True, eq=False)
class ReportedScan:
    """A scan (a case without labels), its report, and its label columns: what is known of it for sure."""

    case: Case
    report: str
    labels: dict[str, str] = field(default_factory=dict)


def read_report_pairs(path: Path | str) -> list[ReportedScan]:
    """Rows of a CSV with the columns image and report; paths are relative to the file.

    Optional: id, subject, region, sequence, diagnosis, split (train), tier (own), licence, and any further column as a label, whose
    empty cells mean "unknown". Raises InputError naming the column or line that is wrong."""
    path = Path(path)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"The pairs {path} cannot be read; give a CSV (UTF-8) with the columns image and report."
        ) from error
    if not rows or not {"image", "report"} <= set(rows[0]):
        raise InputError(f"{path} needs the columns image and report, and a row for each scan.")
    found = [_pair(row, number, path) for number, row in enumerate(rows, start=2)]
    names = [one.case.id for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"{path} names '{twice}' twice; give each scan an id of its own.")
    return found


def _pair(row: dict[str, str], line: int, path: Path) -> ReportedScan:
    image, report = (row.get(name) or "" for name in ("image", "report"))
    if not image.strip() or not report.strip():
        raise InputError(f"Line {line} of {path} lacks its image or its report; fill it in or remove the line.")
    name = (row.get("id") or "").strip() or f"{path.stem}-{line}"
    told = {key: row[key].strip() for key in TOLD if (row.get(key) or "").strip()}
    case = Case(
        name, told.pop("subject", name), path.stem, told.pop("region", "unknown"), path.parent / image.strip(), None, {},
        **told,
    )  # fmt: skip
    known = {
        k: v.strip() for k, v in row.items() if k and k not in ("image", "report", "id", *TOLD) and (v or "").strip()
    }
    return ReportedScan(case, " ".join(report.split()), known)


@dataclass
class ReportedExamples(Views):
    """A map-style dataset: draw n is of a reported scan, or what `usual` draws.

    Nothing is asked of the voxels of a reported scan.
    A reported scan is shown as it is and whole: no mirroring, since its report names sides, no other contrast, and no cut field of view,
    since the report tells of all of it. share: how often one is drawn."""

    reported: tuple[ReportedScan, ...] = ()
    usual: Examples | None = None
    share: float = 0.2

    def __post_init__(self):
        super().__post_init__()
        self.geometry = replace(self.geometry, partial=0.0)
        self._facts = {one.case.id: known_of(one) for one in self.reported}

    def share_volumes(self, other: Examples) -> None:
        super().share_volumes(other)
        self.usual.share_volumes(other)

    def __getitem__(self, draw: int) -> Example:
        own = np.random.default_rng((self.seed, draw, OF_REPORTS)).random() < self.share
        return super().__getitem__(draw) if own else self.usual[draw]

    def left_out(self) -> dict[str, str]:
        return self.usual.left_out() | self.skipped

    def _drawable(self) -> Iterable[Case]:
        return (one.case for one in self.reported)

    def _drawn(self, rng: np.random.Generator) -> Case:
        return self.reported[rng.integers(len(self.reported))].case

    def _recipe(self, case: Case) -> SourceRecipe:
        return SourceRecipe(0, synthetic=0.0, flip=False)

    def _field(self, rng, volume: CaseVolume, recipe: SourceRecipe, around: bool, strip: bool):
        """All of the body, also where that is more than the budget holds at the coarsest spacing."""
        return body_box(volume.image, volume.spacing)

    def _example(self, rng: np.random.Generator, volume: CaseVolume, recipe: SourceRecipe) -> Example:
        image, valid, spacing = self._view(
            rng, volume, self._anatomy(rng, volume, recipe), recipe, strength=self.strength
        )
        known = facts_of_slices(spacing[1:].numpy()) | self._facts[volume.case.id]
        labels = torch.zeros(image.shape, dtype=torch.uint8, device=image.device)
        return Example(image, valid, labels, spacing, NOTHING, Facts(known), volume.case.id)


def known_of(one: ReportedScan) -> dict[str, str]:
    """Facts of a scan: what its row tells, and that its own report is true of it."""
    told = {key: getattr(one.case, key) for key in FACTS if getattr(one.case, key) != "unknown"}
    return {**told, **one.labels, own_report(one): "yes"}


def own_report(one: ReportedScan) -> str:
    """Key of the fact that a sentence stands in the report of this scan; no other scan has it, so nobody's silence is a no."""
    return f"report of {one.case.id}"
