"""What a draft tells as measurement groups of a DICOM structured report (PS3.16 TID 1501)."""

from collections.abc import Sequence

from highdicom import UID
from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

import mrifoundation
from mrifoundation.anatomy import Structure, Vocabulary
from mrifoundation.engine.trust import Trust
from mrifoundation.tasks.classify.classification import Classification, Evidence
from mrifoundation.tasks.dicom_codes import LATERALITY, own_code, structure_code
from mrifoundation.tasks.measure.volumes import StructureVolume
from mrifoundation.tasks.report.structures import doubts

UNITS = {
    "mL": Code("mL", "UCUM", "milliliter"),
    "%": Code("%", "UCUM", "percent"),
    "g": Code("g", "UCUM", "gram"),
    "1": Code("1", "UCUM", "no units"),
}
ABNORMAL = codes.SCT.MorphologicallyAbnormalStructure
CUT = own_code("visible part, cut by the edge of the field of view")
AT_END = own_code("at the first or last slice, part may be missing")
ROUGH, UNMEASURED = own_code("rough"), own_code("not measured")
# Facts of `heart_facts` that LOINC has a code for, by the chamber that they are of.
VENTRICLES = {
    codes.SCT.LeftVentricle: {
        "left ejection fraction": codes.LN.LeftVentricularEjectionFractionByMR,
        "left end-diastolic volume": codes.LN.LeftVentricularEDVolume,
        "left end-systolic volume": codes.LN.LeftVentricularESVolume,
        "mass of the left ventricle": codes.LN.LeftVentricleMass,
    },
    codes.SCT.RightVentricle: {
        "right ejection fraction": codes.LN.RightVentricularEjectionFractionByMR,
        "right end-diastolic volume": codes.LN.RightVentricularEDVolume,
        "right end-systolic volume": codes.LN.RightVentricularESVolume,
    },
}


def structure_group(
    one: StructureVolume, vocabulary: Vocabulary, model_id: str, trust: Trust | None = None
) -> MeasurementsAndQualitativeEvaluations:
    """Its volume, with what makes it doubtful. A lesion is the finding itself, and its site the organ that it lies in; an organ is the site
    of the finding. trust: None where it was never measured how well it is segmented."""
    structure = vocabulary[one.name]
    is_lesion = structure.kind == "lesion"
    site = _organ_of(structure, vocabulary) if is_lesion else structure
    group = MeasurementsAndQualitativeEvaluations(
        TrackingIdentifier(UID(), one.name),
        finding_type=structure_code(structure) if is_lesion else codes.SCT.AnatomicalStructure,
        finding_category=ABNORMAL if is_lesion else None,
        finding_sites=[FindingSite(structure_code(site), LATERALITY.get(structure.side))] if site else None,
        algorithm_id=_algorithm(model_id),
        measurements=[Measurement(codes.SCT.Volume, round(one.volume_ml, 3), UNITS["mL"])],
        qualitative_evaluations=_evaluations(one, trust),
    )
    return _with_comments(group, _words(one, trust))


def _evaluations(one: StructureVolume, trust: Trust | None) -> list[QualitativeEvaluation]:
    extent = CUT if one.cut else AT_END if one.at_end else None
    quality = UNMEASURED if trust is None else ROUGH if trust.rough else None
    found = {"extent": extent, "quality of the segmentation": quality}
    return [QualitativeEvaluation(own_code(what), code) for what, code in found.items() if code]


def _words(one: StructureVolume, trust: Trust | None) -> list[str]:
    """What the text report says of it, and the Dice also where that is good."""
    if trust is None:
        return [*doubts(one, trust), "how well it is segmented was not measured"]
    return [*doubts(one, trust), *([] if trust.rough else [trust.words])]


def _organ_of(lesion: Structure, vocabulary: Vocabulary) -> Structure | None:
    """None for a lesion of several regions, and for one of a region that is no organ of the vocabulary."""
    organs = [vocabulary[region] for region in lesion.regions if region in vocabulary]
    return organs[0] if organs and len(lesion.regions) == 1 else None


def heart_groups(facts: Sequence[Evidence], model_id: str) -> list[MeasurementsAndQualitativeEvaluations]:
    """One for each ventricle that something is told of; facts of other organs, and those that have no code, are left out.

    Each number's sentence stands beside it, which tells by how much such numbers were off."""
    groups = []
    for ventricle, named in VENTRICLES.items():
        own = [fact for fact in facts if fact.what in named]
        if own:
            group = MeasurementsAndQualitativeEvaluations(
                TrackingIdentifier(UID(), ventricle.meaning),
                finding_type=codes.SCT.AnatomicalStructure,
                finding_sites=[FindingSite(ventricle)],
                algorithm_id=_algorithm(model_id),
                measurements=[Measurement(named[fact.what], fact.value, UNITS[fact.unit]) for fact in own],
            )
            groups.append(_with_comments(group, [fact.sentence for fact in own]))
    return groups


def answer_group(answer: Classification, model_id: str) -> MeasurementsAndQualitativeEvaluations:
    """The probabilities of a head and both ends of their intervals; then how good it is, what the answer rests on, and its cautions."""
    numbers = []
    for name, chance in answer.probabilities.items():
        told = {f"probability of {name}": chance}
        for end, value in zip(("low", "high"), answer.intervals.get(name, ()), strict=False):
            told[f"{end} end ({answer.interval_kind}) of the probability of {name}"] = value
        numbers += [Measurement(own_code(what), round(value, 4), UNITS["1"]) for what, value in told.items()]
    group = MeasurementsAndQualitativeEvaluations(
        TrackingIdentifier(UID(), answer.head),
        finding_type=own_code(answer.title),
        algorithm_id=_algorithm(model_id, f"head {answer.head}", f"sha256 {answer.sha256}"),
        measurements=numbers,
    )
    return _with_comments(group, [*(fact.sentence for fact in answer.evidence), answer.caution])


def _with_comments(
    group: MeasurementsAndQualitativeEvaluations, words: Sequence[str]
) -> MeasurementsAndQualitativeEvaluations:
    """The group with these sentences at its end: TID 1501 has no place for them, but may be extended."""
    sentences = [f"{text[0].upper()}{text[1:].rstrip('.')}." for text in words if text]
    group[0].ContentSequence.extend(
        TextContentItem(codes.DCM.Comment, text, RelationshipTypeValues.CONTAINS) for text in sentences
    )
    return group


def _algorithm(model_id: str, *parameters: str) -> AlgorithmIdentification:
    return AlgorithmIdentification("MRIFoundation", model_id or mrifoundation.__version__, list(parameters) or None)
