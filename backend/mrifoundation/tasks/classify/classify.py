"""Ask a head about a study."""

import numpy as np

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Classification, Evidence, NotApplicable
from mrifoundation.tasks.classify.feature_words import readable
from mrifoundation.tasks.classify.features import Features, embedding_names, measure
from mrifoundation.tasks.classify.gate import check_study
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.heat_map import AS_ATTRIBUTED, occlusion, softened
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.classify.worth import accuracy_facts, calibration_caution

RESEARCH = "Research only; not a diagnosis."


def classify(study: Study, head: Head) -> Classification:
    """The probabilities of the head's classes with their evidence; not applicable, with the reason, where it is not meant for it."""
    card = head.card
    try:
        caution = check_study(head, study)
        found = measure(study, card)
    except NotApplicable as reason:
        return Classification(card.name, card.title, False, str(reason), caution=RESEARCH, sha256=card.sha256)
    values = _as_fitted(card, found.values)
    probabilities, intervals = head.probabilities(values)
    intervals = _widened(head, found.values, values, intervals)
    heat_map, shows = _heat_map(study, head, found, probabilities)
    cautions = (caution, found.caution, calibration_caution(card), card.caution, RESEARCH)
    return Classification(
        card.name,
        card.title,
        True,
        probabilities=probabilities,
        intervals=intervals,
        evidence=[*accuracy_facts(card), *_with_weight(head, found, values, probabilities)],
        caution=" ".join(part for part in cautions if part),
        sha256=card.sha256,
        heat_map=heat_map,
        heat_map_shows=shows,
    )


def _as_fitted(card: HeadCard, measured: dict[str, float]) -> dict[str, float]:
    """Our measurements as whoever measured for the fit would have told them."""
    return measured | {name: known.value(measured[name]) for name, known in card.calibrations.items()}


def _widened(
    head: Head, measured: dict[str, float], values: dict[str, float], intervals: dict[str, list[float]]
) -> dict[str, list[float]]:
    """The intervals with what the head answers at both ends of what our measurements may stand for."""
    for name, known in head.card.calibrations.items():
        for end in known.interval(measured[name]):
            _, shifted = head.probabilities(values | {name: end})
            intervals = {c: [min(a, shifted[c][0]), max(b, shifted[c][1])] for c, (a, b) in intervals.items()}
    return intervals


def _with_weight(
    head: Head, found: Features, values: dict[str, float], probabilities: dict[str, float]
) -> list[Evidence]:
    """The measured facts, then which three numbers spoke most for the answer (an embedding's numbers mean nothing to a reader).

    values: what was measured, as the head takes it."""
    label = max(probabilities, key=probabilities.get)
    spoken = {
        name: weight for name, weight in head.contributions(values, label).items() if not name.startswith("embedding ")
    }
    strongest = sorted(spoken, key=lambda name: -spoken[name])[:3]
    facts = [_speaking(label, name, values[name]) for name in strongest if spoken[name] > 0]
    return [*found.evidence, *facts]


def _speaking(label: str, feature: str, measured: float) -> Evidence:
    name, value, unit = readable(feature, measured)
    return Evidence(name, round(value, 4), unit, f"Speaks for {label}: {name} {value:.2f}{' ' if unit else ''}{unit}.")


def _heat_map(
    study: Study, head: Head, found: Features, probabilities: dict[str, float]
) -> tuple[np.ndarray | None, str]:
    """The map and what is bright in it: what speaks for the answer where the head sees an embedding, else what was segmented."""
    if "embedding" not in head.card.kinds:
        return (None, "") if found.mask is None else (softened(found.mask, study.scans[0].spacing), found.mask_shows)
    label = max(probabilities, key=probabilities.get)
    width = len(study.embedding) // len(study.scans)
    names = embedding_names(1, width)

    def score(embedding) -> float:
        values = found.values | dict(zip(names, embedding.tolist(), strict=True))
        return sum(head.contributions(values, label).values())

    return occlusion(study.engine, study.encodings[0], score), AS_ATTRIBUTED.format(answer=label)
