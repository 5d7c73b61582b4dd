"""What heads measure on a study: each kind gives named numbers, and the same facts as evidence in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence, NotApplicable
from mrifoundation.tasks.classify.heart_facts import heart_evidence, heart_of
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.heart import STRUCTURES
from mrifoundation.tasks.measure.intracranial import measure_brain
from mrifoundation.tasks.measure.lesion_signs import LESIONS, lesion_signs
from mrifoundation.tasks.measure.norms import Norm
from mrifoundation.tasks.measure.volumes import measure_volumes
from mrifoundation.volume.same_grid import apart_mm

SAME_MM = 1.0  # that two phases may lie apart: they are counted slice by slice
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
    first, second = study.scans
    if apart_mm(first.shape, first.affine, second.shape, second.affine) > SAME_MM:
        raise InputError("The two phases are not on the same slices; give two phases of one cine series.")
    phases = [_in_order(measure_volumes(study.engine, encoding, STRUCTURES)) for encoding in study.encodings]
    proportions, function = heart_of(phases, first.spacing, first.voxel_ml)
    return Features(proportions, heart_evidence(function, card))


def _in_order(volumes) -> np.ndarray:
    labels = np.zeros(volumes.labels.shape, np.uint8)
    for value, name in enumerate(STRUCTURES, start=1):
        labels[volumes.mask(name)] = value
    return labels


def _brain_share(study: Study, card: HeadCard) -> Features:
    if study.age is None or study.sex not in ("F", "M"):
        raise NotApplicable("Age and sex are not known; give them (--age 72 --sex F).")
    share, volumes, stripped = measure_brain(study.engine, study.encodings[0], study.scans[0])
    norm, usual, place, percentile = Norm.load("nwbv"), "", "", None
    if norm and norm.covers(study.age):
        place, percentile = _among_people(norm, share.nwbv, study, card.gate.get("measurement_error", {}).get("nWBV"))
        usual = f"{norm.mean(study.age, study.sex):.3f} ± {norm.deviation:.3f} at this age ({norm.people} people, {norm.source})"
    sentence = (
        f"The brain fills {share.nwbv:.3f} of the intracranial space ({share.brain_ml:.0f} of {share.intracranial_ml:.0f} mL)"
        f"{place}."
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


def _among_people(norm: Norm, nwbv: float, study: Study, error: Sequence[float] | None) -> tuple[str, float | None]:
    """Where the brain's share lies among people alike, in words, and the percentile where one can be named.

    error: 95 % limits of our measurement minus the one that the norm rests on, as far as it is known; within them nobody can say more
    than a range."""
    if error is None:
        percentile = norm.percentile(nwbv, study.age, study.sex)
        return f"; percentile {percentile:.0f} of people of this age without dementia", percentile
    low, high = norm.percentiles(nwbv, study.age, study.sex, tuple(error))
    return (
        f"; measured so, it was {min(error):+.3f} to {max(error):+.3f} away from the published values that the norm rests on, "
        f"so it may be anywhere from percentile {low:.0f} to {high:.0f} of people of this age without dementia"
    ), None


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


def _lesion_signs(study: Study, card: HeadCard) -> Features:
    found = lesion_signs(study.engine, study.encodings[0], study.scans[0])
    facts = [
        Evidence(
            f"{kind} in view, if any",
            round(ml, 3),
            "mL",
            f"If a {kind} is in view, the network would outline {ml:.1f} mL of it.",
        )
        for kind, ml in found.volumes_ml.items()
    ]
    shown = [
        found.on_scan(kind, study.encodings[0]) for kind, parts in LESIONS.items() if set(parts) & set(card.structures)
    ]
    mask = np.any(shown, axis=0) if shown else None
    return Features(found.values, facts, mask if mask is not None and mask.any() else None)


def _embedding(study: Study, card: HeadCard) -> Features:
    width = len(study.embedding) // len(study.scans)
    return Features(dict(zip(embedding_names(len(study.scans), width), study.embedding.tolist(), strict=True)))


Kind = Callable[[Study, HeadCard], Features]
KINDS: dict[str, Kind] = {
    "heart": _heart,
    "brain share": _brain_share,
    "lesion": _lesion,
    "lesion signs": _lesion_signs,
    "embedding": _embedding,
}
