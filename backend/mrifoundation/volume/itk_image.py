"""Reading NRRD and MetaImage (MHA, MHD) with SimpleITK."""

import math
import re
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import UNPACKED_BUDGET, check_size
from mrifoundation.volume.quiet import quiet_libraries
from mrifoundation.volume.scan import Scan
from mrifoundation.volume.text_header import check_text_header
from mrifoundation.volume.voxel_values import finite_float32, luminance

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
IMAGE_IO = {"nrrd": "NrrdImageIO", "metaimage": "MetaImageIO"}
_TITLE = {"nrrd": "NRRD", "metaimage": "MetaImage"}


def read_itk_image(path: Path, kind: str, name: str, notes: list[str]) -> Scan:
    """Read an NRRD ("nrrd") or MHA/MHD ("metaimage") file as a Scan [i, j, k]; ITK's LPS becomes RAS.

    Raises InputError when the file is damaged, too large, or keeps its voxels in a file outside its own folder.
    """
    check_text_header(path, kind, name)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(IMAGE_IO[kind])
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
    components = reader.GetNumberOfComponents()
    bits = re.search(r"(\d+)-bit", sitk.GetPixelIDValueAsString(reader.GetPixelID()))
    bytes_per_voxel = components * (int(bits.group(1)) // 8 if bits else 8)
    check_size(size[:3], bytes_per_voxel, name)
    if len(size) == 4:
        _check_series(size, bytes_per_voxel, name)
        # ITK collapses an axis of extent 0, so only the first time point is kept.
        reader.SetExtractSize([*size[:3], 0])
        if size[3] > 1:
            notes.append(f"4-D file with {size[3]} volumes: the first time point is used.")


def _check_series(size: tuple[int, ...], bytes_per_voxel: int, name: str) -> None:
    """ITK reads all time points before it keeps one."""
    if math.prod(size) * bytes_per_voxel > UNPACKED_BUDGET:
        raise InputError(
            f"'{name}' says it holds {size[3]} volumes, more than {UNPACKED_BUDGET / 2**30:.0f} GiB together; save one of them."
        )


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


def _in_words(error: RuntimeError, kind: str, name: str) -> InputError:
    reason = str(error).lower()
    if "spacing" in reason or "direction" in reason or "determinant" in reason:
        return InputError(
            f"'{name}' states a voxel size or direction that cannot be; set its spacing and save it again."
        )
    return InputError(
        f"'{name}' could not be read as {_TITLE[kind]}: it is damaged or ends early; copy or export it again."
    )
