"""What goes into a file, and what stays behind by which name; with no backend."""

import numpy as np
import pytest

ONE_ML = np.diag([10.0, 10.0, 10.0, 1.0])


@pytest.fixture
def chosen(slicer_app):
    """chosen(row, …): what goes out of these; a row is name, decision, edited, mL as told and number of voxels of 1 mL."""
    from MRIFoundationLib.Contouring import Shown
    from MRIFoundationLib.ContourTable import ContourRow
    from MRIFoundationLib.OutgoingContours import outgoing
    from MRIFoundationLib.VoxelBox import VoxelBox

    def chosen(*given):
        rows, masks = [], {}
        for name, decision, edited, told_ml, count in given:
            colour = None if count is None else (0.0, 0.0, 0.0)
            rows.append(ContourRow(name, name, colour, told_ml, decision=decision, edited=edited))
            masks[name] = VoxelBox(np.ones((count, 1, 1), bool), (0, 0, 0), (9, 9, 9), ONE_ML) if count else None
        return outgoing(rows, lambda key: Shown("", key, "", "fast", True, masks[key]))

    return chosen


@pytest.mark.parametrize(
    ("decision", "edited", "told_ml", "goes"),
    [
        ((), False, 3.0, True),
        (("accepted", True), False, 3.0, True),
        (("rejected", True), False, 3.0, False),
        (("rejected", False), False, 3.0, True),  # corrected since
        (("rejected", True), True, 3.0, True),  # changed by another editor
        (("rejected", True), False, 4.0, True),  # changed before the scene was loaded
        (("rejected", True), False, 3.00001, False),  # rounded
    ],
)
def test_only_what_is_as_it_was_rejected_stays_behind(chosen, decision, edited, told_ml, goes):
    found = chosen(("liver", decision, edited, told_ml, 3))
    assert list(found.shown) == ["liver"] * goes
    assert found.left_out == ([] if goes else ["Left out, since rejected: liver."])


def test_everything_that_stays_behind_is_named(chosen):
    found = chosen(
        ("liver", (), False, 3.0, 3),
        ("spleen", ("rejected", True), False, 2.0, 2),
        ("left kidney", (), False, 0.0, 0),
        ("right kidney", ("rejected", True), False, 0.0, 0),
        ("rectum", (), False, None, None),
    )
    assert list(found.shown) == ["liver"]
    assert found.left_out == [
        "Left out, since rejected: spleen.",
        "Left out, since empty on this scan: left kidney, right kidney.",
        "Not in it, since still to be drawn: rectum.",
    ]
