"""A picture of a segmentation: three planes through the structures, their outlines, and a legend with millilitres."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage.measure import find_contours

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.tasks.colours import Colour, row_colours
from mrifoundation.volume import Scan
from mrifoundation.volume.intensity import robust_range
from mrifoundation.volume.orientation import CanonicalAxes

PANEL = 420  # pixels a side
GAP, TITLE, LINE, FOOT = 8, 26, 22, 44
COLUMNS = 3
BACKGROUND, TEXT, FAINT = (16, 18, 22), (235, 235, 235), (150, 155, 165)

# For each plane: title, the axis it is cut along, the array axes of its columns and rows, the letters at its left and
# right.
PLANES = (("Axial", 2, (0, 1), "RL"), ("Coronal", 1, (0, 2), "RL"), ("Sagittal", 0, (1, 2), "AP"))


@dataclass(frozen=True)
class Plane:
    """One slice as it is shown: rows from top to bottom, columns from left to right, mm per pixel of either."""

    title: str
    letters: str
    image: np.ndarray
    labels: np.ndarray
    spacing: tuple[float, float]  # of rows, of columns


def write_overlay(path: Path, scan: Scan, labels: np.ndarray, table: Sequence[dict], vocabulary: Vocabulary) -> None:
    """Write a PNG to `path`. labels: [i, j, k] on the scan's grid. Raises InputError when the file cannot be
    written."""
    try:
        draw_overlay(scan, labels, table, vocabulary).save(path, format="PNG")
    except OSError as error:
        raise InputError(f"'{path}' could not be written ({error.strerror or error}); choose another place.") from error


def draw_overlay(scan: Scan, labels: np.ndarray, table: Sequence[dict], vocabulary: Vocabulary) -> Image.Image:
    """The picture: axial, coronal and sagittal plane in radiological convention (the patient's right is on the
    left)."""
    colours = row_colours(table, vocabulary)
    legend_lines = -(-len(table) // COLUMNS)
    width = 3 * PANEL + 4 * GAP
    height = TITLE + PANEL + 2 * GAP + legend_lines * LINE + FOOT
    picture = Image.new("RGB", (width, height), BACKGROUND)
    for number, plane in enumerate(_planes(scan, labels)):
        _draw_plane(picture, plane, GAP + number * (PANEL + GAP), colours)
    _draw_legend(picture, table, colours, TITLE + PANEL + GAP)
    note = "Radiological convention: the patient's right is on the left. Research use only; not for clinical decisions."
    ImageDraw.Draw(picture).text((GAP, height - FOOT + 14), note, FAINT, _font(14))
    return picture


def _planes(scan: Scan, labels: np.ndarray) -> list[Plane]:
    axes = CanonicalAxes.of(scan.affine)
    image, marked = axes.apply(scan.voxels), axes.apply(labels)
    spacing = np.linalg.norm(axes.affine(scan.affine, scan.shape)[:3, :3], axis=0)
    low, high = robust_range(image)
    centre = _best_slices(marked)
    planes = []
    for title, axis, (across, up), letters in PLANES:
        index = tuple(centre[axis] if a == axis else slice(None) for a in range(3))
        grey = np.clip((image[index] - low) / max(high - low, 1e-6), 0, 1)
        # Rows from top down, columns from the patient's right (axial, coronal) or front (sagittal): both flip an axis
        # that grows to the patient's right, the front and upward.
        shown = [np.ascontiguousarray(values.T[::-1, ::-1]) for values in (grey, marked[index])]
        planes.append(Plane(title, letters, *shown, (float(spacing[up]), float(spacing[across]))))
    return planes


def _best_slices(marked: np.ndarray) -> list[int]:
    """On each axis the slice nearest the labels' centre that shows most structures; the middle where there are none."""
    if not marked.any():
        return [n // 2 for n in marked.shape]
    best = []
    values = [v for v in np.unique(marked) if v]
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        shown = sum((marked == value).any(axis=others).astype(int) for value in values)
        amount = (marked > 0).sum(axis=others)
        centre = float(amount @ np.arange(len(amount))) / amount.sum()
        distance = np.abs(np.arange(len(amount)) - centre) / len(amount)
        best.append(int(np.argmax(shown - distance)))
    return best


def _draw_plane(picture: Image.Image, plane: Plane, left: int, colours: list[Colour]) -> None:
    rows, columns = plane.image.shape
    size_mm = (rows * plane.spacing[0], columns * plane.spacing[1])
    scale = PANEL / max(size_mm)
    height, width = (max(1, round(mm * scale)) for mm in size_mm)
    x0, y0 = left + (PANEL - width) // 2, TITLE + (PANEL - height) // 2
    grey = Image.fromarray((plane.image * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BILINEAR)
    picture.paste(grey.convert("RGB"), (x0, y0))
    draw = ImageDraw.Draw(picture)
    for value, colour in enumerate(colours, start=1):
        for line in find_contours(np.pad(plane.labels == value, 1).astype(np.float32), 0.5):
            # Array index n is the centre of its pixel; one row and column of padding was added.
            points = [((c - 0.5) / columns * width + x0, (r - 0.5) / rows * height + y0) for r, c in line]
            draw.line(points, fill=colour, width=2, joint="curve")
    draw.text((left, 4), plane.title, TEXT, _font(16))
    for letter, x, anchor in ((plane.letters[0], left + 4, "lm"), (plane.letters[1], left + PANEL - 4, "rm")):
        draw.text(
            (x, TITLE + PANEL // 2), letter, TEXT, _font(18), anchor=anchor, stroke_width=2, stroke_fill=BACKGROUND
        )


def _draw_legend(picture: Image.Image, table: Sequence[dict], colours: list[Colour], top: int) -> None:
    draw, font = ImageDraw.Draw(picture), _font(15)
    column_width = (picture.width - GAP) // COLUMNS
    for number, (row, colour) in enumerate(zip(table, colours, strict=True)):
        x, y = GAP + (number % COLUMNS) * column_width, top + (number // COLUMNS) * LINE
        draw.rectangle((x, y + 4, x + 12, y + 16), fill=colour)
        amount = f"{row['volume_ml']:.1f} mL" if row["in_view"] else "not in view"
        draw.text(
            (x + 20, y),
            _cut(f"{row['name']}  {amount}", column_width - 30, font, draw),
            TEXT if row["in_view"] else FAINT,
            font,
        )


def _cut(text: str, width: int, font: ImageFont.ImageFont, draw: ImageDraw.ImageDraw) -> str:
    while len(text) > 4 and draw.textlength(text, font=font) > width:
        text = text[:-2].rstrip("…") + "…"
    return text


def _font(size: int) -> ImageFont.ImageFont:
    return ImageFont.load_default(size)
