"""Prostate cases in PI-CAI's own layout (Saha et al., 2022): a folder of images and the clinical marksheet.

images: <folder>/**/<patient>/<patient>_<study>_t2w.mha. marksheet: <folder>/**/marksheet.csv with patient_id, study_id and
case_csPCa (YES: clinically significant cancer, ISUP grade 2 or more).
"""

import csv
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.heads.example import Example, from_files
from mrifoundation_training.heads.reference_lesion import reference_lesion

CANCER, NO_CANCER = "significant prostate cancer", "no significant prostate cancer"
LABELS = {"YES": CANCER, "NO": NO_CANCER}


def picai_examples(folder: Path) -> list[Example]:
    """One a study of the marksheet whose T2 image is there. Raises InputError for another layout."""
    sheet = next(iter(sorted(folder.glob("**/marksheet.csv"))), None)
    images = {path.name.removesuffix("_t2w.mha"): path for path in folder.glob("**/*_t2w.mha")}
    if sheet is None or not images:
        raise InputError(
            f"'{folder}' is not laid out as PI-CAI is; it needs marksheet.csv and images named <patient>_<study>_t2w.mha."
        )
    try:
        with open(sheet, newline="", encoding="utf-8-sig") as file:
            rows = [
                (row["patient_id"], row["study_id"], row["case_csPCa"].strip().upper()) for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, AttributeError, UnicodeDecodeError) as error:
        raise InputError(f"'{sheet}' lacks {error}; give PI-CAI's own marksheet.") from error
    return [
        Example(
            f"{patient}_{study}", patient, LABELS[label], from_files(images[f"{patient}_{study}"]), "picai", "research"
        )
        for patient, study, label in rows
        if label in LABELS and f"{patient}_{study}" in images
    ]


def manifest_examples(cases: list[Case]) -> list[Example]:
    """Development studies of the prostate in the manifest, whose diagnosis tells the ISUP grade."""
    return [
        Example(
            case.id,
            case.subject,
            CANCER,
            from_files(case.image),
            case.source,
            case.tier,
            case.split,
            lesion=reference_lesion(case),
        )
        for case in cases
        if case.region == "prostate" and case.image and case.split == "dev" and "prostate cancer" in case.diagnosis
    ]
