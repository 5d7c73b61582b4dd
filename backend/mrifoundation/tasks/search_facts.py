"""What two scans have in common and what sets them apart, in plain sentences."""

from collections.abc import Mapping
from typing import Any

SAME_AGE = 5.0  # years
_SAME = {
    "region": "Both show the {}.",
    "sequence": "Both are {} images.",
    "plane": "Both were taken in the {} plane.",
    "sex": "Both patients have the sex {}.",
    "diagnosis": "Both have the diagnosis {}.",
}
_TITLES = {"region": "Region", "sequence": "Sequence", "plane": "Plane", "sex": "Sex", "diagnosis": "Diagnosis"}


def shared_facts(own: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Sentences for every fact that both have with the same value."""
    sentences = [
        "Both have nearly cubic voxels."
        if (name, own[name]) == ("plane", "3D")
        else sentence.format(str(own[name]).replace("-", " "))
        for name, sentence in _SAME.items()
        if name in own and own[name] == other.get(name)
    ]
    if own.get("contrast") is not None and own.get("contrast") == other.get("contrast"):
        sentences.append(f"Both were taken {'with' if own['contrast'] else 'without'} contrast agent.")
    if "age" in own and "age" in other and abs(own["age"] - other["age"]) <= SAME_AGE:
        sentences.append(f"Both patients are of about the same age ({own['age']:.0f} and {other['age']:.0f} years).")
    return sentences


def different_facts(own: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Sentences for every fact that both have with another value: the asking scan first, then the case."""
    sentences = [
        f"{title}: {own[name]} here, {other[name]} there."
        for name, title in _TITLES.items()
        if _differ(own, other, name)
    ]
    if _differ(own, other, "contrast"):
        here, there = ("with" if facts["contrast"] else "without" for facts in (own, other))
        sentences.append(f"Taken {here} contrast agent here, {there} there.")
    if "age" in own and "age" in other and abs(own["age"] - other["age"]) > SAME_AGE:
        sentences.append(f"Age: {own['age']:.0f} years here, {other['age']:.0f} there.")
    return sentences


def _differ(own: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    return own.get(name) is not None and other.get(name) is not None and own[name] != other[name]
