"""What is in view: volumes, how even the sides are, and how far the segmentation of each can be trusted."""

from mrifoundation.engine import Engine
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
UNEVEN_BY_NATURE = ("heart", "lesion", "lung and airway")  # kinds whose two sides are not each other's mirror image
ROUGH = 0.6  # Dice on development scans under which a volume is called rough
HOPELESS = 0.3  # and under which it is not looked for at all


def measured_structures(study: Study, number: int = 0) -> Volumes:
    """The structures of all regions that a series shows; nothing where no region was recognised."""
    names = [name for name in _of_regions(study, number) if _is_tellable(study.engine, name)]
    return measure_volumes(study.engine, study.encodings[number], names)


def left_out(study: Study) -> Sentence | None:
    """What belongs to the regions in view and is not looked for; None when there is nothing."""
    names = [name for number in range(len(study.scans)) for name in _of_regions(study, number)]
    names = [name for name in dict.fromkeys(names) if not _is_tellable(study.engine, name)]
    if not names:
        return None
    text = f"Not looked for, since these weights segment it too poorly or, of a lesion, it was not measured how well: {', '.join(names)}."
    return Sentence(text, {"structures": names, "least_dice": HOPELESS})


def _of_regions(study: Study, number: int) -> list[str]:
    vocabulary, shown = study.engine.vocabulary, study.regions[number].shown
    names = [name for region in shown if region in SETS for name in vocabulary.sets[SETS[region]]]
    return names + [name for region in shown for name in LESIONS.get(region, ())]


def _is_tellable(engine: Engine, name: str) -> bool:
    """A lesion that is not there alarms, so it is told only where it was measured how well it is found."""
    dice = development_dice(engine, name)
    return engine.vocabulary[name].kind != "lesion" if dice is None else dice >= HOPELESS


def structure_section(engine: Engine, volumes: Volumes, title: str) -> Section:
    """One sentence a structure, the largest first; then notable differences between the sides."""
    healthy = [one for one in _by_size(volumes) if engine.vocabulary[one.name].kind != "lesion"]
    sentences = [volume_sentence(engine, one) for one in healthy]
    unmeasured = [one.name for one in healthy if development_dice(engine, one.name) is None]
    if unmeasured:
        text = f"How well these are segmented was not measured: {', '.join(unmeasured)}."
        sentences.append(Sentence(text, {"structures": unmeasured}))
    sentences += _sides(engine, volumes)
    return Section(
        title,
        tuple(sentences) or (Sentence("No structure that the weights know was found in view.", {"structures": 0}),),
    )


def _sides(engine: Engine, volumes: Volumes) -> list[Sentence]:
    """Notable differences between the sides; a rough segmentation is too uneven by itself to tell."""
    pairs = [
        pair for pair in asymmetries(volumes) if engine.vocabulary[f"left {pair.name}"].kind not in UNEVEN_BY_NATURE
    ]
    rough = [
        pair.name for pair in pairs if _is_rough(engine, f"left {pair.name}") or _is_rough(engine, f"right {pair.name}")
    ]
    pairs = [pair for pair in pairs if pair.name not in rough]
    sentences = [_uneven(pair) for pair in pairs if pair.notable]
    if pairs and not sentences:
        most = pairs[0]
        text = f"No compared pair differs by {NOTABLE:.0f} % or more between the sides (most: {most.name}, {most.index:+.0f} %)."
        facts = {"threshold_percent": NOTABLE, "structure": most.name, "asymmetry_percent": round(most.index, 1)}
        sentences.append(Sentence(text, facts))
    if rough:
        text = f"The sides of these are not compared, since their segmentation is rough: {', '.join(rough)}."
        sentences.append(Sentence(text, {"structures": rough, "least_dice": ROUGH}))
    return sentences


def _uneven(pair: Asymmetry) -> Sentence:
    larger = "left" if pair.left_ml > pair.right_ml else "right"
    text = (
        f"The {larger} {pair.name} is larger than the other: {_ml(pair.left_ml)} mL left, {_ml(pair.right_ml)} mL right "
        f"(asymmetry {pair.index:+.0f} %)."
    )
    facts = {
        "structure": pair.name,
        "left_ml": pair.left_ml,
        "right_ml": pair.right_ml,
        "asymmetry_percent": round(pair.index, 1),
    }
    return Sentence(text, facts)


def _is_rough(engine: Engine, name: str) -> bool:
    dice = development_dice(engine, name)
    return dice is not None and dice < ROUGH


def _ml(volume: float) -> str:
    """As many digits as a volume deserves."""
    return f"{volume:.0f}" if volume >= 100 else f"{volume:.1f}" if volume >= 1 else f"{volume:.2f}"


def lesion_section(engine: Engine, volumes: Volumes) -> Section | None:
    """What was asked for and segmented of lesions; None where nothing was."""
    asked = [row for row in volumes.table if engine.vocabulary[row["name"]].kind == "lesion"]
    if not asked:
        return None
    sentences = []
    for row in asked:
        one = volumes.structures.get(row["name"])
        if one is None:
            text = f"{_capital(row['name'])}: nothing was segmented (presence {row['presence']:.2f})."
            sentences.append(Sentence(text, {"structure": row["name"], "volume_ml": 0.0, "presence": row["presence"]}))
        else:
            sentences.append(volume_sentence(engine, one, f", presence {one.presence:.2f}"))
    caveat = "Lesions are segmented automatically; what is small or unusual may be missed, and what is not a lesion may be marked."
    return Section("Lesions", (*sentences, Sentence(caveat)))


def volume_sentence(engine: Engine, one: StructureVolume, more: str = "") -> Sentence:
    """Volume, with what makes it doubtful."""
    dice = development_dice(engine, one.name)
    doubts = ["reaches the edge of the field of view, so this is the visible part"] if one.cut else []
    if _is_rough(engine, one.name):
        doubts.append(f"rough: Dice {dice:.2f} on development scans")
    doubt = f" ({'; '.join(doubts)})" if doubts else ""
    facts = {
        "structure": one.name, "volume_ml": round(one.volume_ml, 3), "presence": one.presence, "cut": one.cut, "dice": dice,
        "center_ras_mm": list(one.center_ras_mm), "box_ras_mm": [list(corner) for corner in one.box_ras_mm],
    }  # fmt: skip
    return Sentence(f"{_capital(one.name)}: {_ml(one.volume_ml)} mL{more}{doubt}.", facts)


def development_dice(engine: Engine, name: str) -> float | None:
    """The lowest Dice that the card of the weights tells of a structure, over its sources; None when it was not measured."""
    rows = [row for row in engine.card.scores if row.get("structure") == name]
    found = [value for row in rows if (value := _mean(row.get("dice"))) is not None]
    return round(min(found), 4) if found else None


def _mean(dice: object) -> float | None:
    value = dice.get("mean") if isinstance(dice, dict) else dice
    return float(value) if isinstance(value, (int, float)) else None


def _by_size(volumes: Volumes) -> list[StructureVolume]:
    return sorted(volumes.structures.values(), key=lambda one: -one.volume_ml)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
