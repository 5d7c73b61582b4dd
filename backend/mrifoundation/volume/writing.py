"""Writing label maps in the formats that people open: NIfTI, NRRD (with segment names that 3D Slicer reads) and MHA."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume.itk_image import LPS_TO_RAS

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
_COMMENT = 6  # NIfTI extension code for plain text


def write_label_map(
    path: str | os.PathLike,
    labels: np.ndarray,
    affine: np.ndarray,
    names: Mapping[int, str] | None = None,
    fields: Mapping[int, Mapping[str, str]] | None = None,
) -> None:
    """Write an integer label map; the file appears whole or not at all.

    labels: integers [i, j, k], for NRRD also [i, j, k, layer]; stored as the smallest unsigned type that holds them.
    affine: index → RAS mm, 4×4.
    names:  value → structure name; kept in the file (NIfTI comment extension, NRRD segment fields, MHA SegmentNames).
    fields: value → more of 3D Slicer's segment fields (Color, Tags), for NRRD.
    Raises InputError when the suffix is unknown, the folder is missing or the labels are not non-negative integers.
    """
    path = Path(path).expanduser()
    suffix = next((known for known in SUFFIXES if path.name.lower().endswith(known)), None)
    if suffix is None:
        raise InputError(f"'{path.name}' cannot be written; end its name with one of {', '.join(SUFFIXES)}.")
    if not path.parent.is_dir():
        raise InputError(f"The folder '{path.parent}' does not exist; create it or choose another.")
    labels = _smallest_type(labels, path.name, (3, 4) if suffix == ".nrrd" else (3,))
    names = {int(value): str(name) for value, name in (names or {}).items()}
    described = _names_field(names) if suffix == ".mha" else _slicer_fields(labels, names, fields or {})
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
            draft = Path(folder) / f"labels{suffix}"
            if suffix.startswith(".nii"):
                _write_nifti(draft, labels, np.asarray(affine, dtype=np.float64), names)
            else:
                _write_itk(draft, labels, np.asarray(affine, dtype=np.float64), described)
            os.replace(draft, path)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"'{path}' could not be written; check that the disk has room and that you may write there."
        ) from error


def _smallest_type(labels: np.ndarray, name: str, axes: tuple[int, ...]) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim not in axes or labels.dtype.kind not in "bui":
        raise InputError(
            f"'{name}' needs labels that are integers on three axes, not {labels.dtype} of shape {labels.shape}."
        )
    if labels.size and labels.min() < 0:
        raise InputError(f"'{name}' needs labels that are not negative; the lowest is {labels.min()}.")
    return labels.astype(np.min_scalar_type(int(labels.max(initial=0))))


def _write_nifti(path: Path, labels: np.ndarray, affine: np.ndarray, names: dict[int, str]) -> None:
    image = nib.Nifti1Image(labels, affine)
    image.header.set_xyzt_units("mm")
    image.header.set_intent("label")
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1, strip_shears=True)
    if names:
        image.header.extensions.append(
            nib.nifti1.Nifti1Extension(_COMMENT, json.dumps(names, ensure_ascii=False).encode())
        )
    nib.save(image, path)


def _write_itk(path: Path, labels: np.ndarray, affine: np.ndarray, fields: dict[str, str]) -> None:
    layered = labels.ndim == 4
    voxels = np.moveaxis(labels.T, 0, -1) if layered else labels.T
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels), isVector=layered)
    lps = LPS_TO_RAS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    for key, value in fields.items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(path), useCompression=True)


def _slicer_fields(labels: np.ndarray, names: dict[int, str], more: Mapping[int, Mapping[str, str]]) -> dict[str, str]:
    """The fields by which 3D Slicer names segments (named .seg.nrrd, the file opens as a segmentation there)."""
    extent = " ".join(f"0 {size - 1}" for size in labels.shape[:3])
    fields = {}
    for index, (value, name) in enumerate(sorted(names.items())):
        segment = {"ID": f"Segment_{value}", "Name": name, "LabelValue": str(value), "Layer": "0", "Extent": extent}
        segment |= more.get(value, {})
        fields |= {f"Segment{index}_{key}": text for key, text in segment.items()}
    return fields


def _names_field(names: dict[int, str]) -> dict[str, str]:
    return {"SegmentNames": json.dumps(names, ensure_ascii=False)} if names else {}
