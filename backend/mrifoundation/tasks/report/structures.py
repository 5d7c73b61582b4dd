"""What is in view: volumes, how even the sides are, and how far the segmentation of each can be trusted."""

from mrifoundation.engine import Engine
from mrifoundation.engine.trust import HOPELESS, Trust, trust_of
from mrifoundation.tasks.classify.regions_told import regions_told
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.volumes import (
    NOTABLE,
    Asymmetry,
    StructureVolume,
    Volumes,
    asymmetries,
    measure_volumes,
)
from mrifoundation.tasks.report.document import Section, Sentence

# What is measured in each region: structure sets of the vocabulary.
SETS = {
    "brain": "brain structures",
    "heart": "heart",
    "abdomen": "abdominal organs",
    "knee": "knee",
    "prostate": "prostate zones",
    "spine": "lumbar spine parts",
    "fetal brain": "fetal brain structures",
}
LESIONS = {
    "brain": (
        "multiple sclerosis lesion",
        "enhancing tumor",
        "non-enhancing tumor",
        "necrotic tumor core",
        "peritumoral edema",
    ),
    "prostate": ("prostate cancer lesion",),
}
CUT = "reaches the edge of the field of view, so this is the visible part"
AT_END = "reaches the first or last slice, so part of it may be missing"
CRUMB_ML = 3.0  # of a structure whose segmentation was never measured: less is told as nothing
UNEVEN_BY_NATURE = ("heart", "lesion", "lung and airway")  # kinds whose two sides are not each other's mirror image


def measured_structures(study: Study, number: int = 0) -> Volumes:
    """The structures of all regions that a series shows; nothing where no region was recognised."""
    names = [name for name in _of_regions(study, number) if _is_tellable(study.engine, name)]
    return measure_volumes(study.engine, study.encodings[number], names)


def left_out(study: Study) -> Sentence | None:
    """What belongs to the regions told of and is segmented too poorly to be looked for, lesions aside; None when there is nothing."""
    names = [name for name in _not_tellable(study) if study.engine.vocabulary[name].kind != "lesion"]
    if not names:
        return None
    text = f"Not looked for, since these weights segment it too poorly: {', '.join(names)}."
    return Sentence(text, {"structures": names, "least_dice": HOPELESS})


def _not_tellable(study: Study) -> list[str]:
    names = [name for number in range(len(study.scans)) for name in _of_regions(study, number)]
    return [name for name in dict.fromkeys(names) if not _is_tellable(study.engine, name)]


def _of_regions(study: Study, number: int) -> list[str]:
    vocabulary, told = study.engine.vocabulary, regions_told(study, number)
    names = [name for region in told if region in SETS for name in vocabulary.sets[SETS[region]]]
    return names + [name for region in told for name in LESIONS.get(region, ())]


def _is_tellable(engine: Engine, name: str) -> bool:
    """A lesion that is not there alarms, so it is told only where it was measured, on more than a scan or two, how well it is found."""
    trust = trust_of(engine.card, name)
    if engine.vocabulary[name].kind == "lesion" and (trust is None or trust.anecdotal):
        return False
    return trust is None or trust.dice >= HOPELESS


def structure_section(engine: Engine, volumes: Volumes, title: str) -> Section:
    """One sentence a structure, the largest first; then notable differences between the sides."""
    healthy = [one for one in _by_size(volumes) if engine.vocabulary[one.name].kind != "lesion"]
    crumbs = [one.name for one in healthy if is_crumb(engine, one)]
    healthy = [one for one in healthy if one.name not in crumbs]
    sentences = [volume_sentence(engine, one) for one in healthy]
    unmeasured = [one.name for one in healthy if trust_of(engine.card, one.name) is None]
    if unmeasured:
        text = f"How well these are segmented was not measured: {', '.join(unmeasured)}."
        sentences.append(Sentence(text, {"structures": unmeasured}))
    if crumbs:
        text = f"Only crumbs of less than {CRUMB_ML:.0f} mL were found, which say nothing: {', '.join(crumbs)}."
        sentences.append(Sentence(text, {"structures": crumbs, "least_ml": CRUMB_ML}))
    sentences += _sides(engine, volumes)
    return Section(
        title,
        tuple(sentences) or (Sentence("No structure that the weights know was found in view.", {"structures": 0}),),
    )


def is_crumb(engine: Engine, one: StructureVolume) -> bool:
    """So little, of a structure whose segmentation was never measured, that it says nothing."""
    return trust_of(engine.card, one.name) is None and one.volume_ml < CRUMB_ML


