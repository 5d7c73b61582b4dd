"""A BIDS data set: participants.tsv, sidecars and the names of its raw scans."""

import re
from functools import partial
from pathlib import Path
from typing import Any

from mrifoundation.errors import InputError
from mrifoundation.library.case import known_facts
from mrifoundation.library.sources.files import walk
from mrifoundation.library.sources.item import Found, Item, stamp_of
from mrifoundation.library.sources.looking import Looking
from mrifoundation.library.sources.tables import read_json_object, read_table
from mrifoundation.library.sources.wording import age_of, facts_of_text, sex_of
from mrifoundation.volume import read_scan

SEQUENCES = {
    "T1w": "T1", "T2w": "T2", "PDw": "PD", "FLAIR": "FLAIR", "T2starw": "T2*", "angio": "MRA", "bold": "fMRI", "dwi": "DWI", "swi": "SWI",
    "asl": "perfusion", "inplaneT1": "T1", "inplaneT2": "T2", "MESE": "T2", "cine": "cine",
}  # fmt: skip
_NOT_RAW = ("derivatives", "sourcedata", "code")


def find_bids(folder: Path, looking: Looking) -> Found:
    """Every raw scan `sub-*/[ses-*/]…`; of derivatives, which are counted as skipped, nothing is taken in."""
    people = _participants(folder)
    found = Found()
    for file in walk(folder, found, looking):
        if not file.name.endswith((".nii.gz", ".nii")):
            continue
        inside = file.relative_to(folder)
        subject = re.match(r"sub-[A-Za-z0-9]+", inside.parts[0])
        if inside.parts[0] in _NOT_RAW or subject is None:
            found.skipped["derived series"] += 1
        else:
            found.add(file, partial(_item, folder, file, subject[0], people.get(subject[0], {})))
    return found


def _item(folder: Path, file: Path, subject: str, person: dict[str, str]) -> Item:
    stem = file.name.removesuffix(".gz").removesuffix(".nii")
    sidecar = _sidecar(folder, file, stem)
    caption = str(sidecar.get("SeriesDescription") or "")
    return Item(
        source=str(file),
        read=lambda: read_scan(file),
        stamp=stamp_of(file),
        name=stem,
        is_named_after_file=True,
        facts=_facts(stem, sidecar, person),
        patient=subject,
        caption=caption,
        files=(file,),
    )


def _facts(stem: str, sidecar: dict[str, Any], person: dict[str, str]) -> dict[str, Any]:
    entities = dict(part.split("-", 1) for part in stem.split("_") if "-" in part)
    suffix = stem.rsplit("_", 1)[-1]
    words = facts_of_text(
        f"{sidecar.get('BodyPartExamined') or ''} {sidecar.get('BodyPart') or ''} {entities.get('acq', '')}"
    )
    contrast = bool(entities.get("ce") or sidecar.get("ContrastBolusIngredient"))
    sequence = SEQUENCES.get(suffix, words.get("sequence"))
    return known_facts(
        {
            "region": words.get("region"),
            "sequence": "T1c" if sequence == "T1" and contrast else sequence,
            "contrast": True if contrast else None,
            "age": age_of(person.get("age") or sidecar.get("PatientAge")),
            "sex": sex_of(person.get("sex") or person.get("gender") or sidecar.get("PatientSex")),
            "diagnosis": next((person[key] for key in ("diagnosis", "group", "dx") if person.get(key)), None),
        }
    )


def _participants(folder: Path) -> dict[str, dict[str, str]]:
    table = folder / "participants.tsv"
    try:
        rows = read_table(table) if _of_dataset(folder, table) else []
    except InputError:
        rows = []
    return {row.get("participant_id") or "": row for row in rows}


def _sidecar(folder: Path, file: Path, stem: str) -> dict[str, Any]:
    """What JSON files say of a scan; one nearer to it wins (the inheritance principle of BIDS)."""
    own, merged = set(stem.split("_")), {}
    places = [folder, *(folder / part for part in list(file.relative_to(folder).parents)[-2::-1])]
    for place in places:
        for path in sorted(place.glob("*.json")):
            parts = path.stem.split("_")
            if parts[-1] == stem.rsplit("_", 1)[-1] and set(parts) <= own and _of_dataset(folder, path):
                merged |= read_json_object(path)
    return merged


def _of_dataset(folder: Path, path: Path) -> bool:
    """Whether a file lies in the dataset, wherever symbolic links lead (those of git-annex stay inside)."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except RuntimeError:  # a link that leads to itself
        return False
