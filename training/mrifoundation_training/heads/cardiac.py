"""Cardiac cases: end-diastole and end-systole of a patient, from a manifest's rows or from a folder in ACDC's own layout."""

from collections import defaultdict
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.heads.example import Example, from_files

# ACDC's names of its groups, and how a manifest calls the same.
GROUPS = {
    "NOR": "normal",
    "MINF": "myocardial infarction",
    "DCM": "dilated cardiomyopathy",
    "HCM": "hypertrophic cardiomyopathy",
    "RV": "abnormal right ventricle",
}
CLASSES = tuple(GROUPS.values())
DIAGNOSES = {
    "healthy": "normal",
    "myocardial infarction with reduced ejection fraction": "myocardial infarction",
    "dilated cardiomyopathy": "dilated cardiomyopathy",
    "hypertrophic cardiomyopathy": "hypertrophic cardiomyopathy",
    "abnormal right ventricle": "abnormal right ventricle",
}


def cardiac_examples(cases: list[Case]) -> list[Example]:
    """One a patient whose rows end in _ED and _ES and tell a diagnosis of one of the five groups."""
    phases: dict[str, dict[str, Case]] = defaultdict(dict)
    for case in cases:
        if case.region == "heart" and case.image and case.id.endswith(("_ED", "_ES")):
            phases[case.subject][case.id[-2:]] = case
    examples = []
    for patient, pair in sorted(phases.items()):
        label = DIAGNOSES.get(next(iter(pair.values())).diagnosis)
        if len(pair) == 2 and label:
            first = pair["ED"]
            read = from_files(first.image, pair["ES"].image)
            labels = tuple(one.labels for one in (first, pair["ES"]) if one.labels)
            known = {"labels": labels, "table": first.table} if len(labels) == 2 else {}
            examples.append(Example(patient, patient, label, read, first.source, first.tier, first.split, **known))
    return examples


def acdc_examples(folder: Path) -> list[Example]:
    """Patients of a folder in ACDC's layout: patient001/Info.cfg, patient001_frame01.nii.gz … Raises InputError for another one."""
    examples = [_acdc_patient(info) for info in sorted(folder.glob("**/patient*/Info.cfg"))]
    if not examples:
        raise InputError(f"'{folder}' is not laid out as ACDC is; it needs patient folders with an Info.cfg each.")
    return examples


def _acdc_patient(info: Path) -> Example:
    try:
        pairs = (line.split(":", 1) for line in info.read_text(encoding="utf-8").splitlines() if ":" in line)
        told = {key.strip(): value.strip() for key, value in pairs}
        frames = [_frame(info.parent, int(told[phase])) for phase in ("ED", "ES")]
        return Example(
            info.parent.name, info.parent.name, GROUPS[told["Group"]], from_files(*frames), "acdc", "research"
        )
    except (KeyError, ValueError, OSError) as error:
        raise InputError(f"'{info}' cannot be used ({error}); it must tell ED, ES and Group as ACDC does.") from error


def _frame(folder: Path, number: int) -> Path:
    for suffix in (".nii.gz", ".nii"):
        path = folder / f"{folder.name}_frame{number:02d}{suffix}"
        if path.is_file():
            return path
    raise InputError(f"There is no frame {number} in '{folder}'; copy all of ACDC's files.")
