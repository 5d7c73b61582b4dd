"""What the heads say, and which of them had nothing to say."""

from collections.abc import Sequence

from mrifoundation.tasks.classify.classification import Classification, Evidence, percent
from mrifoundation.tasks.report.document import Section, Sentence
from mrifoundation.tasks.report.function import evidence_sentence


def findings_section(answers: Sequence[Classification]) -> Section | None:
    """Probabilities with their intervals and what the head is worth; None when no head was asked."""
    sentences = []
    for answer in answers:
        if answer.applicable:
            worth = map(evidence_sentence, _worth(answer.evidence))
            sentences += [_probabilities(answer), *worth, Sentence(answer.caution, {"head": answer.head})]
    for answer in answers:
        if not answer.applicable:
            sentences.append(
                Sentence(
                    f"{answer.title}: not applicable. {answer.reason}", {"head": answer.head, "reason": answer.reason}
                )
            )
    return Section("Findings by head", tuple(sentences)) if sentences else None


def _worth(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """How good the head is, which stands first: on real people, where it was asked about any, and last the cross-validated figure."""
    last = next((n for n, fact in enumerate(evidence) if fact.what.startswith("cross-validated")), 0)
    return evidence[: last + 1]


def _probabilities(answer: Classification) -> Sentence:
    ordered = sorted(answer.probabilities, key=lambda name: -answer.probabilities[name])
    told = [
        f"{name} {percent(answer.probabilities[name])} ({' to '.join(map(percent, answer.intervals[name]))})"
        for name in ordered
    ]
    facts = {"head": answer.head, "probabilities": answer.probabilities, "intervals": answer.intervals}
    return Sentence(f"{answer.title}: {', '.join(told)}.", facts)
