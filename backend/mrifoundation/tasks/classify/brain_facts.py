"""The brain's share of the intracranial space as evidence in words, in the way of measuring that norms and heads rest on."""

from dataclasses import dataclass

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence
from mrifoundation.tasks.measure.brain_tissue import BrainShare
from mrifoundation.tasks.measure.calibration import Calibration
from mrifoundation.tasks.measure.norms import Norm
from mrifoundation.tasks.measure.volumes import Volumes

NWBV, INTRACRANIAL = "nWBV", "intracranial volume"  # as a card names them in its gate and its figures
PAIRED = {"lateral ventricle": "lateral ventricles", "hippocampus": "hippocampi"}


@dataclass(frozen=True)
class Person:
    """age in years, sex "F" or "M"."""

    age: float
    sex: str


def brain_evidence(
    share: BrainShare, volumes: Volumes, stripped: bool, person: Person, card: HeadCard
) -> list[Evidence]:
    """Share, ventricles and hippocampi, each with what is known of its error where `card` tells that."""
    paired = [_paired(volumes, name, share.intracranial_ml) for name in PAIRED]
    return [_share(share, stripped, person, card), *(fact for fact in paired if fact)]


def brain_caution(share: BrainShare, stripped: bool, card: HeadCard) -> str:
    """Where the scan is not like those by which our measurement was calibrated; "" where it is, or nothing was calibrated."""
    calibration = card.calibrations.get(NWBV)
    if calibration is None:
        return ""
    found = []
    if not calibration.covers(share.nwbv):
        found.append(
            f"The brain share was compared with published values between {calibration.low:.3f} and {calibration.high:.3f} only; "
            f"what {share.nwbv:.3f} stands for is extrapolated."
        )
    if not stripped:
        found.append(
            "All scans by which the brain share was calibrated are skull-stripped and this one is not, "
            "so it may be off by more than is told."
        )
    return " ".join(found)


def _share(share: BrainShare, stripped: bool, person: Person, card: HeadCard) -> Evidence:
    calibration, norm = card.calibrations.get(NWBV), Norm.load("nwbv")
    told, usual = _uncalibrated(), ""
    value = share.nwbv
    if calibration is not None:
        value, told = calibration.value(share.nwbv), _stands_for(calibration, share.nwbv)
        if norm and norm.covers(person.age):
            told += _among_people(norm, calibration, share.nwbv, person)
            usual = f"{norm.mean(person.age, person.sex):.3f} ± {norm.deviation:.3f} at this age ({norm.people} people, {norm.source})"
    parts = [
        f"The brain fills {share.nwbv:.3f} of the intracranial space ({share.brain_ml:.0f} of {share.intracranial_ml:.0f} mL) "
        f"as measured here{told}.",
        _intracranial_error(card),
        "The scan is skull-stripped: its mask stands for that space." if stripped else "",
        brain_caution(share, stripped, card),
    ]
    sentence = " ".join(part for part in parts if part)
    return Evidence("brain share of the intracranial volume", round(value, 4), "", sentence, usual)


def _uncalibrated() -> str:
    """Ours is larger than published values, and the more so the smaller the brain: beside the norm it would call atrophy normal."""
    return "; what published value that stands for is not known with these weights, so it has no percentile"


def _stands_for(calibration: Calibration, ours: float) -> str:
    low, high = calibration.interval(ours)
    return (
        f", which stands for a published value of {calibration.value(ours):.3f} "
        f"({low:.3f} to {high:.3f} in 95 of 100 people, by {calibration.people} who were measured both ways)"
    )


def _among_people(norm: Norm, calibration: Calibration, ours: float, person: Person) -> str:
    percentile = norm.percentile(calibration.value(ours), person.age, person.sex)
    low, high = norm.percentiles(calibration.interval(ours), person.age, person.sex)
    return f": percentile {percentile:.0f} ({low:.0f} to {high:.0f}) of people of this age without dementia"


def _intracranial_error(card: HeadCard) -> str:
    error = card.figures.get("measurements", {}).get(INTRACRANIAL)
    if not error:
        return ""
    return (
        f"The intracranial volume lies off published ones by {error['low']:+.0f} to {error['high']:+.0f} mL "
        f"(95 %, {error['people']} people), and shares of it are off accordingly."
    )


def _paired(volumes: Volumes, name: str, intracranial_ml: float) -> Evidence | None:
    """Of both sides together; the side alone where only one was found, since that is no volume of the pair."""
    sides = {side: volumes.ml(f"{side} {name}") for side in ("left", "right")}
    found = [side for side, ml in sides.items() if ml > 0]
    if not found:
        return None
    ml = sum(sides.values())
    amount = f"{ml:.1f} mL, {1000 * ml / intracranial_ml:.1f} ‰ of the intracranial space as measured here"
    if len(found) == 2:
        return Evidence(PAIRED[name], round(ml, 2), "mL", f"The {PAIRED[name]} measure {amount}.")
    side, other = found[0], "right" if found[0] == "left" else "left"
    sentence = f"The {side} {name} measures {amount}; the {other} one was not found."
    return Evidence(f"{side} {name}", round(ml, 2), "mL", sentence)
