"""A small picture of a scan: three planes through the middle of what it shows."""

import io

import numpy as np
from PIL import Image

from mrifoundation.volume import Scan
from mrifoundation.volume.intensity import body_box, robust_range
from mrifoundation.volume.orientation import CanonicalAxes

SIDE = 112  # pixels of each plane


def thumbnail(scan: Scan) -> bytes:
    """A grey PNG of 3·SIDE × SIDE pixels: axial, coronal, sagittal, true proportions, the patient's right on the left."""
    axes = CanonicalAxes.of(scan.affine)
    image = axes.apply(scan.voxels)
    spacing = np.linalg.norm(axes.affine(scan.affine, scan.shape)[:3, :3], axis=0)
    box = body_box(image, spacing)
    image = image[box]
    low, high = robust_range(image)
    picture = Image.new("L", (3 * SIDE, SIDE))
    for number, (cut, across, up) in enumerate(((2, 0, 1), (1, 0, 2), (0, 1, 2))):
        middle = np.take(image, image.shape[cut] // 2, axis=cut)
        grey = np.clip((middle - low) / max(high - low, 1e-6), 0, 1)
        shown = np.ascontiguousarray((grey.T[::-1, ::-1] * 255).astype(np.uint8))
        _paste(picture, shown, (spacing[up], spacing[across]), number * SIDE)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def _paste(picture: Image.Image, shown: np.ndarray, spacing: tuple[float, float], left: int) -> None:
    millimetres = np.array(shown.shape) * spacing
    height, width = (max(1, round(float(mm))) for mm in millimetres * SIDE / millimetres.max())
    plane = Image.fromarray(shown).resize((width, height), Image.Resampling.BILINEAR)
    picture.paste(plane, (left + (SIDE - width) // 2, (SIDE - height) // 2))
