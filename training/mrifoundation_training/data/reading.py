"""A scan or a label map of a case as the program reads any other, wherever it lies: a file, a shard, a DICOM series."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from mrifoundation.library.sources.dicom_tree import read_files
from mrifoundation.volume import Scan, read_scan
from mrifoundation_training.data.dicom_series import SeriesImage, SeriesLabels
from mrifoundation_training.data.member_cache import MemberCache
from mrifoundation_training.data.shard_member import ShardMember


def read_place(place: Path | ShardMember | SeriesImage | SeriesLabels) -> Scan:
    """Raises InputError naming the place when it cannot be read."""
    if isinstance(place, ShardMember):
        return read_scan(members().local(place))
    if isinstance(place, SeriesImage):
        return read_files(list(place.files))
    if isinstance(place, SeriesLabels):
        image = place.nifti()
        return Scan(np.asarray(image.dataobj), image.affine, str(place))
    return read_scan(place)


@lru_cache(maxsize=1)
def members() -> MemberCache:
    """The one cache of a process."""
    return MemberCache()
