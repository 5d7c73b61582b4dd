"""Reading NRRD and MetaImage (MHA, MHD) with SimpleITK."""

import re
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import check_size
from mrifoundation.volume.quiet import quiet_libraries
from mrifoundation.volume.scan import Scan
from mrifoundation.volume.voxel_values import finite_float32, luminance

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_IMAGE_IO = {"nrrd": "NrrdImageIO", "metaimage": "MetaImageIO"}
_TITLE = {"nrrd": "NRRD", "metaimage": "MetaImage"}
_SEPARATE_DATA = re.compile(rb"^(?:data ?file|ElementDataFile)\s*[:=]\s*(.+?)\s*$", re.MULTILINE | re.IGNORECASE)


def read_itk_image(path: Path, kind: str, name: str, notes: list[str]) -> Scan:
    """Read an NRRD ("nrrd") or MHA/MHD ("metaimage") file as a Scan [i, j, k]; ITK's LPS becomes RAS.

    Raises InputError when the file is damaged, too large, or keeps its voxels in a file outside its own folder.
    """
    _check_separate_data(path, name)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(_IMAGE_IO[kind])
    try:
        with quiet_libraries():
            reader.ReadImageInformation()
        _check_dimensions(reader, reader.GetSize(), name, notes)
        with quiet_libraries():
            image = reader.Execute()
    except RuntimeError as error:
        raise _in_words(error, kind, name) from error
    if kind == "nrrd" and "NRRD_space" not in reader.GetMetaDataKeys():
        notes.append(
            "The file stores no orientation, so left and right may be swapped; check it before you rely on a side."
        )
    voxels = finite_float32(_scalar(image, notes), name, notes)
    return Scan(voxels, itk_affine(image), name, tuple(notes))


def itk_affine(image: sitk.Image) -> np.ndarray:
    """Voxel index → RAS mm, float64 4×4, of a 2-D or 3-D SimpleITK image (a 2-D one gets 1 mm along its third axis)."""
    dimension = image.GetDimension()
    lps = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(dimension, dimension)
    lps[:dimension, :dimension] = direction * np.array(image.GetSpacing())
    lps[:dimension, 3] = image.GetOrigin()
    return LPS_TO_RAS @ lps


def _check_dimensions(reader: sitk.ImageFileReader, size: tuple[int, ...], name: str, notes: list[str]) -> None:
    if not 2 <= len(size) <= 4:
        raise InputError(f"'{name}' has {len(size)} dimensions; save one three-dimensional image of it.")
    if len(size) == 4:
        # ITK collapses an axis of extent 0, so only the first time point is kept.
        reader.SetExtractSize([*size[:3], 0])
        if size[3] > 1:
            notes.append(f"4-D file with {size[3]} volumes: the first time point is used.")
    components = reader.GetNumberOfComponents()
    bits = re.search(r"(\d+)-bit", sitk.GetPixelIDValueAsString(reader.GetPixelID()))
    check_size(size[:3], components * (int(bits.group(1)) // 8 if bits else 8), name)


def _scalar(image: sitk.Image, notes: list[str]) -> np.ndarray:
    """[i, j, k] values of one component a voxel."""
    array = sitk.GetArrayViewFromImage(image)
    components = image.GetNumberOfComponentsPerPixel()
    if components in (3, 4) and image.GetPixelID() == sitk.sitkVectorUInt8:
        array = luminance(array, notes)
    elif components > 1:
        notes.append(f"The file holds {components} values a voxel: the first one is used.")
        array = array[..., 0]
    array = array.T
    return array[:, :, None] if array.ndim == 2 else array


def _check_separate_data(path: Path, name: str) -> None:
    """A header may name another file for its voxels; only one in the same folder is opened."""
    with open(path, "rb") as file:
        head = file.read(1 << 16).split(b"\n\n")[0]
    for match in _SEPARATE_DATA.finditer(head):
        target = match.group(1).decode("utf-8", "replace").strip()
        if target.upper() == "LOCAL":
            continue
        if target.upper().startswith(("LIST", "SKIPLIST")) or "%" in target:
            raise InputError(f"'{name}' keeps its voxels in several files; save it as a single file.")
        inside = (path.parent / target).resolve().parent.is_relative_to(path.parent.resolve())
        if not inside:
            raise InputError(f"'{name}' keeps its voxels in a file outside its own folder; save it as a single file.")
        if not (path.parent / target).is_file():
            raise InputError(
                f"'{name}' is only a header and its voxel file is missing; put '{Path(target).name}' beside it."
            )


def _in_words(error: RuntimeError, kind: str, name: str) -> InputError:
    reason = str(error).lower()
    if "spacing" in reason or "direction" in reason or "determinant" in reason:
        return InputError(
            f"'{name}' states a voxel size or direction that cannot be; set its spacing and save it again."
        )
    return InputError(
        f"'{name}' could not be read as {_TITLE[kind]}: it is damaged or ends early; copy or export it again."
    )
