"""A stock of sentences with what each of them claims, and whether the claims hold for an example."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import yaml

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.reports.facts import Facts, facts_of_case, names_tumour
from mrifoundation_training.synthesis.contrast import SEQUENCES

NAMED_SHARE = 0.15  # of the sentences name structures in view


@dataclass(frozen=True)
class Sentence:
    """text; claims: (key, value) pairs, all of which must hold; the key "shows" claims that a structure is in view."""

    text: str
    claims: tuple[tuple[str, str], ...]

    def holds(self, facts: Facts) -> bool | None:
        """True or False where the facts decide it, None where they are silent."""
        verdicts = [claim_holds(key, value, facts) for key, value in self.claims]
        return False if False in verdicts else None if None in verdicts else True

    def nearly_holds(self, facts: Facts) -> bool:
        """Whether at least one claim is true: then a false sentence is a hard one."""
        return any(claim_holds(key, value, facts) for key, value in self.claims)


def claim_holds(key: str, value: str, facts: Facts) -> bool | None:
    """Whether one claim does, as of `Sentence.holds`."""
    if key == "shows":
        return True if value in facts.shows else False if value in facts.lacks else None
    known = facts.known.get(key)
    if known is None or known == value:
        return None if known is None else True
    return _diagnosed(value, known) if key == "diagnosis" else False


def _diagnosed(claimed: str, known: str) -> bool | None:
    """Whether a scan with the diagnosis `known` has another one: true of the wider name of a disease, and undecided where the claim is
    narrower, or where both are tumours, since a glioma is a brain tumour as well."""
    if _names(claimed, known):
        return True
    return None if _names(known, claimed) or (names_tumour(claimed) and names_tumour(known)) else False


def _names(part: str, whole: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", whole) is not None


def stock(cases: list[Case], vocabulary: Vocabulary, count: int, seed: int) -> list[Sentence]:
    """The cases' own captions, and up to `count` sentences put together from facts that occur among the cases; all different."""
    rng = np.random.default_rng(seed)
    told = _captions(cases)
    made = [
        _named(rng, cases, vocabulary) if rng.random() < NAMED_SHARE else _described(rng, cases) for _ in range(count)
    ]
    different = {sentence.text: sentence for sentence in told}
    for sentence in made:
        different.setdefault(sentence.text, sentence)
    return list(different.values())


def _captions(cases: list[Case]) -> list[Sentence]:
    """What was written for the cases; a caption that several have claims what is known of all of them."""
    claims: dict[str, dict[str, str]] = {}
    for case in (case for case in cases if case.image and case.caption):
        facts = facts_of_case(case)
        shared = claims.setdefault(case.caption, facts)
        claims[case.caption] = {key: value for key, value in shared.items() if facts.get(key) == value}
    return [Sentence(text, tuple(known.items())) for text, known in claims.items()]


def _described(rng: np.random.Generator, cases: list[Case]) -> Sentence:
    case = cases[rng.integers(len(cases))]
    known = facts_of_case(case)
    known.setdefault("sequence", str(rng.choice(SEQUENCES)))
    known["slices"] = str(rng.choice(["thick", "thin"]))
    known["plane"] = str(rng.choice(["axial", "coronal", "sagittal"]))
    if case.region == "brain":
        known["skull"] = str(rng.choice(["stripped", "kept"]))
    known.setdefault("tumour", "no")
    known = {key: value for key, value in known.items() if value in wording().get(key, ())}
    chance = {"region": 0.85, "sequence": 0.6, "diagnosis": 0.4, "phase": 0.3}
    kept = [key for key in known if rng.random() < chance.get(key, 0.2)]
    kept = kept or [next(iter(known))]
    return Sentence(_text(rng, {key: known[key] for key in kept}), tuple((key, known[key]) for key in kept))


def _named(rng: np.random.Generator, cases: list[Case], vocabulary: Vocabulary) -> Sentence:
    case = cases[rng.integers(len(cases))]
    names = [name for name in sorted(set(case.table.values())) if name in vocabulary]
    if not names:
        return _described(rng, cases)
    chosen = [str(name) for name in rng.choice(names, size=min(len(names), int(rng.integers(1, 4))), replace=False)]
    said = [str(rng.choice([name, *vocabulary[name].synonyms])) for name in chosen]
    form = str(rng.choice(["The {} can be seen.", "{} in view", "An image that shows the {}", "MRI with {}"]))
    return Sentence(form.format(", ".join(said)), tuple(("shows", name) for name in chosen))


def _text(rng: np.random.Generator, known: dict[str, str]) -> str:
    say = {key: str(rng.choice(wording()[key][value])) for key, value in known.items()}
    modality = str(rng.choice(wording()["modality"]))
    head = " ".join(say.pop(key) for key in ("plane", "sequence") if key in say)
    region = say.pop("region", "")
    forms = [f"{head} {modality}" + (f" of the {region}" if region else ""), f"{region} {modality} {head}"]
    tail = [say[key] for key in rng.permutation(sorted(say))]
    text = ", ".join([str(rng.choice(forms)).strip(), *tail])
    return text[:1].upper() + text[1:] if rng.random() < 0.6 else text


@lru_cache(maxsize=1)
def wording() -> dict:
    """Phrases for each value of each fact."""
    return yaml.safe_load((files(__package__) / "wording.yaml").read_text(encoding="utf-8"))
