"""What heads measure on a study: each kind gives named numbers, and the same facts as evidence in words."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.brain_facts import NWBV, Person, brain_caution, brain_evidence
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence, NotApplicable
from mrifoundation.tasks.classify.heart_facts import ejection_caution, heart_evidence, heart_of
from mrifoundation.tasks.classify.heat_map import AS_SEGMENTED
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.heart import STRUCTURES
from mrifoundation.tasks.measure.intracranial import measure_brain
from mrifoundation.tasks.measure.lesion_signs import LESIONS, lesion_signs
from mrifoundation.tasks.measure.volumes import measure_volumes
from mrifoundation.volume.same_grid import apart_mm

SAME_MM = 1.0  # that two phases may lie apart: they are counted slice by slice
FAINT_ML = 0.05  # keeps the logarithm of a volume finite, and is below what a reader would call a lesion


@dataclass(frozen=True, eq=False)
class Features:
    """values: name → number. evidence: the same in words. mask: bool [i, j, k] of what was measured in the first series, or None, and
    mask_shows: what that is, in words. caution: why the measurement may be off here, "" for no reason."""

    values: dict[str, float]
    evidence: list[Evidence] = field(default_factory=list)
    mask: np.ndarray | None = None
    mask_shows: str = ""
    caution: str = ""


def measure(study: Study, card: HeadCard) -> Features:
    """Everything that the kinds of `card` measure; raises NotApplicable, with the reason, when the study does not allow it."""
    parts = []
    for kind in card.kinds:
        try:
            parts.append(KINDS[kind](study, card))
        except InputError as error:
            raise NotApplicable(str(error)) from error
    values = {name: value for part in parts for name, value in part.values.items()}
    mask, shows = next(((part.mask, part.mask_shows) for part in parts if part.mask is not None), (None, ""))
    caution = " ".join(part.caution for part in parts if part.caution)
    return Features(values, [fact for part in parts for fact in part.evidence], mask, shows, caution)


def embedding_names(series: int, width: int) -> tuple[str, ...]:
    """Names of the numbers of an embedding, one series after the other."""
    return tuple(f"embedding {s + 1}.{n}" for s in range(series) for n in range(width))


def _heart(study: Study, card: HeadCard) -> Features:
    first, second = study.scans
    if apart_mm(first.shape, first.affine, second.shape, second.affine) > SAME_MM:
        raise InputError("The two phases are not on the same slices; give two phases of one cine series.")
    phases = [_in_order(measure_volumes(study.engine, encoding, STRUCTURES)) for encoding in study.encodings]
    proportions, function = heart_of(phases, first.spacing, first.voxel_ml)
    return Features(proportions, heart_evidence(function, card), caution=ejection_caution(proportions))


def _in_order(volumes) -> np.ndarray:
    labels = np.zeros(volumes.labels.shape, np.uint8)
    for value, name in enumerate(STRUCTURES, start=1):
        labels[volumes.mask(name)] = value
    return labels


def _brain_share(study: Study, card: HeadCard) -> Features:
    if study.age is None or study.sex not in ("F", "M"):
        raise NotApplicable("Age and sex are not known; give them (--age 72 --sex F).")
    share, volumes, stripped = measure_brain(study.engine, study.encodings[0], study.scans[0])
    return Features(
        {"age": study.age, "male": float(study.sex == "M"), NWBV: share.nwbv},
        brain_evidence(share, volumes, stripped, Person(study.age, study.sex), card),
        caution=brain_caution(share, stripped, card),
    )


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
    shows = AS_SEGMENTED.format(what=f"what was segmented as {', '.join(card.structures)}")
    return Features(values, facts, mask if mask.any() else None, shows)


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
    kinds = [kind for kind, parts in LESIONS.items() if set(parts) & set(card.structures)]
    mask = np.any([found.on_scan(kind, study.encodings[0]) for kind in kinds], axis=0) if kinds else None
    # Every brain has such a place, so that the map alone would show a lesion where the head finds none.
    shows = AS_SEGMENTED.format(what=f"what the network would outline as {' or '.join(kinds)}, if there is any")
    return Features(found.values, facts, mask if mask is not None and mask.any() else None, shows)


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
