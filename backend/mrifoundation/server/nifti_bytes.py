"""A scan as the bytes of a gzipped NIfTI file."""

import gzip

import nibabel as nib
import numpy as np

from mrifoundation.volume import Scan


def nifti_bytes(scan: Scan) -> bytes:
    """int16 where that is exact, else float32; sform and qform in scanner coordinates."""
    voxels = scan.voxels
    if voxels.min() >= -32768 and voxels.max() <= 32767 and np.array_equal(voxels, np.rint(voxels)):
        voxels = voxels.astype(np.int16)
    image = nib.Nifti1Image(voxels, scan.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(scan.affine, code=1)
    image.set_qform(scan.affine, code=1, strip_shears=True)
    return gzip.compress(image.to_bytes(), compresslevel=1)
