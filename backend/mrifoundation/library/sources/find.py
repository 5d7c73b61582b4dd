"""From what a person names to the items in it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation.library.sources.bids import find_bids
from mrifoundation.library.sources.files import find_files
from mrifoundation.library.sources.item import Found
from mrifoundation.library.sources.looking import Looking
from mrifoundation.library.sources.manifest import find_manifest
from mrifoundation.sendable import sendable

KINDS = ("auto", "files", "dicom", "bids", "manifest", "dicomweb")


def find_items(
    sources: Sequence[str], kind: str = "auto", within: Sequence[Path] | None = None, looking: Looking | None = None
) -> Found:
    """Every scan in the sources: paths of files, folders and manifests, or URLs of DICOMweb services.

    kind: one of KINDS. within: folders that files must lie in (symbolic links resolved); others are listed as bad. looking: hears
    how far it is, and may stop it. Raises InputError when a source is not there or not of its kind, Cancelled.
    """
    if kind not in KINDS:
        raise InputError(f"There is no kind of source '{kind}'; choose one of {', '.join(KINDS)}.")
    if not sources:
        raise InputError("There is nothing to add; name a file, a folder, a manifest or a DICOMweb address.")
    found, looking = Found(), looking or Looking()
    for source in sources:
        found.extend(_find(source, kind, within, looking))
    return _named_in_text(found if within is None else _kept_within(found, within, looking))


def _find(source: str, kind: str, within: Sequence[Path] | None, looking: Looking) -> Found:
    if source.startswith(("http://", "https://")):
        if kind not in ("auto", "dicomweb"):
            raise InputError(f"'{source}' is an address; leave the kind out or say dicomweb.")
        from mrifoundation.library.sources.dicomweb import find_dicomweb

        return find_dicomweb(source, looking)
    path = Path(source).expanduser().absolute()
    if kind == "dicomweb":
        raise InputError(f"'{source}' is no address; a DICOMweb service begins with http:// or https://.")
    if within is not None and not lies_within(path, within):
        raise InputError(f"'{source}' lies outside the folders this service may read; see MRIFOUNDATION_LIBRARY_ROOTS.")
    if not path.exists():
        raise InputError(f"There is no file or folder '{source}'; check the path.")
    return {"manifest": find_manifest, "bids": find_bids}.get(_kind(path, kind), find_files)(path, looking)


def _kind(path: Path, kind: str) -> str:
    if kind != "auto":
        return kind
    if path.is_file() and path.suffix.lower() in (".csv", ".tsv"):
        return "manifest"
    return "bids" if (path / "dataset_description.json").is_file() else "files"


def lies_within(path: Path, roots: Sequence[Path]) -> bool:
    """Whether a path, wherever its symbolic links lead, lies in one of some folders."""
    try:
        real = path.resolve()
    except RuntimeError:  # a link that leads to itself
        return False
    return any(real.is_relative_to(root.resolve()) for root in roots)


def _touched(place: Path) -> Iterator[Path]:
    """What reading may open: the file, or the files of a folder that are symbolic links, since others lie where the folder does."""
    yield place
    if place.is_dir():
        for parent, _, names in os.walk(place):
            yield from (path for path in (Path(parent) / name for name in names) if path.is_symlink())


def _kept_within(found: Found, roots: Sequence[Path], looking: Looking) -> Found:
    kept = Found(skipped=found.skipped, bad=list(found.bad))
    for number, item in enumerate(found.items, 1):
        looking.at(number, "scan", len(found.items))
        if all(lies_within(file, roots) for place in item.files for file in _touched(place)):
            kept.items.append(item)
        else:
            kept.bad.append((item.source, "It lies outside the folders this service may read."))
    return kept


def _named_in_text(found: Found) -> Found:
    """Names of files are bytes to some disks; no table can keep those that are no text, so what has one is listed as bad."""
    kept = Found(skipped=found.skipped, bad=[(sendable(source), sendable(reason)) for source, reason in found.bad])
    for item in found.items:
        if sendable(item.source) == item.source:
            kept.items.append(item)
        else:
            kept.bad.append((sendable(item.source), "Its name, or that of its folder, is not UTF-8; rename it."))
    return kept
