"""Image files and DICOM series of a folder tree, or one file."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicom_tree import find_dicom
from mrifoundation.library.sources.item import Found, Item, stamp_of
from mrifoundation.library.sources.looking import Looking
from mrifoundation.library.sources.wording import facts_of_text
from mrifoundation.volume import read_scan
from mrifoundation.volume.content import sniff
from mrifoundation.volume.reading import scan_name

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr")
_NOT_DICOM = (
    ".csv",
    ".tsv",
    ".json",
    ".txt",
    ".md",
    ".png",
    ".jpg",
    ".jpeg",
    ".pdf",
    ".html",
    ".xml",
    ".bval",
    ".bvec",
    ".py",
    ".img",
    ".raw",
)
_LABELS = re.compile(r"(?:^|[-_. ])(?:d?seg|segmentation|labels?|labelmap|mask|aseg|parc)(?:[-_. ]|$)", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:^|[/_\\])(sub-[A-Za-z0-9]+)")


def find_files(path: Path, looking: Looking) -> Found:
    """Every scan under `path`: NIfTI, NRRD and MHA by their names, DICOM by content. Label maps, told by their names, are counted as
    skipped."""
    if path.is_file():
        return _single(path, looking)
    found, dicom = Found(), defaultdict(list)
    for file in walk(path, found, looking):
        name = file.name.lower()
        if name.endswith(SUFFIXES):
            if _LABELS.search(scan_name(file)):
                found.skipped["label map"] += 1
            else:
                found.add(file, partial(image_item, file))
        elif not name.endswith(_NOT_DICOM) and _is_dicom(file, found):
            dicom[file.parent].append(file)
    found.extend(find_dicom(dicom, looking))
    return found


def image_item(file: Path) -> Item:
    """An image file, with what its name says."""
    subject = _SUBJECT.search(str(file))
    return Item(
        source=str(file),
        read=lambda: read_scan(file),
        stamp=stamp_of(file),
        name=scan_name(file),
        is_named_after_file=True,
        facts=facts_of_text(scan_name(file)),
        patient=subject[1] if subject else None,
        files=(file,),
    )


def walk(folder: Path, found: Found, looking: Looking) -> Iterator[Path]:
    """Files under a folder in a fixed order; hidden ones are left out, and folders in it that cannot be opened are listed as bad."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise InputError(
            f"The folder '{folder}' may not be read ({error.strerror}); change its permissions."
        ) from error
    number = 0
    for parent, folders, names in os.walk(folder, onerror=lambda error: found.miss(error.filename, error)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            number += 1
            looking.at(number, "file")
            yield Path(parent) / name


def _single(path: Path, looking: Looking) -> Found:
    found = Found()
    if not path.name.lower().endswith((*SUFFIXES, ".zip")) and _is_dicom(path, found):
        return find_dicom({path.parent: [path]}, looking)
    if not found.bad:
        found.add(path, partial(image_item, path))
    return found


def _is_dicom(file: Path, found: Found) -> bool:
    """Whether its content says so; a file that cannot be opened is listed as bad."""
    try:
        return sniff(file).kind == "dicom"
    except OSError as error:
        found.miss(file, error)
        return False
