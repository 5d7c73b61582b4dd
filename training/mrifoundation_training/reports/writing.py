"""Reports of an example, written from what is known and measured of it."""

import numpy as np

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.reports.clauses import forms, in_view, lesion, not_there, opening, region, sized, surely_not
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.reports.findings import Finding
from mrifoundation_training.reports.parts import Clause, Written, written

MOST = 3  # findings in a report
DENIED = 0.5  # of the reports say what is not there
OPENED = 0.8  # of the reports say what kind of scan it is, as all do in which there is nothing else to say


def report(
    rng: np.random.Generator, facts: Facts, found: list[Finding], others: tuple[str, ...], copies: int
) -> Written:
    """Of a scan as a whole, with up to so many copies in which one thing is false. others: names of all that is labelled and in view."""
    some = found[: int(rng.integers(0, MOST + 1))]
    clauses = [_about(rng, one, facts, others) for one in some]
    if (lacks := surely_not(facts)) and rng.random() < DENIED:
        clauses.append(not_there(rng, _denied(rng, lacks)))
    clauses = [clauses[n] for n in rng.permutation(len(clauses))]
    if not clauses or rng.random() < OPENED:
        clauses = [opening(rng, facts), *clauses]
    return written(rng, clauses, str(rng.choice(forms()["joints"])), copies)


def region_sentence(rng: np.random.Generator, finding: Finding, others: tuple[str, ...], copies: int) -> Written:
    """Of one region of it, likewise."""
    return written(rng, [region(rng, finding, others)], "", copies)


def _about(rng: np.random.Generator, finding: Finding, facts: Facts, others: tuple[str, ...]) -> Clause:
    if finding.lesion:
        return lesion(rng, finding, facts, others)
    return sized(rng, finding) if finding.volume_ml and rng.random() < 0.7 else in_view(rng, finding.name, facts)


def _denied(rng: np.random.Generator, names: list[str]) -> str:
    """Half of the time a lesion, which is what reports deny."""
    lesions = [name for name in names if Vocabulary.load()[name].kind == "lesion"]
    return str(rng.choice(lesions if lesions and rng.random() < 0.5 else names))
