"""Volumes in memory, the last used ones kept up to a size, for archives that are larger than it."""

from collections import OrderedDict

from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.volumes import CaseVolume, load_case


class VolumeMemory:
    """Stands in for another set of examples in `Examples.share_volumes`: whoever shares with it keeps no volume of its own.

    limit: bytes; the volume in use is kept however large it is. Which ones are kept changes nothing of what is drawn."""

    def __init__(self, limit: int):
        self._limit, self._held = limit, 0
        self._kept: OrderedDict[Case, CaseVolume] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def _volume(self, case: Case) -> CaseVolume:
        if case not in self._kept:
            self._kept[case] = load_case(case)
            self._held += _bytes(self._kept[case])
        self._kept.move_to_end(case)
        while self._held > self._limit and len(self._kept) > 1:
            self._held -= _bytes(self._kept.popitem(last=False)[1])
        return self._kept[case]


def _bytes(volume: CaseVolume) -> int:
    return volume.labels.nbytes + (0 if volume.image is None else volume.image.nbytes)
