"""What is known of an example, clause by clause: its kind, structures, measured sizes, lesions with site and size, what is not there."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
import yaml

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.targets import NEIGHBOURS, called_the_same
from mrifoundation_training.reports.facts import Facts
from mrifoundation_training.reports.findings import Finding
from mrifoundation_training.reports.parts import Clause, Part
from mrifoundation_training.reports.sentences import claim_holds, wording
from mrifoundation_training.reports.sizes import length, volume

TOLD = ("skull", "slices", "phase", "tumour", "diagnosis")
DENIALS = ("no {}", "without {}", "no sign of {}")
MAYBE_ML = (0.5, 30.0)  # of a lesion that somebody might report where there is none


def opening(rng: np.random.Generator, facts: Facts) -> Clause:
    """What kind of scan it is."""
    known = {key: _fact(rng, key, facts) for key in ("plane", "sequence", "region", *TOLD) if key in facts.known}
    modality = Part(_drawn(rng, wording()["modality"]))
    head = [known[key] for key in ("plane", "sequence") if key in known]
    form = " ".join("{}" for _ in [*head, modality])
    parts = [*head, modality]
    if "region" in known:
        form, parts = f"{form} of the {{}}", [*parts, known["region"]]
    told = [key for key in TOLD if key in known and rng.random() < 0.5]
    return Clause(", ".join([form, *("{}" for _ in told)]), (*parts, *(known[key] for key in rng.permutation(told))))


def _fact(rng: np.random.Generator, key: str, facts: Facts) -> Part:
    value, phrases = facts.known[key], wording()[key]
    near = NEIGHBOURS.get(value, ()) if key == "region" else ()
    false = [other for other in phrases if other not in near and claim_holds(key, other, facts) is False]
    return Part(_drawn(rng, phrases.get(value, [value])), tuple(_drawn(rng, phrases[other]) for other in false))


def in_view(rng: np.random.Generator, name: str, facts: Facts) -> Clause:
    """A structure in view, and what is not: its other side, else something of its kind."""
    return Clause(_form(rng, "view"), (Part(_said(rng, name), _others(rng, name, facts)),))


def sized(rng: np.random.Generator, finding: Finding) -> Clause:
    """A structure with its volume. Its name stays, for its other side may be as large."""
    return Clause(_form(rng, "size"), (Part(_said(rng, finding.name)), volume(rng, finding.volume_ml)))


def lesion(rng: np.random.Generator, finding: Finding, facts: Facts, others: tuple[str, ...]) -> Clause:
    """A lesion with its size, where it is all in view, and its site, where that is labelled. others: what is labelled beside it."""
    kind, parts = "lesion", [Part(_said(rng, finding.name), _others(rng, finding.name, facts))]
    if size := _size(rng, finding):
        kind, parts = f"{kind}_sized", [*parts, size]
    if finding.site:
        kind, parts = f"{kind}_in", [*parts, _site(rng, finding, others)]
    return Clause(_form(rng, kind), tuple(parts))


def _size(rng: np.random.Generator, finding: Finding) -> Part | None:
    if finding.length_mm and rng.random() < 0.6:
        return length(rng, finding.length_mm)
    return volume(rng, finding.volume_ml) if finding.volume_ml else None


def _site(rng: np.random.Generator, finding: Finding, others: tuple[str, ...]) -> Part:
    """False are the other side of it and other structures, as far as the lesion touches none of them."""
    partner = Vocabulary.load()[finding.site].partner
    far = dict.fromkeys(name for name in (partner, *map(str, rng.permutation(others))) if name)
    wrong = [name for name in far if name not in (*finding.around, finding.site)]
    return Part(_said(rng, finding.site), tuple(_said(rng, name) for name in wrong[:3]))


def not_there(rng: np.random.Generator, name: str) -> Clause:
    """A lesion or structure that is surely not there, and what would be said if it were."""
    said = _said(rng, name)
    false = (said, f"{said} of {volume(rng, float(np.exp(rng.uniform(*np.log(MAYBE_ML))))).true}")
    return Clause(_form(rng, "absent"), (Part(_drawn(rng, DENIALS).format(said), false),))


def region(rng: np.random.Generator, finding: Finding, others: tuple[str, ...]) -> Clause:
    """One region, which is not its other side nor anything else. others: what is labelled beside it."""
    partner = Vocabulary.load()[finding.name].partner
    near = (partner, *finding.around[:2], *map(str, rng.permutation(others)[:2]))
    wrong = dict.fromkeys(name for name in near if name and name != finding.name)
    name = Part(_said(rng, finding.name), tuple(_said(rng, one) for one in wrong))
    if finding.site and rng.random() < 0.7:
        return Clause(_form(rng, "region_in"), (name, _site(rng, finding, others)))
    if finding.volume_ml and rng.random() < 0.5:
        return Clause(_form(rng, "region_sized"), (name, volume(rng, finding.volume_ml)))
    return Clause(_form(rng, "region"), (name,))


def surely_not(facts: Facts) -> list[str]:
    """Names of what is not in view in any sense of the word."""
    return sorted(facts.lacks - called_the_same(Vocabulary.load(), facts.shows))


def _others(rng: np.random.Generator, name: str, facts: Facts) -> tuple[str, ...]:
    """Words for some of what is surely not in view, the likest first: the other side, what is of the same kind, anything."""
    vocabulary, lacks = Vocabulary.load(), surely_not(facts)
    structure = vocabulary[name]
    alike = [one for one in lacks if vocabulary[one].kind == structure.kind]
    partner = [structure.partner] if structure.partner in lacks else []
    some = [*partner, *map(str, rng.permutation(alike)[:2]), *map(str, rng.permutation(lacks)[:1])]
    return tuple(_said(rng, one) for one in dict.fromkeys(some))


def _said(rng: np.random.Generator, name: str) -> str:
    return _drawn(rng, [name, *Vocabulary.load()[name].synonyms])


def _form(rng: np.random.Generator, kind: str) -> str:
    return _drawn(rng, forms()[kind])


def _drawn(rng: np.random.Generator, of) -> str:
    return of[int(rng.integers(len(of)))]


@lru_cache(maxsize=1)
def forms() -> dict:
    """Templates of clauses."""
    return yaml.safe_load((files(__package__) / "forms.yaml").read_text(encoding="utf-8"))
