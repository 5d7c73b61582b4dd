"""From examples to numbers, through the very code that answers a user."""

import sys
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.progress import track

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import NotApplicable
from mrifoundation.tasks.classify.features import measure
from mrifoundation.tasks.classify.fitting import Cases
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.quality import problem_of
from mrifoundation.volume import Scan
from mrifoundation_training.heads.example import Example
from mrifoundation_training.heads.feature_cache import FeatureCache, Record, contents

PROFILE = "standard"


def measured(engine: Engine, card: HeadCard, examples: Sequence[Example]) -> list[Record]:
    """One record an example, from the cache where its very scans were measured before."""
    cache = FeatureCache(engine.card.model_id, PROFILE)
    console = Console(file=sys.stderr)
    records, what = [], measured_as(card)
    for example in track(examples, f"Measuring for {card.name}", console=console, transient=True):
        try:
            scans = example.read()
        except InputError as error:
            records.append(Record(refused=str(error)))
            continue
        content = contents(scans)
        record = cache.get(what, content)
        if record is None:
            record = _measure(engine, card, scans)
            cache.put(what, content, record)
        records.append(record)
    return records


def measured_as(card: HeadCard) -> str:
    """What the measurements of a head are filed under: heads that measure the same share them."""
    return "/".join((*card.kinds, *(card.structures if "lesion" in card.kinds else ())))


def cases_of(examples: Sequence[Example], records: Sequence[Record]) -> tuple[Cases, dict[str, str]]:
    """What could be measured, and id → reason of what could not. Raises InputError when nothing could."""
    refused = {example.id: record.refused for example, record in zip(examples, records, strict=True) if record.refused}
    kept = [(example, record) for example, record in zip(examples, records, strict=True) if not record.refused]
    if not kept:
        reasons = "; ".join(sorted(set(refused.values()))[:3])
        raise InputError(
            f"None of the {len(examples)} cases could be measured ({reasons or 'there are none'}); give others."
        )
    names = tuple(kept[0][1].values)
    values = np.array([[record.values[name] for name in names] for _, record in kept])
    labels, patients = (np.array([getattr(example, part) for example, _ in kept]) for part in ("label", "patient"))
    return Cases(values, names, labels, patients, np.array([record.embedding for _, record in kept])), refused


def _measure(engine: Engine, card: HeadCard, scans: Sequence[Scan]) -> Record:
    try:
        study = Study.encode(engine, scans, PROFILE)
        for scan in study.scans:
            if problem := problem_of(scan):
                return Record(refused=f"Nothing can be told from it: {problem}.")
        found = measure(study, card)
        told = {fact.what: fact.value for fact in found.evidence}
        return Record(found.values, study.embedding.tolist(), told=told)
    except (InputError, NotApplicable) as error:
        return Record(refused=str(error))
