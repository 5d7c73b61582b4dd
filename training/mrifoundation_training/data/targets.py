"""What may be asked of a labelled case: structures it shows, structures known not to be in view; never what its source left unlabelled."""

from dataclasses import dataclass

import numpy as np

from mrifoundation.anatomy.vocabulary import Vocabulary

# Regions whose scans can show each other's structures: from such a neighbour no negative is ever drawn.
NEIGHBOURS = {
    "brain": {"brain", "head-neck", "cervical-spine"},
    "head-neck": {"brain", "head-neck", "cervical-spine", "thorax"},
    "cervical-spine": {"brain", "head-neck", "cervical-spine", "lumbar-spine", "thorax"},
    "fetal-brain": {"fetal-brain", "abdomen", "prostate", "lumbar-spine", "brain"},
    "heart": {"heart", "abdomen", "thorax", "head-neck"},
    "abdomen": {"abdomen", "prostate", "lumbar-spine", "heart", "thorax", "extremity"},
    "prostate": {"prostate", "abdomen", "lumbar-spine", "extremity"},
    "lumbar-spine": {"lumbar-spine", "abdomen", "prostate", "cervical-spine", "thorax"},
    "knee": {"knee", "extremity", "lower-leg"},
    "lower-leg": {"knee", "extremity", "lower-leg"},
    "extremity": {"knee", "extremity", "lower-leg", "abdomen", "prostate"},
}


@dataclass(frozen=True)
class Askable:
    """names: K prompts; lut: bool [K, labels], whether label n belongs to prompt k; absent: bool [K], known not to be in view;
    single: bool [K], a label of its own, so that singles never overlap (False for unions)."""

    names: tuple[str, ...]
    lut: np.ndarray
    absent: np.ndarray
    single: np.ndarray


def askable(vocabulary: Vocabulary, names: tuple[str, ...], declared: frozenset[str], region: str) -> Askable:
    """Everything that may be asked.

    names: name of each compact label ("" for background and for labels that mean nothing to the vocabulary);
    declared: every name the source labels when it is in view, so that one missing from `names` is out of view.
    """
    prompts, rows, absent = [], [], []
    available = {name: index for index, name in enumerate(names) if name}
    for structure in vocabulary:
        parts = _parts(structure, declared)
        if parts is None:
            if _elsewhere(structure.regions, region):
                prompts.append(structure.name), rows.append(np.zeros(len(names), bool)), absent.append(True)
            continue
        row = np.zeros(len(names), bool)
        row[[available[part] for part in parts if part in available]] = True
        prompts.append(structure.name), rows.append(row), absent.append(not row.any())
    single = np.array([name in declared for name in prompts])
    return Askable(tuple(prompts), np.array(rows), np.array(absent), single)


def _parts(structure, declared: frozenset[str]) -> tuple[str, ...] | None:
    if structure.name in declared:
        return (structure.name,)
    return next((parts for parts in structure.unions if declared.issuperset(parts)), None)


def _elsewhere(regions: tuple[str, ...], region: str) -> bool:
    return bool(regions) and region in NEIGHBOURS and not NEIGHBOURS[region] & set(regions)


def swapped_sides(vocabulary: Vocabulary, names: tuple[str, ...]) -> tuple[str, ...]:
    """Label names after a left–right flip."""
    return tuple((vocabulary[n].partner or n) if n in vocabulary else n for n in names)
