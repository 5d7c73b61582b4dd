"""What is measured of an organ beyond its volume: the heart's function, the brain's share of the intracranial space."""

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence, NotApplicable
from mrifoundation.tasks.classify.features import measure
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.report.document import Section, Sentence


def function_section(study: Study) -> Section | None:
    """Of a heart in two phases, or of a brain whose owner's age and sex are known; None for everything else."""
    if len(study.scans) == 2 and all(regions.shows("heart") for regions in study.regions):
        return _section(study, "Function of the heart", "heart")
    if len(study.scans) == 1 and study.regions[0].shows("brain") and study.age is not None and study.sex is not None:
        return _section(study, "Volume of the brain", "brain share")
    return None


def _section(study: Study, title: str, kind: str) -> Section:
    try:
        facts = measure(study, HeadCard(kind, kind, "", (), kinds=(kind,))).evidence
    except (NotApplicable, InputError) as reason:
        return Section(title, (Sentence(f"Not measured. {reason}", {"reason": str(reason)}),))
    return Section(title, tuple(evidence_sentence(fact) for fact in facts))


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
