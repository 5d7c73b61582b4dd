"""What may be asked of a labelled case: structures it shows, structures known not to be in view; never what its source left unlabelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mrifoundation.anatomy import Structure, Vocabulary
from mrifoundation.anatomy.entries import sideless

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
    "hand": {"hand", "extremity"},
    "breast": {"breast", "thorax", "heart", "abdomen"},
}

# What a region's scans do not show although it belongs to a neighbour: stacks through a heart end above the kidneys, and the tip of a
# heart at the upper edge of an abdomen is nothing that anybody asks for there. A grown brain is not an unborn one, though most of its
# structures are labelled in both; nor does a man bear one.
BEYOND = {
    "brain": frozenset({"fetal brain"}),
    "head-neck": frozenset({"fetal brain"}),
    "prostate": frozenset({"fetal brain"}),
    "heart": frozenset(
        {
            "kidney", "adrenal gland", "pancreas", "duodenum", "small bowel", "urinary bladder", "prostate", "iliac artery", "iliac vein",
            "iliopsoas muscle", "gluteus maximus muscle", "gluteus medius muscle", "gluteus minimus muscle", "femur", "hip bone", "sacrum",
            "S1 vertebra", "L5 vertebra", "L4 vertebra", "L3 vertebra", "L2 vertebra",
        }
    ),
    "abdomen": frozenset(
        {
            "ventricle cavity of the heart", "left ventricle cavity of the heart", "right ventricle cavity of the heart",
            "left ventricular myocardium", "left ventricle of the heart",
        }
    ),
}  # fmt: skip

# What runs through more of the body than the regions it is labelled in: it is never called out of view.
RUNS_THROUGH = frozenset(
    {
        "cerebrospinal fluid", "spinal cerebrospinal fluid", "spinal cord", "spinal cord gray matter", "spinal canal",
        "vertebra", "vertebral body", "vertebral endplate", "vertebral arch", "spinous process", "transverse process",
        "superior articular process", "inferior articular process", "intervertebral disc",
        "deep back muscles", "erector spinae muscle", "multifidus muscle", "trapezius muscle",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Askable:
    """names: K prompts; lut: bool [K, labels], whether label n belongs to prompt k; absent: bool [K], known not to be in view;
    single: bool [K], a label of its own, so that singles never overlap (False for unions); lesion: bool [K], a disease, not anatomy;
    beyond: bool [K], absent though a scan of this region could be taken for one that shows it."""

    names: tuple[str, ...]
    lut: np.ndarray
    absent: np.ndarray
    single: np.ndarray
    lesion: np.ndarray
    beyond: np.ndarray


def askable(
    vocabulary: Vocabulary,
    names: tuple[str, ...],
    declared: frozenset[str],
    region: str,
    hosts: tuple[tuple[int, int], ...] = (),
) -> Askable:
    """Everything that may be asked.

    names: name of each compact label ("" for background and for labels that mean nothing to the vocabulary; several may share one);
    declared: every name the source labels when it is in view, so that one missing from `names` is out of view;
    hosts: (label of a lesion, label of the tissue it lies in): a whole of several tissues holds the lesion too.
    """
    prompts, rows, absent = [], [], []
    available: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if name:
            available.setdefault(name, []).append(index)
    for structure in vocabulary:
        parts = _parts(structure, declared)
        if parts is None:
            if elsewhere(structure, region):
                prompts.append(structure.name), rows.append(np.zeros(len(names), bool)), absent.append(True)
            continue
        row = np.zeros(len(names), bool)
        row[[index for part in parts for index in available.get(part, ())]] = True
        if len({sideless(part) for part in parts}) > 1:
            row[[lesion for lesion, host in hosts if row[host]]] = True
        prompts.append(structure.name), rows.append(row), absent.append(not row.any())
    single = np.array([name in declared for name in prompts], bool)
    lesion = np.array([vocabulary[name].kind == "lesion" for name in prompts], bool)
    gone = np.array(absent, bool)
    beyond = np.array([_is_beyond(vocabulary[name], region) for name in prompts], bool) & gone
    return Askable(tuple(prompts), np.array(rows, bool).reshape(-1, len(names)), gone, single, lesion, beyond)


@lru_cache(maxsize=1)
def nothing_of(vocabulary: Vocabulary) -> Askable:
    """What may be asked of an image that shows nobody's anatomy: everything but lesions, and nothing of it is there."""
    names = tuple(structure.name for structure in vocabulary if structure.kind != "lesion")
    no = np.zeros(len(names), bool)
    return Askable(names, np.zeros((len(names), 1), bool), ~no, no, no, no)


def _parts(structure, declared: frozenset[str]) -> tuple[str, ...] | None:
    if structure.name in declared:
        return (structure.name,)
    return next((parts for parts in structure.unions if declared.issuperset(parts)), None)


def elsewhere(structure: Structure, region: str) -> bool:
    """Whether `structure` cannot be in view in a scan of `region`: it belongs to regions that neither hold nor touch it, or lies BEYOND.

    Never said of lesions, which may be anywhere, of what RUNS_THROUGH several regions, or for a region that is not in NEIGHBOURS.
    """
    if region not in NEIGHBOURS or not structure.regions or structure.kind == "lesion":
        return False
    if _is_beyond(structure, region):
        return True
    if _sideless(structure) in RUNS_THROUGH:
        return False
    # What is labelled in fetuses (the deep gray matter) is in every brain; an ordinary abdomen holds neither.
    regions = {"brain" if own == "fetal-brain" else own for own in structure.regions}
    return not any(_near(region, own) for own in regions)


def _is_beyond(structure: Structure, region: str) -> bool:
    return not BEYOND.get(region, frozenset()).isdisjoint({structure.name, _sideless(structure)})


def _sideless(structure: Structure) -> str:
    return structure.name.removeprefix(f"{structure.side} ")


def _near(one: str, other: str) -> bool:
    return one == other or other in NEIGHBOURS.get(one, ()) or one in NEIGHBOURS.get(other, ())


def called_the_same(vocabulary: Vocabulary, shown: Iterable[str]) -> frozenset[str]:
    """What is not in view as a structure, though people may use its name for what is `shown`: a fetal brain is "the brain", too."""
    return frozenset(name for one in shown if (name := vocabulary[one].gives_way_to))


def swapped_sides(vocabulary: Vocabulary, names: tuple[str, ...]) -> tuple[str, ...]:
    """Label names after a left–right flip."""
    return tuple((vocabulary[n].partner or n) if n in vocabulary else n for n in names)
