"""What is measured of an organ beyond its volume: the heart's function, the brain's share of the intracranial space."""

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence, NotApplicable
from mrifoundation.tasks.classify.features import measure
from mrifoundation.tasks.classify.head_files import list_heads
from mrifoundation.tasks.classify.regions_told import regions_told
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.report.document import Section, Sentence


def function_section(study: Study) -> Section | None:
    """Of a heart in two phases, or of a brain whose owner's age and sex are known; None for everything else."""
    told = [regions_told(study, number) for number in range(len(study.scans))]
    if len(told) == 2 and all("heart" in regions for regions in told):
        return _section(study, "Function of the heart", "heart")
    if len(told) == 1 and "brain" in told[0] and study.age is not None and study.sex is not None:
        return _section(study, "Volume of the brain", "brain share")
    return None


def _section(study: Study, title: str, kind: str) -> Section:
    try:
        facts = measure(study, _card(study, kind)).evidence
    except (NotApplicable, InputError) as reason:
        return Section(
            title, (Sentence(f"Not measured: {str(reason)[0].lower()}{str(reason)[1:]}", {"reason": str(reason)}),)
        )
    return Section(title, tuple(evidence_sentence(fact) for fact in facts))


def _card(study: Study, kind: str) -> HeadCard:
    """A card that measures this kind alone, with the known errors of these measurements where a head of these weights tells them."""
    cards = [card for card in list_heads() if kind in card.kinds and card.model_id == study.engine.card.model_id]
    figures = {"measurements": cards[0].figures.get("measurements", {})} if cards else {}
    return HeadCard(kind, kind, "", (), kinds=(kind,), figures=figures)


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
