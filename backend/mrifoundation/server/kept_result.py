"""What a finished job gave, in the form in which it is kept on disk: a JSON object, and boxes of voxels by name."""

import json
from dataclasses import dataclass, field, fields, is_dataclass

Box = tuple[dict, bytes]  # geometry, voxels (gzip)
LABELS = "/labels"  # no head has such a name


@dataclass(frozen=True)
class Answer:
    """A finished segmentation in the form in which it is sent: kept small, since several are kept."""

    result: dict
    geometry: dict
    packed_labels: bytes  # gzip


@dataclass(frozen=True)
class KeptResult:
    """Any other result as it comes back from the disk; of a report its text, without what its files are made from."""

    result: dict
    heat_maps: dict[str, Box] = field(default_factory=dict)


def boxes_of(given: object) -> dict[str, Box]:
    """The voxels of a result by name."""
    if isinstance(given, Answer):
        return {LABELS: (given.geometry, given.packed_labels)}
    return dict(getattr(given, "heat_maps", {}))


def size_of(given: object) -> int:
    """Bytes that a result takes, about."""
    packed = sum(len(voxels) for _, voxels in boxes_of(given).values())
    return packed + len(json.dumps(getattr(given, "result", None), default=str))


def is_whole(given: object) -> bool:
    """Whether `restored` gives back all there is to a result."""
    if isinstance(given, Answer):
        return True
    return is_dataclass(given) and {part.name for part in fields(given)} <= {"result", "heat_maps"}


def restored(result: dict | None, boxes: dict[str, Box]) -> Answer | KeptResult | None:
    """The inverse: `boxes_of` and the `result` of what it gives are those it was made from."""
    if result is None:
        return None
    return Answer(result, *boxes[LABELS]) if LABELS in boxes else KeptResult(result, boxes)
