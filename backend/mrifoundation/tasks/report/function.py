"""What is measured of an organ beyond its volume: the heart's function, the brain's share of the intracranial space."""

from dataclasses import dataclass

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence, NotApplicable
from mrifoundation.tasks.classify.features import measure
from mrifoundation.tasks.classify.head_files import list_heads
from mrifoundation.tasks.classify.regions_told import regions_told
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.report.document import Section, Sentence


@dataclass(frozen=True)
class Function:
    """title: of its section. facts: what was measured, in order. reason: why nothing was; caution: why it may be off; else ""."""

    title: str
    facts: tuple[Evidence, ...] = ()
    reason: str = ""
    caution: str = ""


def measured_function(study: Study) -> Function | None:
    """Of a heart in two phases, or of a brain whose owner's age and sex are known; None for everything else."""
    told = [regions_told(study, number) for number in range(len(study.scans))]
    if len(told) == 2 and all("heart" in regions for regions in told):
        return _measured(study, "Function of the heart", "heart")
    if len(told) == 1 and "brain" in told[0] and study.age is not None and study.sex is not None:
        return _measured(study, "Volume of the brain", "brain share")
    return None


def _measured(study: Study, title: str, kind: str) -> Function:
    try:
        found = measure(study, _card(study, kind))
        # A heart's is about proportions that a head alone rests on.
        return Function(title, tuple(found.evidence), caution="" if kind == "heart" else found.caution)
    except (NotApplicable, InputError) as reason:
        return Function(title, reason=str(reason))


def function_section(function: Function) -> Section:
    """A sentence for each fact, or why there is none."""
    if reason := function.reason:
        text = f"Not measured: {reason[0].lower()}{reason[1:]}"
        return Section(function.title, (Sentence(text, {"reason": reason}),))
    caution = [Sentence(function.caution, {"caution": True})] if function.caution else []
    return Section(function.title, (*(evidence_sentence(fact) for fact in function.facts), *caution))


def _card(study: Study, kind: str) -> HeadCard:
    """A card that measures this kind alone, with the known errors of these measurements where a head of these weights tells them."""
    weights = ("", study.engine.card.model_id)  # "": of a head that needs none
    cards = [card for card in list_heads() if kind in card.kinds and card.model_id in weights]
    figures = {"measurements": cards[0].figures.get("measurements", {})} if cards else {}
    gate = {"calibration": cards[0].gate.get("calibration", {})} if cards else {}
    return HeadCard(kind, kind, "", (), kinds=(kind,), figures=figures, gate=gate)


def evidence_sentence(fact: Evidence) -> Sentence:
    """A measured fact as a sentence of a report."""
    facts = {
        "what": fact.what,
        "value": fact.value,
        "unit": fact.unit,
        "norm": fact.norm,
        "percentile": fact.percentile,
    }
    return Sentence(fact.sentence, facts)
