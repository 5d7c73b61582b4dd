"""What every release must reach on the development rows."""

from dataclasses import dataclass

_BRAIN = (
    "cerebral white matter", "cerebral cortex", "lateral ventricle", "thalamus", "caudate nucleus",
    "putamen", "pallidum", "hippocampus",
)  # fmt: skip


@dataclass(frozen=True)
class Floor:
    """Mean Dice over `structures` (those that a source has scores for) on scans of `source`."""

    title: str
    source: str
    structures: tuple[str, ...]
    least: float


FLOORS = (
    Floor(
        "brain",
        "oasis",
        (*(f"{side} {name}" for name in _BRAIN for side in ("left", "right")), "brainstem", "cerebellum"),
        0.75,
    ),
    Floor("liver", "chaos", ("liver",), 0.85),
    Floor("kidneys and spleen", "chaos", ("left kidney", "right kidney", "spleen"), 0.80),
    Floor("left-ventricle cavity", "acdc", ("left ventricle cavity of the heart",), 0.85),
    Floor("hippocampus crops", "hippocampus", ("hippocampus",), 0.75),
)

MOST_FALSE_PRESENCE = 0.05
