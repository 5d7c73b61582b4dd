"""What volumes people had, and how unlike their two sides were: from the labelled people of a manifest.

`python -m mrifoundation_training.usual_volumes volumes.csv` writes the ranges that ship with the checks of contours.
"""

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from mrifoundation.tasks.measure.volumes import Asymmetry
from mrifoundation.tasks.quality.usual import RANGES, Range
from mrifoundation_training.data.manifest import Case, read_manifest

LEAST_PEOPLE = 10
TIERS = ("open", "research")


@dataclass(frozen=True)
class Source:
    """of: whom its people are, to follow their number. parts: what is a sum of its labels, (its parts,). sideless: its labels are of
    one side, and nobody said of which: both sides are told from all of them."""

    of: str
    parts: dict[str, tuple[str, ...]]
    sideless: bool = False


LEFT_OUT = (  # no organs, or (the chiasm, a single voxel in one map) not drawn whole
    "mucosa",
    "optic chiasm",
    "vein of the head",
    *(f"{side} cerebral {what}" for side in ("left", "right") for what in ("vessel", "white matter lesion")),
)

# The first that has enough people of a structure tells its range. Left out: hearts of ACDC, whose spacing is assumed; abdomens of CHAOS,
# which all have one spacing, with which one person's liver has 3.4 L; fetal atlases, which are averages of
# people; labels made by models (TotalSegmentator).
SOURCES = {
    "hippocampus": Source(
        "adults, some with a psychosis (Medical Segmentation Decathlon; Antonelli et al. 2022)",
        {"hippocampus": ("anterior hippocampus", "posterior hippocampus")},
        sideless=True,
    ),
    "synthseg": Source("people (SynthSeg; Billot et al. 2023)", {}),
    "msdprostate": Source(
        "men (Medical Segmentation Decathlon; Antonelli et al. 2022)",
        {
            "prostate": ("prostate peripheral zone", "prostate transition zone"),
            "prostate peripheral zone": ("prostate peripheral zone",),
            "prostate transition zone": ("prostate transition zone",),
        },
    ),
    "headneck": Source("people (head and neck CT of TCIA; Nikolov et al. 2021)", {}),
}


def usual_volumes(cases: list[Case]) -> tuple[dict[str, Range], dict[str, Range]]:
    """Ranges of volumes (mL) by structure, and of asymmetries (per cent, left over right) by structure without its side.

    Only training cases whose terms allow it count, each person once, and only what lies wholly in view."""
    volumes: dict[str, Range] = {}
    asymmetries: dict[str, Range] = {}
    for name, source in SOURCES.items():
        people = {
            case.subject: case
            for case in cases
            if case.source == name and case.split == "train" and case.tier in TIERS and case.labels is not None
        }
        found, pairs = defaultdict(list), defaultdict(list)
        for case in people.values():
            whole = whole_volumes(case, source)
            for structure, ml in whole.items():
                found[structure].append(ml)
            for structure, ml in whole.items():
                other = whole.get(f"right {structure.removeprefix('left ')}")
                if structure.startswith("left ") and other and not source.sideless:
                    pairs[structure.removeprefix("left ")].append(Asymmetry("", ml, other).index)
        licence = next((case.licence for case in people.values()), "")
        for told, measured in ((volumes, found), (asymmetries, pairs)):
            for structure, values in sorted(measured.items()):
                if structure not in told and len(values) >= LEAST_PEOPLE:
                    told[structure] = _range(values, source.of, licence)
    return volumes, asymmetries


def whole_volumes(case: Case, source: Source) -> dict[str, float]:
    """mL of every structure of a case that touches no face of the volume."""
    file = nib.load(case.labels)
    labels = np.asarray(file.dataobj).astype(np.uint16)
    counts = np.bincount(labels.ravel(order="K"))  # as they lie in memory: heads on CT are large
    cut = {case.table.get(int(v)) for axis in range(3) for end in (0, -1) for v in np.unique(labels.take(end, axis))}
    voxel_ml = float(abs(np.linalg.det(file.affine[:3, :3]))) / 1000
    ml = {case.table[v]: count * voxel_ml for v, count in enumerate(counts) if count and v in case.table}
    ml = {name: volume for name, volume in ml.items() if name not in LEFT_OUT}
    if source.parts:
        sums = {
            whole: sum(ml[part] for part in parts)
            for whole, parts in source.parts.items()
            if all(part in ml for part in parts) and not cut.intersection(parts)
        }
        if source.sideless:
            return {f"{side} {name}": value for name, value in sums.items() for side in ("left", "right")}
        return sums
    sure = case.orientation_checked == "yes"
    return {n: v for n, v in ml.items() if n not in cut and (sure or not n.startswith(("left ", "right ")))}


def _range(values: list[float], of: str, licence: str) -> Range:
    mean, deviation, low, high = np.mean(values), np.std(values, ddof=1), min(values), max(values)
    figures = [round(float(v), 3) for v in (mean, deviation, low, high)]
    return Range(len(values), *figures, of, licence)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path, help="in the form of the data pack's volumes.csv")
    parser.add_argument("--output", type=Path, default=RANGES)
    given = parser.parse_args(arguments)
    volumes, asymmetries = usual_volumes(read_manifest(given.manifest))
    told = {"volume_ml": volumes, "asymmetry_percent": asymmetries}
    content = {what: {name: one.to_dict() for name, one in ranges.items()} for what, ranges in told.items()}
    given.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
