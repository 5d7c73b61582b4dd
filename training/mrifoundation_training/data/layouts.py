"""A user's own data in the layouts that labs already have: nnU-Net raw datasets, BIDS derivatives and DICOM trees, as manifest rows."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation.library.sources.bids import SEQUENCES
from mrifoundation_training.data.dicom_tree import read_dicom_tree
from mrifoundation_training.data.manifest import Case, check_ids, read_manifest, read_shards
from mrifoundation_training.data.structure_names import canonical

IMAGE_SUFFIXES = (".nii.gz", ".nii")
NNUNET_FIRST = "_0000"  # ends the name of the file of a scan's first channel
NNUNET_IGNORE = "ignore"  # what nnU-Net calls voxels that nobody labelled


def read_cases(path: Path | str, region: str = "unknown") -> list[Case]:
    """Cases from a manifest CSV, an nnU-Net raw dataset folder (dataset.json, imagesTr, labelsTr), a BIDS dataset folder
    (derivatives/…/*_dseg.nii.gz with its *_dseg.tsv), a folder of DICOM series with SEG or RTSTRUCT files that refer to them, or shards
    (a folder, s3:// …). Raises InputError when it is none of these.

    region: where the scans were taken, for layouts that do not say; of "unknown" nothing is called out of view, and nothing without
    labels is labelled by the student–teacher stage.
    """
    if "://" in str(path):
        return read_shards(path)
    path = Path(path)
    if (path / "index.csv").is_file() or (path.name == "index.csv" and (path.parent / "shards").is_dir()):
        return read_shards(path)
    if path.is_file():
        return read_manifest(path, region)
    if (path / "dataset.json").is_file() and (path / "labelsTr").is_dir():
        return read_nnunet(path, region)
    if (path / "dataset_description.json").is_file():
        return read_bids(path, region)
    if path.is_dir() and (cases := read_dicom_tree(path, region)):
        return cases
    raise InputError(
        f"{path} is neither a manifest CSV nor an nnU-Net (dataset.json, labelsTr), BIDS (dataset_description.json) or sharded "
        "(index.csv) folder, and holds no DICOM series of MR images."
    )


def read_nnunet(folder: Path, region: str = "unknown") -> list[Case]:
    """One case a label file; of several channels the first (_0000) is the image. Scans without labels are cases too, and those of imagesTs
    that labelsTs labels are of split dev. Labels made of several values (regions) are refused; so is a case with voxels to be ignored,
    once it is read."""
    try:
        labels = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["labels"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{folder / 'dataset.json'} has no readable 'labels'; nnU-Net's format version 2 names them there."
        ) from error
    if any(isinstance(value, list) for value in labels.values()):
        raise InputError(
            f"{folder} trains on regions (labels made of several values); give one value to each structure."
        )
    unjudged = labels.pop(NNUNET_IGNORE, None)
    table = {int(value): canonical(name) for name, value in labels.items() if int(value) > 0}
    labelled = [_nnunet_case(file, folder / "imagesTr", table, region) for file in _files(folder / "labelsTr")]
    tests = [_nnunet_test(file, folder / "imagesTs", table, region) for file in _files(folder / "labelsTs")]
    cases = [replace(case, unjudged=unjudged) for case in labelled + tests]
    seen = {case.image for case in cases}
    cases += [
        _nnunet_bare(file, region)
        for part in ("imagesTr", "imagesTs")
        for file in _firsts(folder / part)
        if file not in seen
    ]
    check_ids(cases, str(folder / "labelsTr"), "a file name")
    return cases


def _nnunet_case(file: Path, images: Path, table: dict[int, str], region: str) -> Case:
    stem = _stem(file)
    candidates = [images / f"{stem}{NNUNET_FIRST}{suffix}" for suffix in IMAGE_SUFFIXES]
    image = next((i for i in candidates if i.is_file()), None)
    if image is None:
        raise InputError(f"{file} has no image {candidates[0].name} in {images.name}; add it or remove the labels.")
    return Case(stem, stem, images.parent.name, region, image, file, table)


def _nnunet_test(file: Path, images: Path, table: dict[int, str], region: str) -> Case:
    case = _nnunet_case(file, images, table, region)
    return replace(case, id=_name_among(images, case.id), split="dev")


def _nnunet_bare(image: Path, region: str) -> Case:
    stem = _stem(image).removesuffix(NNUNET_FIRST)
    return Case(_name_among(image.parent, stem), stem, image.parents[1].name, region, image, None, {})


def _name_among(images: Path, stem: str) -> str:
    """A name that no case of imagesTr has: nothing keeps the test scans from being counted from 1 as well."""
    return stem if images.name == "imagesTr" else f"{images.name}-{stem}"


def _firsts(images: Path) -> list[Path]:
    """Of each scan the file of its first channel."""
    return [file for file in _files(images) if _stem(file).endswith(NNUNET_FIRST)]


def _files(folder: Path) -> list[Path]:
    """NIfTI files of a folder that need not be there."""
    return [file for file in sorted(folder.iterdir()) if _stem(file)] if folder.is_dir() else []


def read_bids(folder: Path, region: str = "unknown") -> list[Case]:
    """One case a discrete segmentation (*_dseg.nii.gz) of the derivatives; its image is the raw scan of the same subject whose name
    shares its entities. The label table is the *_dseg.tsv beside it, or one higher up (BIDS inheritance). Anatomical scans that nobody
    labelled are cases too."""
    cases = []
    for labels in sorted(folder.glob("derivatives/**/*_dseg.nii*")):
        image = _bids_image(folder, labels)
        subject = re.search(r"sub-[A-Za-z0-9]+", labels.name)
        if image is None or subject is None:
            raise InputError(
                f"{labels} has no raw image of the same subject; name both by BIDS entities (sub-…, ses-…)."
            )
        # Two pipelines may have labelled one scan, in files of one name.
        name = f"{labels.relative_to(folder / 'derivatives').parts[0]}-{_stem(labels)}"
        cases.append(Case(name, subject[0], folder.name, region, image, labels, _bids_table(folder, labels)))
    if not cases:
        raise InputError(
            f"{folder} holds no *_dseg.nii.gz under derivatives/; only labelled scans can be learned from."
        )
    seen = {case.image for case in cases}
    cases += [_bids_bare(file, folder, region) for file in _bids_anatomy(folder) if file not in seen]
    check_ids(cases, str(folder), "a file name")
    return cases


def _bids_anatomy(folder: Path) -> list[Path]:
    """Raw anatomical scans; masks and maps lie beside them."""
    files = [file for place in sorted(folder.glob("sub-*/**/anat")) for file in _files(place)]
    return [file for file in files if _stem(file).rsplit("_", 1)[-1] in SEQUENCES]


def _bids_bare(image: Path, folder: Path, region: str) -> Case:
    stem = _stem(image)
    sequence = SEQUENCES[stem.rsplit("_", 1)[-1]]
    return Case(stem, stem.split("_")[0], folder.name, region, image, None, {}, sequence=sequence)


def _bids_image(folder: Path, labels: Path) -> Path | None:
    entities = dict(part.split("-", 1) for part in _stem(labels).split("_") if "-" in part)
    wanted = {f"{key}-{value}" for key, value in entities.items() if key in ("sub", "ses", "acq", "run")}
    candidates = [
        f for f in folder.glob(f"sub-{entities.get('sub', '')}/**/*.nii*") if wanted <= set(_stem(f).split("_"))
    ]
    return min(
        candidates, key=lambda f: (not f.name.endswith(("_T1w.nii.gz", "_T1w.nii")), len(f.name), f.name), default=None
    )


def _bids_table(folder: Path, labels: Path) -> dict[int, str]:
    place = labels.parent
    own = place / (_stem(labels) + ".tsv")
    while True:
        table = own if own.is_file() else next(iter(sorted(place.glob("*dseg.tsv"))), None)
        if table is not None:
            break
        if place == folder:
            raise InputError(
                f"{labels} has no *_dseg.tsv that names its label values; BIDS wants the columns index and name."
            )
        place = place.parent
    with open(table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    try:
        return {int(row["index"]): canonical(row["name"]) for row in rows if int(row["index"]) > 0}
    except (KeyError, ValueError) as error:
        raise InputError(f"{table} needs the columns index (a number) and name.") from error


def _stem(file: Path) -> str:
    """File name without its NIfTI suffix; empty for other files."""
    return next((file.name.removesuffix(s) for s in IMAGE_SUFFIXES if file.name.endswith(s)), "")
