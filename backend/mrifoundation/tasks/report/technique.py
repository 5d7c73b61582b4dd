"""How the scan was made, as far as it tells itself."""

from collections.abc import Sequence

from mrifoundation.tasks.classify.kind_of_scan import KindOfScan, made_as
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.report.document import Section, Sentence


def technique(study: Study) -> Section:
    """One sentence on the geometry of each series, one on what it seems to show, and what reading had to decide."""
    sentences = []
    for number in range(len(study.scans)):
        sentences += _series(study, number)
    if study.age is not None or study.sex is not None:
        known = [
            f"{study.age:.0f} years" if study.age is not None else "",
            {"F": "female", "M": "male"}.get(study.sex or "", ""),
        ]
        sentences.append(
            Sentence(f"Given with the scan: {', '.join(filter(None, known))}.", {"age": study.age, "sex": study.sex})
        )
    return Section("Technique", tuple(sentences))


def _series(study: Study, number: int) -> list[Sentence]:
    scan, regions, kind = study.scans[number], study.regions[number], KindOfScan.of(study, number)
    size, spacing = " × ".join(map(str, scan.shape)), " × ".join(f"{s:.2f}" for s in scan.spacing)
    which = f"Series {number + 1}" if len(study.scans) > 1 else "The series"
    made = Sentence(
        f"{which} is {made_as(kind.plane)} of {size} voxels of {spacing} mm.",
        {
            "series": number + 1,
            "shape": list(scan.shape),
            "spacing_mm": [round(float(s), 3) for s in scan.spacing],
            "plane": kind.plane,
        },
    )
    sentences = [made]
    if kind.problem:
        return [made, Sentence(f"Nothing can be told from it: {kind.problem}.", {"problem": kind.problem})]
    told = {region: list(counts) for region, counts in regions.seen.items() if region in regions.shown}
    if told:
        counts = [f"{found} of {asked} of the {region}" for region, (found, asked) in told.items()]
        sentences.append(Sentence(f"Landmark structures found: {', '.join(counts)}.", {"landmarks": told}))
        sentences += _not_told(regions.shown, kind.regions)
    else:
        sentences.append(Sentence("No part of the body was recognised in it.", {"landmarks": {}}))
    if guess := kind.sequence:
        agent = ", with contrast agent" if guess.contrast_agent else ""
        text = f"Its contrast is most like {guess.name}{agent} (a guess)."
        sentences.append(Sentence(text, {"sequence": guess.name, "probability": guess.probability, "guessed": True}))
    sentences += [Sentence(note, {"note": True}) for note in scan.notes]
    return sentences


def _not_told(shown: Sequence[str], told: Sequence[str]) -> list[Sentence]:
    rest = [region for region in shown if region not in told]
    if not rest:
        return []
    text = (
        f"As a whole it is most like a scan of the {' and '.join(told)}, so nothing is told of what else seems to be in view: "
        f"{', '.join(rest)}."
    )
    return [Sentence(text, {"told": list(told), "not_told": rest})]
