"""What heads measure on a study: each kind gives named numbers, and the same facts as evidence in words."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence, NotApplicable
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.heart import STRUCTURES, HeartFunction, heart_function, phase_of
from mrifoundation.tasks.measure.intracranial import measure_brain
from mrifoundation.tasks.measure.norms import Norm
from mrifoundation.tasks.measure.volumes import measure_volumes

FAINT_ML = 0.05  # keeps the logarithm of a volume finite, and is below what a reader would call a lesion


@dataclass(frozen=True, eq=False)
class Features:
    """values: name → number. evidence: the same in words. mask: bool [i, j, k] of what was measured in the first series, or None."""

    values: dict[str, float]
    evidence: list[Evidence] = field(default_factory=list)
    mask: np.ndarray | None = None


def measure(study: Study, card: HeadCard) -> Features:
    """Everything that the kinds of `card` measure; raises NotApplicable, with the reason, when the study does not allow it."""
    parts = []
    for kind in card.kinds:
        try:
            parts.append(KINDS[kind](study, card))
        except InputError as error:
            raise NotApplicable(str(error)) from error
    values = {name: value for part in parts for name, value in part.values.items()}
    mask = next((part.mask for part in parts if part.mask is not None), None)
    return Features(values, [fact for part in parts for fact in part.evidence], mask)


def embedding_names(series: int, width: int) -> tuple[str, ...]:
    """Names of the numbers of an embedding, one series after the other."""
    return tuple(f"embedding {s + 1}.{n}" for s in range(series) for n in range(width))


def _heart(study: Study, card: HeadCard) -> Features:
    phases = []
    for scan, encoding in zip(study.scans, study.encodings, strict=True):
        volumes = measure_volumes(study.engine, encoding, STRUCTURES)
        phases.append(phase_of(_in_order(volumes), scan.spacing, scan.voxel_ml))
    found = heart_function(*phases)
    return Features(found.proportions(), _heart_facts(found))


def _in_order(volumes) -> np.ndarray:
    labels = np.zeros(volumes.labels.shape, np.uint8)
    for value, name in enumerate(STRUCTURES, start=1):
        labels[volumes.mask(name)] = value
    return labels


def _heart_facts(heart: HeartFunction) -> list[Evidence]:
    def fact(what: str, value: float, unit: str, norm: str = "") -> Evidence:
        shown = f"{value:.0f}" if abs(value) >= 20 else f"{value:.1f}" if unit else f"{value:.2f}"
        usual = f" (usual: {norm})" if norm else ""
        return Evidence(
            what,
            round(value, 4),
            unit,
            f"{what[0].upper()}{what[1:]}: {shown}{' ' if unit else ''}{unit}{usual}.",
            norm,
        )

    # Usual ranges: Petersen et al., J Cardiovasc Magn Reson 2017 (UK Biobank), and 2-4 for the end-diastolic wall.
    return [
        fact("left ejection fraction", 100 * heart.left_ejection, "%", "over about 50 %"),
        fact("right ejection fraction", 100 * heart.right_ejection, "%", "over about 45 %"),
        fact("left end-diastolic volume", heart.left_edv_ml, "mL"),
        fact("left end-systolic volume", heart.left_esv_ml, "mL"),
        fact("right end-diastolic volume", heart.right_edv_ml, "mL"),
        fact("right to left end-diastolic volume", heart.right_edv_ml / heart.left_edv_ml, "", "about 1"),
        fact("mass of the left ventricle", heart.mass_g, "g"),
        fact("thickest part of the wall at end-diastole", heart.thickest_mm, "mm", "under about 12 mm"),
        fact("thickening of the wall", 100 * heart.thickening, "%"),
    ]


def _brain_share(study: Study, card: HeadCard) -> Features:
    if study.age is None or study.sex not in ("F", "M"):
        raise NotApplicable("Age and sex are not known; give them (--age 72 --sex F).")
    share, volumes, stripped = measure_brain(study.engine, study.encodings[0], study.scans[0])
    norm, percentile, usual = Norm.load("nwbv"), None, ""
    if norm and norm.covers(study.age):
        percentile = norm.percentile(share.nwbv, study.age, study.sex)
        usual = f"{norm.mean(study.age, study.sex):.3f} ± {norm.deviation:.3f} at this age ({norm.people} people, {norm.source})"
    sentence = f"The brain fills {share.nwbv:.3f} of the intracranial space ({share.brain_ml:.0f} of {share.intracranial_ml:.0f} mL)"
    sentence += (
        f"; percentile {percentile:.0f} of people of this age without dementia." if percentile is not None else "."
    )
    if stripped:
        sentence += " The scan is skull-stripped: its mask stands for that space."
    facts = [Evidence("brain share of the intracranial volume", round(share.nwbv, 4), "", sentence, usual, percentile)]
    for title, name in (("lateral ventricles", "lateral ventricle"), ("hippocampi", "hippocampus")):
        ml = volumes.ml(f"left {name}", f"right {name}")
        if ml > 0:
            part = (
                f"The {title} measure {ml:.1f} mL, {1000 * ml / share.intracranial_ml:.1f} ‰ of the intracranial space."
            )
            facts.append(Evidence(title, round(ml, 2), "mL", part))
    return Features({"age": study.age, "male": float(study.sex == "M"), "nWBV": share.nwbv}, facts)


def _lesion(study: Study, card: HeadCard) -> Features:
    volumes = measure_volumes(study.engine, study.encodings[0], card.structures)
    rows = {row["name"]: row for row in volumes.table}
    values, facts = {}, []
    for name in card.structures:
        row = rows.get(name, {"volume_ml": 0.0, "presence": 0.0})
        presence = float(np.clip(row["presence"], 1e-3, 1 - 1e-3))
        values[f"log volume of {name}"] = float(np.log(row["volume_ml"] + FAINT_ML))
        values[f"presence of {name}"] = float(np.log(presence / (1 - presence)))
        seen = f"{row['volume_ml']:.1f} mL were segmented" if row["volume_ml"] > 0 else "nothing was segmented"
        facts.append(
            Evidence(
                name, row["volume_ml"], "mL", f"{name[0].upper()}{name[1:]}: {seen} (presence {row['presence']:.2f})."
            )
        )
    mask = volumes.mask(*card.structures)
    return Features(values, facts, mask if mask.any() else None)


def _embedding(study: Study, card: HeadCard) -> Features:
    width = len(study.embedding) // len(study.scans)
    return Features(dict(zip(embedding_names(len(study.scans), width), study.embedding.tolist(), strict=True)))


Kind = Callable[[Study, HeadCard], Features]
KINDS: dict[str, Kind] = {"heart": _heart, "brain share": _brain_share, "lesion": _lesion, "embedding": _embedding}
