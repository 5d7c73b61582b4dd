"""What the table of contours tells: the segments of a segmentation, and organs still to be drawn. Main thread only; no Qt."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from . import RowText, Segmentation
from .ContourSegments import ContourSegments, state_of
from .ContourTable import ContourRow
from .ReviewList import ReviewSlice


def rows(
    node, by_hand: list[str], checked: dict[str, dict], segments: ContourSegments, told_of: Callable[[str], list[str]]
) -> list[ContourRow]:
    """One row a segment of `node` (None: there is none yet), then one an organ of `by_hand` without a segment. `told_of(name)`: sentences
    about an organ, whatever its contour is."""
    found = [_row(node, identifier, checked.get(identifier, {}), segments, told_of) for identifier in ids(node)]
    names = {row.name for row in found}
    todo = _(
        "The backend does not know it, or found none of it: choose it and place points, or draw it in the Segment Editor."
    )
    return found + [ContourRow(name, name, notes=(todo, *told_of(name))) for name in by_hand if name not in names]


def ids(node) -> list[str]:
    """The ids of all segments in their order."""
    segmentation = node.GetSegmentation() if node else None
    count = segmentation.GetNumberOfSegments() if segmentation else 0
    return [segmentation.GetNthSegmentID(index) for index in range(count)]


def slices(node, checked: dict[str, dict]) -> list[ReviewSlice]:
    """The slices to look at first of all segments that are still there."""
    present = set(ids(node))
    return [
        ReviewSlice(
            key,
            told["name"],
            one["index"] + 1,
            tuple(one["center_ras_mm"]),
            one.get("doubt_mm", 0.0),
            one.get("kind", "doubt"),
        )
        for key, told in checked.items()
        if key in present
        for one in (*told.get("breaks", []), *told["first"])
    ]


def _row(node, identifier: str, told: dict, segments: ContourSegments, told_of: Callable) -> ContourRow:
    segment, state = node.GetSegmentation().GetSegment(identifier), state_of(node, identifier)
    row, review = Segmentation.row_of(segment), state.get("review")
    flags = told.get("flags", [])
    return ContourRow(
        identifier,
        segment.GetName(),
        tuple(segment.GetColor()),
        state.get("volume_ml", row.get("volume_ml")),
        told.get("doubt_mm"),
        bool(flags),
        (review["verdict"], review["current"]) if review else (),
        segments.is_edited(node, identifier),
        tuple(filter(None, (*flags, *_decided(review), RowText.fared(row), *told_of(segment.GetName())))),
    )


def _decided(review: dict | None) -> list[str]:
    if not review:
        return []
    verdicts = {"accepted": _("Accepted"), "edited": _("Accepted after corrections"), "rejected": _("Rejected")}
    by = _(" by {name}").format(name=review["by"]) if review["by"] else ""
    return [f"{verdicts[review['verdict']]}{by}, {review['at']}."]
