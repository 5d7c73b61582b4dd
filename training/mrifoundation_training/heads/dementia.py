"""The head for dementia-like atrophy: fitted to OASIS-1's tables, applied to scans through our own measurement of the brain's share."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.brain_facts import INTRACRANIAL, NWBV
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.fitting import LEAST_PATIENTS, Cases, fit_head
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.measure.calibration import Calibration
from mrifoundation.tasks.measure.intracranial import measure_brain
from mrifoundation.tasks.measure.norms import NORMS
from mrifoundation.volume import Scan
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.heads import oasis
from mrifoundation_training.heads.agreement import Agreement, compare, same_person
from mrifoundation_training.heads.feature_cache import FeatureCache, Record
from mrifoundation_training.heads.measurement_error import told_error
from mrifoundation_training.heads.recipe import Data

NAME = "dementia-like-atrophy"
CARD = HeadCard(
    name=NAME,
    title="Dementia-like atrophy",
    question="Is the brain's share of the intracranial space as in people with dementia (CDR above 0) of this age?",
    classes=oasis.CLASSES,
    positive=oasis.CLASSES[1],
    kinds=("brain share",),
    regions=("brain",),
    ages=(60.0, 100.0),
    told_as={oasis.CLASSES[0]: ["healthy", "no dementia"], oasis.CLASSES[1]: ["dementia", "alzheimer"]},
    licence="OASIS data use terms",
)
LIMITS = (
    "Volume alone: many people with dementia have a usual volume, and a small brain has other causes.",
    "T1-weighted scans of the whole brain only.",
)


def build(engine: Engine, data: Data) -> Head:
    """Fit to the table without those people whose scans measure the agreement. Raises InputError without the OASIS table."""
    people = oasis.read_people(data.root / oasis.TABLE)
    found = measured_agreement(engine, data, people)
    scanned = {person.id for case in data.cases if (person := same_person(case, {p.id: p for p in people}))}
    people = [person for person in people if person.id not in scanned]
    cases = oasis.dementia_cases(people)
    counts = {label: int((cases.labels == label).sum()) for label in oasis.CLASSES}
    told = ", ".join(f"{label}: {count}" for label, count in counts.items())
    card = replace(
        CARD,
        limits=(*LIMITS, limit(found)),
        gate=calibrated(found),
        trained_on={
            "cases": len(cases), "patients": len(cases), "classes": counts, "real": len(cases), "simulated": False,
            "sources": ["OASIS-1 table"], "sentence": f"Fitted to published volumes of {len(cases)} people over 60 of OASIS-1 ({told}).",
        },
    )  # fmt: skip
    head = fit_head(card, cases, _beside(cases, people))
    figures = head.card.figures | {"agreement": [one.to_dict() for one in found], "measurements": errors(found)}
    return replace(head, card=replace(head.card, figures=figures))


def _beside(cases: Cases, people: list[oasis.Person]) -> dict[str, Cases]:
    """What is told beside the head: less, more, and how much it depends on who counts as ill."""
    told = {
        "age only": cases.columns(("age",)),
        "nWBV only": cases.columns(("nWBV",)),
        "with education and eTIV": oasis.with_education(cases, people),
        "very mild (CDR 0.5) against none": oasis.dementia_cases(people, lambda cdr: cdr == 0.5),
        "mild or more (CDR 1 and above) against none": oasis.dementia_cases(people, lambda cdr: cdr >= 1),
    }
    return {
        title: one
        for title, one in told.items()
        if all((one.labels == c).sum() >= LEAST_PATIENTS for c in CARD.classes)
    }


def write_norm(data: Data, folder: Path = NORMS) -> None:
    """The norm of nWBV by age and sex, of people without dementia."""
    people = oasis.read_people(data.root / oasis.TABLE)
    scanned = {person.id for case in data.cases if (person := same_person(case, {p.id: p for p in people}))}
    norm = oasis.nwbv_norm([person for person in people if person.id not in scanned])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nwbv.json").write_text(json.dumps(oasis.as_json(norm), indent=1) + "\n", encoding="utf-8")


def measured_agreement(engine: Engine, data: Data, people: list[oasis.Person]) -> list[Agreement]:
    """Ours against published, over the OASIS scans of the manifest that can be measured; [] where there are too few."""
    cache, table = FeatureCache(engine.card.model_id, "standard"), {person.id: person for person in people}
    pairs = []
    for case in data.cases:
        person = same_person(case, table)
        if person is None or case.image is None:
            continue
        try:
            scan = read_place(case.image)
        except InputError:
            continue
        record = cache.get("brain share", scan.content_hash)
        if record is None:
            record = _measured(engine, scan)
            cache.put("brain share", scan.content_hash, record)
        if not record.refused:
            pairs.append((record.values, person))
    return compare(pairs)


def _measured(engine: Engine, scan: Scan) -> Record:
    try:
        share, _, _ = measure_brain(engine, engine.encode(scan), scan)
    except InputError as error:
        return Record(refused=str(error))
    return Record({"nWBV": share.nwbv, "intracranial_ml": share.intracranial_ml})


def calibrated(found: list[Agreement]) -> dict:
    """The gate: what our nWBV stands for among published ones; {} where nothing was compared.

    Ours lies above these, and the more so the smaller the brain, so that taking a mean off would help least where it matters."""
    if not found:
        return {}
    return {"calibration": {NWBV: Calibration.fit(found[0].ours, found[0].theirs).to_dict()}}


def errors(found: list[Agreement]) -> dict[str, dict]:
    """How far off what is told as it was measured is: the intracranial volume, as `measurement_errors` tells it of a heart."""
    if not found:
        return {}
    return {INTRACRANIAL: told_error(np.subtract(found[1].ours, found[1].theirs))}


def limit(found: list[Agreement]) -> str:
    if not found:
        return "Our nWBV was never compared with published ones, which the head was fitted to."
    return (
        f"An answer is given for the published nWBV that ours stands for, by {found[0].people} OASIS scans measured both ways "
        f"(r = {found[0].r:.2f}), and its interval takes in how sure that is. The way of measuring was chosen with these scans in view."
    )
