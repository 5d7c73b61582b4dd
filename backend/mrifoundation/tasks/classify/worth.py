"""What a head is worth: its figures on real people it never saw, then the cross-validated ones, and whether they may be chance."""

import math
from collections.abc import Sequence

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence

# What was asked of real people whom the head did not learn from, the head itself first. These tell most of a head of simulated cases.
REAL = {
    "development": "Asked about {people}, whom it never saw: {figure}.{reliability}",
    "unseen_sources": "Learned from simulated cases alone and asked about {people} of sources it never saw: {figure}.{reliability}",
}
_WHERE = {"development": "people it never saw", "unseen_sources": "real people, simulated cases alone learned from"}


def accuracy_facts(card: HeadCard) -> list[Evidence]:
    """How good the head is, beside every answer of it: on real people first, where there are any."""
    real = [_real(card, kind) for kind in REAL if _main(card.figures.get(kind) or {})[0] is not None]
    return [*real, _cross_validated(card)]


def calibration_caution(card: HeadCard) -> str:
    """Where a head of two classes gave real people it never saw probabilities that were too high or too low, by more than two standard
    errors; "" where it did not, or nobody was asked."""
    figures = next((card.figures[kind] for kind in REAL if (card.figures.get(kind) or {}).get("reliability")), None)
    if len(card.classes) != 2 or figures is None:
        return ""
    people, given, true, error = _in_the_large(figures["reliability"])
    if abs(given - true) <= 2 * error:
        return ""
    return (
        f"Its probabilities of {card.classes[1]} were too {'high' if given > true else 'low'} on {people} real people it never saw: "
        f"{100 * given:.0f} % on average, and it was true of {100 * true:.0f} %."
    )


def _in_the_large(bins: Sequence[dict]) -> tuple[int, float, float, float]:
    """(cases, mean probability given, share that came true, standard error of that share if what was given were right)."""
    cases = sum(one["n"] for one in bins)
    given, true = (sum(one[what] * one["n"] for one in bins) / cases for what in ("given", "true"))
    spread = sum(one["n"] * one["given"] * (1 - one["given"]) for one in bins)
    return cases, given, true, math.sqrt(spread) / cases


def may_be_chance(figures: dict, people: Sequence[int]) -> bool:
    """Whether the interval of a head's main figure, as of `figures.summarise`, holds what guessing gives. people: of each class."""
    chance = max(people) / sum(people) if "accuracy" in figures else 0.5
    _, low, _ = _main(figures)
    return low is None or not low > chance


def _main(figures: dict) -> tuple[float | None, float | None, float | None]:
    """(value, low, high) of the main figure; None where it could not be told."""
    name = "accuracy" if "accuracy" in figures else "auc"
    low, high = figures.get(f"{name}_interval") or (None, None)
    return figures.get(name), low, high


def _real(card: HeadCard, kind: str) -> Evidence:
    figures = card.figures[kind]
    value, low, high = _main(figures)
    title = _title(figures)
    sentence = REAL[kind].format(
        people=_people(card, figures),
        figure=f"{title} {value:.2f} ({low:.2f} to {high:.2f})",
        reliability=_reliability(card, figures),
    )
    return Evidence(f"{title}, {_WHERE[kind]}", round(value, 4), "", sentence, f"{low:.2f} to {high:.2f}")


def _people(card: HeadCard, figures: dict) -> str:
    """How many, and with two classes how many of them have it."""
    told = f"{figures['patients']} real people"
    bins = figures.get("reliability", ())
    if len(card.classes) != 2 or not bins or sum(one["n"] for one in bins) != figures["patients"]:
        return told
    ill = round(sum(one["true"] * one["n"] for one in bins))
    return f"{told} ({card.classes[1]}: {ill})"


def _reliability(card: HeadCard, figures: dict) -> str:
    """Said probabilities against how often they came true, which discrimination says nothing of."""
    pairs = ", ".join(
        f"{100 * b['given']:.0f} → {100 * b['true']:.0f} % ({b['n']})" for b in figures.get("reliability", ())
    )
    of = card.classes[1] if len(card.classes) == 2 else "all classes"
    return f" Probability given to {of} → came true (cases): {pairs}." if pairs else ""


def _cross_validated(card: HeadCard) -> Evidence:
    value, low, high = _main(card.figures)
    title = _title(card.figures)
    sentence = (
        f"Cross-validated {title} of this head: {value:.2f} ({low:.2f} to {high:.2f}), "
        f"on {_cases(card)} of {card.figures['patients']} people.{_stands_for(card)}"
    )
    return Evidence(f"cross-validated {title}", round(value, 4), "", sentence, f"{low:.2f} to {high:.2f}")


def _stands_for(card: HeadCard) -> str:
    """What no figure of a head tells: where a disease is rarer than among its cases, so is it at the same measurements."""
    bins = card.figures.get("reliability")
    if len(card.classes) != 2 or not bins:
        return ""
    _, _, share, _ = _in_the_large(bins)
    return (
        f" Its probabilities are meant for people of whom {100 * share:.0f} in 100 are of the class “{card.classes[1]}”, as among these "
        "cases; where fewer are, that class is less probable than it says."
    )


def _cases(card: HeadCard) -> str:
    cases, real = card.figures["cases"], card.trained_on.get("real", 0)
    if not card.trained_on.get("simulated"):
        return f"{cases} cases"
    return f"{cases - real} simulated and {real} real cases" if real else f"{cases} simulated cases"


def _title(figures: dict) -> str:
    return "accuracy" if "accuracy" in figures else "area under the ROC curve"
