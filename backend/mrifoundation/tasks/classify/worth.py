"""What a head is worth: its figures on real people it never saw, then the cross-validated ones, and whether they may be chance."""

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
        f"on {_cases(card)} of {card.figures['patients']} people."
    )
    return Evidence(f"cross-validated {title}", round(value, 4), "", sentence, f"{low:.2f} to {high:.2f}")


def _cases(card: HeadCard) -> str:
    cases, real = card.figures["cases"], card.trained_on.get("real", 0)
    if not card.trained_on.get("simulated"):
        return f"{cases} cases"
    return f"{cases - real} simulated and {real} real cases" if real else f"{cases} simulated cases"


def _title(figures: dict) -> str:
    return "accuracy" if "accuracy" in figures else "area under the ROC curve"
