"""The scan that an answer is about, as it was when it was asked about. Main thread only; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import slicer
from slicer.i18n import tr as _

from .Scene import content_of


@dataclass(frozen=True)
class AskedScan:
    """`node`: id of the volume node, which shows one time point of a sequence after another; `content`: checksum of its voxels."""

    node: str
    content: str

    @classmethod
    def of(cls, volume) -> AskedScan:
        """The volume as it is now."""
        return cls(volume.GetID(), content_of(volume))

    def differs(self, chosen) -> str:
        """Why an answer about it is none about the chosen volume (None for none) as it is now, "" where it is one."""
        volume = slicer.mrmlScene.GetNodeByID(self.node) if self.node else None
        if volume is None:
            return _("The scan that this is about is no longer in the scene.")
        if chosen is not None and chosen.GetID() != self.node:
            return _("This is about {name}, not about the chosen scan.").format(name=volume.GetName())
        if content_of(volume) != self.content:
            words = _("This is about another time point of {name}, or about it before it was changed: ask again.")
            return words.format(name=volume.GetName())
        return ""
