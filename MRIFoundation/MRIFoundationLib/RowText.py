"""A row of a segmentation in words and numbers. Pure functions."""

from __future__ import annotations

from slicer.i18n import tr as _


def volume(row: dict) -> str:
    """The volume in mL, as many digits as it deserves; a dash for what is not in view."""
    if "segment" not in row:
        return "–"
    return f"{row['volume_ml']:.2f}" if row["volume_ml"] < 10 else f"{row['volume_ml']:.1f}"


def presence(row: dict) -> str:
    """How sure it is that the structure is in view."""
    return f"{row['presence'] * 100:.0f} %" if "segment" in row else _("not in view")
