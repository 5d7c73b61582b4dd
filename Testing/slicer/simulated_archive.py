"""An archive for pictures that may be published: python Testing/slicer/simulated_archive.py FOLDER

Nine scans simulated from the MNI152 T1 average that the nilearn package carries: heads of other sizes, other contrasts, thick slices, a
part of the head. FOLDER/volumes.csv names them for `mrifoundation library add` and for `screenshot.py --library`.
"""

import csv
import importlib.util
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import gaussian_filter

# name, sequence, size of the head, contrast, blur (mm), every n-th slice, what it shows
SCANS = (
    ("T1 small head", "T1", 0.92, "as it is", 0.0, 1, "whole head"),
    ("T1 large head", "T1", 1.07, "as it is", 0.0, 1, "whole head"),
    ("T1 noisy", "T1", 1.0, "as it is", 0.5, 1, "whole head"),
    ("T1 thick slices", "T1", 1.0, "as it is", 0.0, 5, "whole head"),
    ("T1 upper head", "T1", 1.0, "as it is", 0.0, 1, "upper half"),
    ("T2-like", "T2", 1.0, "inverted", 0.0, 1, "whole head"),
    ("T2-like thick slices", "T2", 1.03, "inverted", 0.0, 5, "whole head"),
    ("FLAIR-like", "FLAIR", 1.0, "fluid dark", 0.5, 1, "whole head"),
    ("FLAIR-like small head", "FLAIR", 0.94, "fluid dark", 0.5, 4, "whole head"),
)


def mni() -> tuple[np.ndarray, np.ndarray]:
    """Voxels, 0 to 1, and affine of the average, 2 mm."""
    folder = Path(importlib.util.find_spec("nilearn").submodule_search_locations[0])
    [path] = folder.glob("datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
    image = nib.load(path)
    voxels = np.asarray(image.dataobj, np.float32)[::2, ::2, ::2]
    return np.clip(voxels / np.percentile(voxels, 99.8), 0, 1), image.affine @ np.diag([2.0, 2.0, 2.0, 1.0])


def recoloured(voxels: np.ndarray, contrast: str) -> np.ndarray:
    body = gaussian_filter(voxels, 1.0) > 0.08
    if contrast == "inverted":
        return np.where(body, 1.05 - voxels, 0.0)
    if contrast == "fluid dark":
        return np.where(body, np.interp(voxels, (0, 0.35, 0.6, 1.0), (0, 0.25, 0.9, 0.65)), 0.0)
    return voxels


def simulate(voxels: np.ndarray, affine: np.ndarray, scan: tuple, seed: int) -> nib.Nifti1Image:
    """One row of SCANS as an image, with noise of its own."""
    _, _, size, contrast, blur, every, shown = scan
    changed = recoloured(voxels, contrast)
    changed = gaussian_filter(changed, blur / 2) if blur else changed
    if every > 1:
        changed = gaussian_filter(changed, (0, 0, every / 2.4))[:, :, ::every]
    if shown == "upper half":
        changed, affine = (
            changed[:, :, 40:],
            affine @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 40], [0, 0, 0, 1.0]]),
        )
    noise = 0.03 * np.random.default_rng(seed).normal(size=(2, *changed.shape))
    changed = np.hypot(changed + noise[0], noise[1])  # Rician, as of a magnitude image
    grid = affine @ np.diag([size, size, size * every, 1.0])
    return nib.Nifti1Image((1000 * changed).astype(np.int16), grid)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    voxels, affine = mni()
    with open(folder / "volumes.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "subject", "region", "sequence", "path", "caption"))
        for seed, scan in enumerate(SCANS):
            path = f"simulated-{seed}.nii.gz"
            nib.save(simulate(voxels, affine, scan, seed), folder / path)
            rows.writerow(
                (scan[0], f"simulated {seed}", "brain", scan[1], path, "Simulated from the MNI152 T1 average.")
            )


if __name__ == "__main__":
    main()
