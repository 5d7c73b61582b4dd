"""The picture of a segmentation."""

import numpy as np
import pytest
from PIL import Image

from mrifoundation import InputError, Scan
from mrifoundation.anatomy import Vocabulary
from mrifoundation.tasks.colours import row_colours
from mrifoundation.tasks.overlay import PANEL, TITLE, draw_overlay, write_overlay


def a_row(value, name, in_view=True, volume=12.3):
    return {"value": value, "name": name, "in_view": in_view, "volume_ml": volume if in_view else 0.0, "parts": []}


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.load()


@pytest.fixture
def patient():
    """A bright box with one labelled cube in its right, front, upper corner; RAS axes, 2 mm."""
    voxels = np.zeros((50, 60, 40), np.float32)
    voxels[5:45, 5:55, 5:35] = 80
    labels = np.zeros(voxels.shape, np.uint8)
    labels[32:42, 42:52, 24:32] = 1
    return Scan(voxels, np.diag([2.0, 2.0, 2.0, 1.0])), labels


def where(picture, colour, panel):
    """The middle of all pixels of a colour inside one of the three panels, as fractions of the panel (column, row)."""
    left = 8 + panel * (PANEL + 8)
    pixels = np.asarray(picture)[TITLE : TITLE + PANEL, left : left + PANEL]
    rows, columns = np.nonzero((pixels == colour).all(axis=-1))
    assert rows.size, "the structure's outline is not there"
    return columns.mean() / PANEL, rows.mean() / PANEL


@pytest.mark.parametrize("flips", [(), (0,), (1, 2)])
def test_the_patients_right_is_on_the_left_the_front_above_and_the_head_above(patient, vocabulary, flips):
    scan, labels = patient
    affine = scan.affine.copy()
    for axis in flips:  # the same patient stored the other way round
        affine[:3, 3] += affine[:3, axis] * (scan.shape[axis] - 1)
        affine[:3, axis] *= -1
    stored = Scan(np.flip(scan.voxels, flips), affine)
    picture = draw_overlay(stored, np.flip(labels, flips), [a_row(1, "liver")], vocabulary)
    colour = vocabulary["liver"].colour
    axial, coronal, sagittal = (where(picture, colour, panel) for panel in range(3))
    assert axial[0] < 0.4 and axial[1] < 0.4
    assert coronal[0] < 0.4 and coronal[1] < 0.4
    assert sagittal[0] < 0.4 and sagittal[1] < 0.4


def test_a_picture_is_drawn_whatever_was_found(patient, vocabulary, tmp_path):
    scan, labels = patient
    table = [a_row(1, "liver"), a_row(2, "spleen", in_view=False), a_row(3, "something nobody has ever heard of " * 5)]
    write_overlay(tmp_path / "some.png", scan, labels, table, vocabulary)
    write_overlay(tmp_path / "none.png", scan, np.zeros_like(labels), [], vocabulary)
    with Image.open(tmp_path / "some.png") as some, Image.open(tmp_path / "none.png") as none:
        assert some.width == none.width and some.height > none.height


@pytest.mark.parametrize("shape", [(1, 1, 1), (40, 30, 1), (3, 200, 7)])
def test_flat_scans_are_drawn(shape, vocabulary):
    scan = Scan(np.arange(np.prod(shape), dtype=np.float32).reshape(shape), np.diag([0.5, 1.0, 6.0, 1.0]))
    labels = np.ones(shape, np.uint8)
    assert draw_overlay(scan, labels, [a_row(1, "liver")], vocabulary).width > 3 * PANEL


def test_each_row_has_a_colour_of_its_own(vocabulary):
    table = [a_row(n, name) for n, name in enumerate(["liver", "liver", "free text", "other text"], start=1)]
    colours = row_colours(table, vocabulary)
    assert len(set(colours)) == 4 and colours[0] == tuple(vocabulary["liver"].colour)


def test_a_place_that_cannot_be_written_is_an_input_error(patient, vocabulary, tmp_path):
    scan, labels = patient
    with pytest.raises(InputError, match="could not be written"):
        write_overlay(tmp_path / "missing" / "a.png", scan, labels, [a_row(1, "liver")], vocabulary)
