"""The table of `evaluate classification` for people, and what the heads shall reach."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from mrifoundation_training.heads import dementia

# What a head shall reach, cross-validated.
AIMS = {"cardiac-disease": ("accuracy", 0.85), "brain-tumour": ("auc", 0.95), dementia.NAME: ("auc", 0.85)}
AIM_NWBV = 0.9  # Pearson r


@dataclass(frozen=True)
class Evaluated:
    """Figures of one head (`figures.summarise`), or the reason why it could not be fitted."""

    name: str
    figures: dict = field(default_factory=dict)
    trained_on: str = ""
    zero_shot: dict = field(default_factory=dict)
    pointing: dict = field(default_factory=dict)
    problem: str = ""


def print_table(console: Console, found: list[Evaluated], model_id: str) -> None:
    """Head × measurement: cross-validated, its baselines, development, zero-shot; then agreement, aims and what was left out."""
    table = Table(title=f"Heads with {model_id}")
    for column in ("head", "measured on", "cases", "people"):
        table.add_column(column, no_wrap=True)
    for column in ("accuracy or AUC", "95 % interval", "Brier", "not measurable"):
        table.add_column(column, justify="right")
    for one in found:
        for row in _rows(one):
            table.add_row(*row)
        table.add_section()
    console.print(table)
    for one in found:
        console.print(f"{one.name}: {one.problem or one.trained_on}", highlight=False)
        for name, pointed in one.pointing.items():
            console.print(_pointed(name, pointed), highlight=False)
        for agreement in one.figures.get("agreement", ()):
            console.print(_agreed(agreement), highlight=False)
    for sentence in aims(found):
        console.print(sentence)


def _rows(one: Evaluated) -> list[tuple[str, ...]]:
    if not one.figures:
        return [(one.name, "not fitted", "", "", "", "", "", "")]
    rows = [_row(one.name, "cross-validation", one.figures)]
    rows += [_row("", f"cross-validation, {title}", figures) for title, figures in one.figures["baselines"].items()]
    if one.figures.get("unseen_sources"):
        rows.append(_row("", "real people, simulated cases alone learned from", one.figures["unseen_sources"]))
    if one.figures.get("development"):
        rows.append(_row("", "development cases", one.figures["development"]))
    if one.zero_shot:
        rows.append(_row("", "development cases, zero-shot", one.zero_shot))
    return rows


def _row(name: str, what: str, figures: dict) -> tuple[str, ...]:
    measure = "accuracy" if "accuracy" in figures else "auc"
    low, high = figures[f"{measure}_interval"]
    refused = str(figures["refused"]) if "refused" in figures else ""
    shown = (
        f"{measure} {_number(figures[measure])}",
        f"{_number(low)} – {_number(high)}",
        f"{figures['brier']:.3f}",
        refused,
    )
    return (name, what, str(figures["cases"]), str(figures["patients"]), *shown)


def aims(found: list[Evaluated]) -> list[str]:
    """One sentence an aim: reached or not."""
    sentences = []
    for one in found:
        if one.name in AIMS and one.figures:
            measure, least = AIMS[one.name]
            value = one.figures[measure]
            sentences.append(f"Aim, {one.name}: {measure} {value:.3f}, wanted {least:.2f}: {_verdict(value >= least)}.")
        for agreement in one.figures.get("agreement", ())[:1]:
            r = agreement["r"]
            sentences.append(f"Aim, nWBV against OASIS: r = {r:.3f}, wanted {AIM_NWBV:.2f}: {_verdict(r >= AIM_NWBV)}.")
    return sentences


def _pointed(name: str, found: dict) -> str:
    if not found["cases"]:
        return f"Heat map of the {name}: none of {found['without']} development cases with a reference lesion has one."
    return (
        f"Heat map of the {name}, {found['shows']}: its peak lies inside the reference lesion in {found['hits']} of {found['cases']} "
        f"development cases of {found['people']} people (95 % interval {found['low']:.0%} – {found['high']:.0%}; by chance "
        f"{found['chance']:.0%}); without a map: {found['without']}."
    )


def _agreed(found: dict) -> str:
    return (
        f"Our {found['what']} against OASIS, {found['people']} people: r = {found['r']:.3f}, bias {found['bias']:+.3f}, "
        f"95 % limits {found['low']:+.3f} to {found['high']:+.3f}."
    )


def _verdict(reached: bool) -> str:
    return "reached" if reached else "not reached"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
