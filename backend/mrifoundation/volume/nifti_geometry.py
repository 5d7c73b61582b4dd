"""Where a NIfTI image lies: choosing among sform, qform and bare voxel sizes, and saying so when they are doubtful."""

import itertools

import nibabel as nib
import numpy as np

from mrifoundation.errors import InputError

_UNIT_IN_MM = {"meter": 1000.0, "micron": 0.001}


def nifti_affine(header: nib.Nifti1Header, shape: tuple[int, int, int], name: str, notes: list[str]) -> np.ndarray:
    """Voxel index → RAS mm, float64 4×4, of a NIfTI-1 or NIfTI-2 header whose image has this shape.

    The sform wins, then the qform, then the voxel sizes alone (noted: left and right are then a guess).
    Raises InputError when a voxel size that is needed is zero, infinite or not a number.
    """
    sform = _usable(header.get_sform(coded=True)[0])
    if sform is None and int(header["sform_code"]) > 0:
        notes.append("The file's sform cannot be inverted and is ignored.")
    if sform is not None:
        qform = _quiet_qform(header)
        if qform is not None:
            _note_disagreement(sform, qform, shape, notes)
        affine = sform
    else:
        affine = _affine_from_voxel_sizes(header, shape, name, notes)
    return _in_millimetres(affine, header, notes)


def _affine_from_voxel_sizes(header, shape, name, notes) -> np.ndarray:
    header = header.copy()
    header["pixdim"][1:4] = _repaired_voxel_sizes(header, shape, name, notes)
    if int(header["qform_code"]) > 0:
        qform = _quiet_qform(header)
        if qform is not None:
            return qform
        notes.append("The file's qform cannot be inverted and is ignored.")
    notes.append(
        "The file stores no orientation, so left and right may be swapped; check it before you rely on a side."
    )
    header.set_data_shape(shape)
    return header.get_base_affine()


def _repaired_voxel_sizes(header, shape, name, notes) -> np.ndarray:
    sizes = np.array(header["pixdim"][1:4], dtype=np.float64)
    if (sizes < 0).any():
        notes.append("Negative voxel sizes in the header were read as positive.")
        sizes = np.abs(sizes)
    for axis in range(3):
        if np.isfinite(sizes[axis]) and sizes[axis] > 0:
            continue
        if shape[axis] > 1:
            raise InputError(
                f"'{name}' states a voxel size of {sizes[axis]:g} mm along axis {axis + 1}; "
                "set the true spacing (for instance in 3D Slicer's Volumes module) and save it again."
            )
        sizes[axis] = 1.0
        notes.append("The thickness of the single slice is not stored; 1 mm is assumed.")
    return sizes


def _quiet_qform(header) -> np.ndarray | None:
    if int(header["qform_code"]) <= 0:
        return None
    try:
        return _usable(header.get_qform())
    except (ValueError, nib.spatialimages.HeaderDataError):
        return None


def _usable(affine: np.ndarray | None) -> np.ndarray | None:
    if affine is None or not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        return None
    return np.asarray(affine, dtype=np.float64)


def _note_disagreement(sform, qform, shape, notes) -> None:
    corners = np.array([[*corner, 1.0] for corner in itertools.product(*[(0, extent - 1) for extent in shape])])
    distance = float(np.linalg.norm((corners @ (sform - qform).T)[:, :3], axis=1).max())
    mirrored = np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0
    if mirrored:
        notes.append(
            "The file's sform and qform mirror each other, so left and right may be swapped; the sform is used."
        )
    elif distance > 0.5:
        notes.append(f"The file's sform and qform disagree by up to {distance:.1f} mm; the sform is used.")


def _in_millimetres(affine, header, notes) -> np.ndarray:
    try:
        unit = header.get_xyzt_units()[0]
    except KeyError:
        return affine
    if unit not in _UNIT_IN_MM:
        return affine
    notes.append(f"The header gives lengths in {unit}s; they were converted to millimetres.")
    return np.diag([_UNIT_IN_MM[unit]] * 3 + [1.0]) @ affine
