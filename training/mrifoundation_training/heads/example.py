"""One case to fit a head to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mrifoundation.volume import Scan
from mrifoundation_training.data.dicom_series import SeriesImage, SeriesLabels
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.data.shard_member import ShardMember

Place = Path | ShardMember | SeriesImage | SeriesLabels


@dataclass(frozen=True)
class Example:
    """id: names the measurement in the cache. read: gives the series in order. simulated: whether the disease was drawn into it.
    labels: reference label maps of the series in order, () where there are none; table: what their values mean. lesion: reads where experts
    saw the lesion, 1 inside, on the grid of the first series; None where nobody said."""

    id: str
    patient: str
    label: str
    read: Callable[[], tuple[Scan, ...]]
    source: str
    tier: str = "open"
    split: str = "train"
    simulated: bool = False
    labels: tuple[Place, ...] = ()
    table: dict[int, str] = field(default_factory=dict)
    lesion: Callable[[], Scan] | None = None


def from_files(*places: Place) -> Callable[[], tuple[Scan, ...]]:
    """Reads the files, or whatever lies there, when asked."""
    return lambda: tuple(read_place(place) for place in places)
