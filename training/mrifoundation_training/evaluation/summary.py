"""From single scores to what a release is judged by."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap
from mrifoundation_training.evaluation.floors import FLOORS, Floor
from mrifoundation_training.evaluation.scores import ABSENT, ELSEWHERE, PRESENT, Score


@dataclass(frozen=True)
class StructureSummary:
    """One structure in one source. missed: scans in which it is there and nothing was found."""

    structure: str
    source: str
    dice: Interval
    hd95_mm: Interval
    surface_dice: Interval
    missed: int


@dataclass(frozen=True)
class Rate:
    """`count` of `asked`, with the names of what was counted."""

    count: int
    asked: int
    names: tuple[str, ...]

    @property
    def value(self) -> float:
        return self.count / self.asked if self.asked else math.nan


@dataclass(frozen=True)
class Summary:
    """structures: one entry a structure and source. sources: mean Dice over the structures of a source, subject by subject;
    surfaces: the same of surface Dice.

    elsewhere: structures of other parts of the body that were said to be in view; absent: the same for structures that
    the source labels and this scan does not show. swapped: answers that overlap the other side more than their own.
    floors: reached mean Dice, or None where nothing was scored.
    """

    structures: tuple[StructureSummary, ...]
    sources: dict[str, Interval]
    surfaces: dict[str, Interval]
    elsewhere: Rate
    absent: Rate
    swapped: Rate
    floors: tuple[tuple[Floor, float | None], ...]


def summarise(scores: Iterable[Score]) -> Summary:
    """The summary of all scores."""
    scores = list(scores)
    present = [score for score in scores if score.truth == PRESENT]
    sided = [score for score in present if score.swapped is not None]
    return Summary(
        structures=_structures(present),
        sources=_sources(present, "dice"),
        surfaces=_sources(present, "surface_dice"),
        elsewhere=_rate([score for score in scores if score.truth == ELSEWHERE], lambda score: score.in_view),
        absent=_rate([score for score in scores if score.truth == ABSENT], lambda score: score.in_view),
        swapped=_rate(sided, lambda score: score.swapped),
        floors=tuple((floor, _reached(floor, present)) for floor in FLOORS),
    )


def _structures(present: list[Score]) -> tuple[StructureSummary, ...]:
    groups: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in present:
        groups[score.source, score.structure].append(score)
    return tuple(
        StructureSummary(
            structure,
            source,
            subject_bootstrap(_by_subject(group, "dice")),
            subject_bootstrap(_by_subject(group, "hd95_mm")),
            subject_bootstrap(_by_subject(group, "surface_dice")),
            sum(score.predicted_ml == 0 for score in group),
        )
        for (source, structure), group in sorted(groups.items())
    )


def _sources(present: list[Score], what: str) -> dict[str, Interval]:
    """Of every source, the mean over the structures of a scan, as one value a scan."""
    scans: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for score in present:
        scans[score.source, score.subject, score.case].append(getattr(score, what))
    sources: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (source, subject, _), values in scans.items():
        sources[source][subject].append(sum(values) / len(values))
    return {source: subject_bootstrap(values) for source, values in sorted(sources.items())}


def _by_subject(scores: list[Score], what: str) -> dict[str, list[float]]:
    values: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        values[score.subject].append(getattr(score, what))
    return values


def _rate(asked: list[Score], counts) -> Rate:
    hits = [score for score in asked if counts(score)]
    return Rate(len(hits), len(asked), tuple(f"{score.structure} in {score.case}" for score in hits))


def _reached(floor: Floor, present: list[Score]) -> float | None:
    """Every structure weighs the same; within one, every subject."""
    means = []
    for structure in floor.structures:
        own = [score for score in present if (score.source, score.structure) == (floor.source, structure)]
        if own:
            means.append(subject_bootstrap(_by_subject(own, "dice"), resamples=1).mean)
    return sum(means) / len(means) if means else None
