"""A map of vertebral parts told by level, as the engine tells them: L5 is the vertebra above the sacrum."""

from dataclasses import replace

import numpy as np

from mrifoundation.engine.vertebral_levels import BODY, levels, part_of
from mrifoundation.errors import InputError
from mrifoundation_training.data.volumes import CaseVolume


def with_levels(volume: CaseVolume) -> CaseVolume:
    """The same map with whole vertebrae, each under its own name, in place of their parts; everything else as it was.

    Raises InputError where there is no sacrum to count from or no vertebral body above it."""
    masks = {name: volume.labels == volume.names.index(name) for name in volume.names if name}
    vertebrae = levels(masks, volume.spacing)
    if not vertebrae:
        raise InputError(
            f"'{volume.case.id}' shows no sacrum and vertebral bodies, from which its levels could be told."
        )
    kept = [name for name in volume.names if name and name != BODY and part_of(name) is None]
    told = ("", *kept, *vertebrae)
    labels = np.zeros_like(volume.labels)
    for index, name in enumerate(told[1:], 1):
        labels[vertebrae[name] if name in vertebrae else masks[name]] = index
    return replace(volume, case=replace(volume.case, table=dict(enumerate(told[1:], 1))), labels=labels, names=told)
