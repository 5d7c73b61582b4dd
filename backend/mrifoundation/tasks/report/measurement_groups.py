"""What a draft tells as measurement groups of a DICOM structured report (PS3.16 TID 1501)."""

from collections.abc import Sequence

from highdicom import UID
from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    TrackingIdentifier,
)
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

import mrifoundation
from mrifoundation.anatomy import Structure, Vocabulary
from mrifoundation.tasks.classify.classification import Classification, Evidence
from mrifoundation.tasks.dicom_codes import LATERALITY, own_code, structure_code
from mrifoundation.tasks.measure.volumes import StructureVolume

UNITS = {
    "mL": Code("mL", "UCUM", "milliliter"),
    "%": Code("%", "UCUM", "percent"),
    "g": Code("g", "UCUM", "gram"),
    "1": Code("1", "UCUM", "no units"),
}
ABNORMAL = codes.SCT.MorphologicallyAbnormalStructure
CUT = QualitativeEvaluation(own_code("extent"), own_code("visible part, cut by the edge of the field of view"))
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
    one: StructureVolume, vocabulary: Vocabulary, model_id: str
) -> MeasurementsAndQualitativeEvaluations:
    """Its volume. A lesion is the finding itself, and its site the organ that it lies in; an organ is the site of the finding."""
    structure = vocabulary[one.name]
    is_lesion = structure.kind == "lesion"
    site = _organ_of(structure, vocabulary) if is_lesion else structure
    return MeasurementsAndQualitativeEvaluations(
        TrackingIdentifier(UID(), one.name),
        finding_type=structure_code(structure) if is_lesion else codes.SCT.AnatomicalStructure,
        finding_category=ABNORMAL if is_lesion else None,
        finding_sites=[FindingSite(structure_code(site), LATERALITY.get(structure.side))] if site else None,
        algorithm_id=_algorithm(model_id),
        measurements=[Measurement(codes.SCT.Volume, round(one.volume_ml, 3), UNITS["mL"])],
        qualitative_evaluations=[CUT] if one.cut else None,
    )


def _organ_of(lesion: Structure, vocabulary: Vocabulary) -> Structure | None:
    """None for a lesion of several regions, and for one of a region that is no organ of the vocabulary."""
    organs = [vocabulary[region] for region in lesion.regions if region in vocabulary]
    return organs[0] if organs and len(lesion.regions) == 1 else None


def heart_groups(facts: Sequence[Evidence], model_id: str) -> list[MeasurementsAndQualitativeEvaluations]:
    """One for each ventricle that something is told of; facts of other organs, and those that have no code, are left out."""
    groups = []
    for ventricle, named in VENTRICLES.items():
        told = [Measurement(named[fact.what], fact.value, UNITS[fact.unit]) for fact in facts if fact.what in named]
        if told:
            group = MeasurementsAndQualitativeEvaluations(
                TrackingIdentifier(UID(), ventricle.meaning),
                finding_type=codes.SCT.AnatomicalStructure,
                finding_sites=[FindingSite(ventricle)],
                algorithm_id=_algorithm(model_id),
                measurements=told,
            )
            groups.append(group)
    return groups


def answer_group(answer: Classification) -> MeasurementsAndQualitativeEvaluations:
    """The probabilities of a head."""
    numbers = [
        Measurement(own_code(f"probability of {name}"), round(chance, 4), UNITS["1"])
        for name, chance in answer.probabilities.items()
    ]
    return MeasurementsAndQualitativeEvaluations(
        TrackingIdentifier(UID(), answer.head), finding_type=own_code(answer.title), measurements=numbers
    )


def _algorithm(model_id: str) -> AlgorithmIdentification:
    return AlgorithmIdentification("MRIFoundation", model_id or mrifoundation.__version__)
