"""Reading a scan from whatever a person has: one file, a DICOM folder, or a zip of either."""

import contextlib
import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation.volume.archive import gunzipped, unzipped
from mrifoundation.volume.content import Content, sniff
from mrifoundation.volume.dicom_series import Series, choose_series, find_series, read_series
from mrifoundation.volume.itk_image import read_itk_image
from mrifoundation.volume.nifti import read_nifti
from mrifoundation.volume.scan import Scan

_SUFFIXES = {
    "nifti": (".nii", ".nii.gz", ".hdr", ".img", ".img.gz"),
    "nrrd": (".nrrd", ".nhdr"),
    "metaimage": (".mha", ".mhd"),
}
_TITLES = {"nifti": "NIfTI", "nrrd": "NRRD", "metaimage": "MetaImage"}


def read_scan(path: str | os.PathLike, series: str | None = None) -> Scan:
    """Read one three-dimensional scan.

    path:   a NIfTI, NRRD or MHA/MHD file, a DICOM file or folder, or a zip of any of these. What the file really is
            decides, not its name. Of several DICOM series the one with most images is read (localizers last) and
            named in the notes.
    series: chooses another DICOM series by its UID or description (see `list_series`).
    Gives a Scan: float32 voxels [i, j, k], affine index → RAS mm; its notes say what had to be decided.
    Raises InputError, one plain sentence with the remedy, for anything that cannot be read.
    """
    path = _existing(path)
    with _in_words(path):
        return _read(path, scan_name(path), series, [])


def list_series(path: str | os.PathLike) -> list[Series]:
    """The DICOM series in a folder, a zip or around a file; most images first, localizers last; [] when there are none.

    Raises InputError when the path is not there or the archive cannot be unpacked.
    """
    path = _existing(path)
    with _in_words(path):
        if path.is_dir():
            return find_series(_files(path))
        kind = sniff(path).kind
        if kind == "zip":
            with unzipped(path, path.name) as folder:
                return find_series(_files(folder))
        return find_series(_files(path.parent)) if kind == "dicom" else []


def scan_name(path: Path) -> str:
    """The file's name without its image suffixes."""
    name = path.name
    for suffix in (".gz", ".zip", *(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)):
        name = name.removesuffix(suffix)
    return name or path.name


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Whatever a library trips over in a damaged file, the person gets a sentence."""
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(
            f"There is not enough memory to read '{path.name}'; close other programs or crop the scan."
        ) from error
    except PermissionError as error:
        raise InputError(f"'{path.name}' may not be read; change its permissions or copy it elsewhere.") from error
    except Exception as error:
        raise InputError(
            f"'{path.name}' could not be read; it is damaged or unusual: export it again as NIfTI."
        ) from error


def _read(path: Path, name: str, series: str | None, notes: list[str]) -> Scan:
    if path.is_dir():
        return _read_folder(path, name, series, notes)
    if path.name.endswith((".img", ".img.gz")):
        header = path.with_name(path.name.removesuffix(".gz").removesuffix(".img") + ".hdr")
        path = header if header.is_file() else path
    content = sniff(path)
    if not content.readable:
        raise _unreadable(path, content)
    if content.kind == "zip" and not content.gzipped:
        with unzipped(path, path.name) as folder:
            return _read_folder(folder, path.name, series, notes)
    if content.kind == "dicom" and not content.gzipped:
        return _read_dicom_file(path, series, notes)
    if series is not None:
        raise InputError(f"'{path.name}' is not DICOM, so it has no series to choose from; leave the series out.")
    return _read_image(path, content, name, notes)


def _read_image(path: Path, content: Content, name: str, notes: list[str]) -> Scan:
    _note_wrong_name(path, content, notes)
    if content.kind == "nifti":
        return read_nifti(path, name, notes)
    if content.gzipped:
        with gunzipped(path, path.name) as inflated:
            inner = sniff(inflated)
            if inner.gzipped or inner.kind not in _TITLES:
                raise InputError(f"'{path.name}' is a gzip around {_called(inner)}; unpack it first.")
            return read_itk_image(inflated, inner.kind, name, notes)
    return read_itk_image(path, content.kind, name, notes)


def _read_dicom_file(path: Path, series: str | None, notes: list[str]) -> Scan:
    """The whole series of a DICOM file, as far as it lies in the same folder."""
    own = find_series([path])
    if not own:
        raise InputError(
            f"'{path.name}' is DICOM but holds no image (perhaps a report or contours); give the image series."
        )
    found = find_series(_files(path.parent))
    if series is not None:
        return read_series(choose_series(found, series, notes), notes)
    whole = next(candidate for candidate in found if candidate.uid == own[0].uid)
    if whole.images > own[0].images:
        notes.append(f"The whole series of the file is read: {whole.images} images in its folder.")
    return read_series(whole, notes)


def _read_folder(folder: Path, name: str, series: str | None, notes: list[str]) -> Scan:
    found = find_series(_files(folder))
    if found:
        return read_series(choose_series(found, series, notes), notes)
    images = [
        path for path in _files(folder) if sniff(path).kind in _TITLES and not path.name.endswith((".img", ".img.gz"))
    ]
    if len(images) == 1:
        return _read(images[0], scan_name(images[0]), series, notes)
    if images:
        listed = ", ".join(f"'{path.name}'" for path in images[:4]) + (", …" if len(images) > 4 else "")
        raise InputError(f"'{name}' holds no DICOM but {len(images)} images ({listed}); give one of them.")
    raise InputError(
        f"'{name}' holds no DICOM images and no other scan; give a folder with one, or a NIfTI, NRRD or MHA file."
    )


def _files(folder: Path) -> Iterator[Path]:
    os.scandir(folder).close()  # a folder that may not be read is an error; os.walk would call it empty
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent) / name for name in sorted(names) if (Path(parent) / name).is_file())


def _existing(path: str | os.PathLike) -> Path:
    path = Path(path).expanduser()
    try:
        if path.is_dir() or path.is_file():
            return path
        if path.exists():
            raise InputError(f"'{path.name}' is neither a file nor a folder; give a scan.")
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError) as error:
        raise InputError(f"The path of the scan cannot be used ({type(error).__name__}); check it.") from error
    near = difflib.get_close_matches(path.name, names, n=1)
    remedy = f"did you mean '{near[0]}'?" if near else "check the path."
    raise InputError(f"There is no file or folder '{path}'; {remedy}")


def _unreadable(path: Path, content: Content) -> InputError:
    if content.kind == "empty":
        return InputError(f"'{path.name}' is empty (0 bytes); copy or download it again.")
    return InputError(f"'{path.name}' is {_called(content)}, not a scan; give a NIfTI, NRRD, MHA or DICOM file.")


def _called(content: Content) -> str:
    return {**_TITLES, "dicom": "DICOM", "zip": "a zip archive", "empty": "nothing"}.get(content.kind, content.kind)


def _note_wrong_name(path: Path, content: Content, notes: list[str]) -> None:
    name = path.name.lower()
    known = [suffix for suffixes in _SUFFIXES.values() for suffix in suffixes]
    if name.endswith(tuple(known)) and not name.endswith(_SUFFIXES.get(content.kind, ())):
        notes.append(f"The file is {_called(content)} despite its name.")
    elif name.endswith(".gz") and not content.gzipped:
        notes.append("The file is not compressed despite its name.")