def _sides(engine: Engine, volumes: Volumes) -> list[Sentence]:
    """Differences between the sides that are larger than what the segmentation of either may err by."""
    pairs = [
        pair for pair in asymmetries(volumes) if engine.vocabulary[f"left {pair.name}"].kind not in UNEVEN_BY_NATURE
    ]
    told = [pair for pair in pairs if (least := least_asymmetry(engine, pair)) is not None and abs(pair.index) >= least]
    sentences = [_uneven(volumes, pair, least_asymmetry(engine, pair)) for pair in told]
    compared = [pair for pair in pairs if pair not in told and least_asymmetry(engine, pair) is not None]
    if compared:
        most, least = compared[0], least_asymmetry(engine, compared[0])
        among = "No other pair" if told else "No pair"
        text = (
            f"{among} differs between the sides by more than its segmentation may err (most: {most.name}, {most.index:+.0f} %, "
            f"told from {least:.0f} % on)."
        )
        facts = {
            "structure": most.name,
            "asymmetry_percent": round(most.index, 1),
            "told_from_percent": round(least, 1),
        }
        sentences.append(Sentence(text, facts))
    unknown = [pair.name for pair in pairs if least_asymmetry(engine, pair) is None]
    if unknown:
        text = f"The sides of these are not compared, since it was not measured how well they are segmented: {', '.join(unknown)}."
        sentences.append(Sentence(text, {"structures": unknown}))
    return sentences


def least_asymmetry(engine: Engine, pair: Asymmetry) -> float | None:
    """From how many per cent on a difference is told; None where it was not measured how well either side is segmented."""
    trusts = [
        trust_of(engine.card, f"{side} {pair.name}") or trust_of(engine.card, pair.name) for side in ("left", "right")
    ]
    return max(NOTABLE, *(one.volume_error for one in trusts)) if all(trusts) else None


def _uneven(volumes: Volumes, pair: Asymmetry, least: float) -> Sentence:
    larger = "left" if pair.left_ml > pair.right_ml else "right"
    text = (
        f"The {larger} {pair.name} is larger than the other one: {shown_ml(pair.left_ml)} mL left, {shown_ml(pair.right_ml)} mL right "
        f"(asymmetry {pair.index:+.0f} %)."
    )
    facts = {
        "structure": pair.name,
        "left_ml": pair.left_ml,
        "right_ml": pair.right_ml,
        "asymmetry_percent": round(pair.index, 1),
        "told_from_percent": round(least, 1),
        **place_facts(volumes.structures[f"{larger} {pair.name}"]),
    }
    return Sentence(text, facts)


def place_facts(one: StructureVolume) -> dict:
    """Where the structure of a sentence lies, by which a reader goes there."""
    return {"center_ras_mm": list(one.center_ras_mm), "box_ras_mm": [list(corner) for corner in one.box_ras_mm]}


def shown_ml(volume: float) -> str:
    """As many digits as a volume deserves."""
    return f"{volume:.0f}" if volume >= 100 else f"{volume:.1f}" if volume >= 1 else f"{volume:.2f}"


def lesion_section(study: Study, volumes: Volumes) -> Section | None:
    """What was asked for and segmented of lesions, and which were not looked for; None where the regions told of have none."""
    engine = study.engine
    asked = [row for row in volumes.table if engine.vocabulary[row["name"]].kind == "lesion"]
    unseen = [name for name in _not_tellable(study) if engine.vocabulary[name].kind == "lesion"]
    sentences = [_lesion(engine, volumes, row) for row in asked]
    if asked:
        sentences.append(
            Sentence(
                "Lesions are segmented automatically; what is small or unusual may be missed, and what is not a lesion may be marked."
            )
        )
    if unseen:
        text = (
            f"Not looked for, since it was not measured that these weights find it well enough: {', '.join(unseen)}. "
            "This draft does not tell whether there are any."
        )
        sentences.append(Sentence(text, {"structures": unseen, "least_dice": HOPELESS}))
    return Section("Lesions", tuple(sentences)) if sentences else None


def _lesion(engine: Engine, volumes: Volumes, row: dict) -> Sentence:
    one = volumes.structures.get(row["name"])
    if one is not None:
        return volume_sentence(engine, one, f", presence {one.presence:.2f}")
    text = (
        f"{_capital(row['name'])}: nothing was segmented (presence {row['presence']:.2f}), which does not rule it out."
    )
    return Sentence(text, {"structure": row["name"], "volume_ml": 0.0, "presence": row["presence"]})


def volume_sentence(engine: Engine, one: StructureVolume, more: str = "") -> Sentence:
    """Volume, with what makes it doubtful."""
    trust = trust_of(engine.card, one.name)
    doubt = f" ({'; '.join(found)})" if (found := doubts(one, trust)) else ""
    facts = {
        "structure": one.name, "volume_ml": round(one.volume_ml, 3), "presence": one.presence, "cut": one.cut, "at_end": one.at_end,
        **place_facts(one), **dice_facts(trust),
    }  # fmt: skip
    return Sentence(f"{_capital(one.name)}: {shown_ml(one.volume_ml)} mL{more}{doubt}.", facts)


def doubts(one: StructureVolume, trust: Trust | None) -> list[str]:
    """What makes a volume doubtful, as phrases. trust: None where it was never measured how well the structure is segmented."""
    extent = [CUT] if one.cut else [AT_END] if one.at_end else []
    return extent + ([f"rough: {trust.words}"] if trust is not None and trust.rough else [])


def dice_facts(trust: Trust | None) -> dict:
    """What a sentence that names the Dice rests on."""
    return {"dice": trust.dice if trust else None, "dice_interval": [trust.low, trust.high] if trust else None}


def _by_size(volumes: Volumes) -> list[StructureVolume]:
    return sorted(volumes.structures.values(), key=lambda one: -one.volume_ml)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
