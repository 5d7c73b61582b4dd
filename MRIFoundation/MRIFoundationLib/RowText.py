"""A row of a segmentation in words and numbers. Pure functions."""

from __future__ import annotations

from slicer.i18n import tr as _


def name(row: dict) -> str:
    """The structure, and that it is not of the image that is shown now where that is so."""
    return _("{name} – of another image").format(name=row["name"]) if row.get("is_of_another_image") else row["name"]


def volume(row: dict) -> str:
    """The volume in mL, as many digits as it deserves; a dash for what is not in view."""
    if "segment" not in row:
        return "–"
    return f"{row['volume_ml']:.2f}" if row["volume_ml"] < 10 else f"{row['volume_ml']:.1f}"


def tested(row: dict) -> str:
    """The Dice that the weights reached with the structure on scans of people; a dash where they were never tested on it, nothing where
    that was not told, as of what was drawn by hand."""
    if "tested" not in row:
        return ""
    return f"{row['tested']['dice']:.2f}" if row["tested"] else "–"


def about(row: dict) -> str:
    """How it was understood, and how such a structure fared in tests; its name where there is nothing else to say."""
    elsewhere = _(
        "It is of another time point of the scan, or of it before it was changed: ask again for what is shown now."
    )
    lines = [row["explanation"] or row["name"], elsewhere if row.get("is_of_another_image") else "", fared(row)]
    return "\n".join(filter(None, lines))


def fared(row: dict) -> str:
    """How such a structure fared in tests, in words; nothing where that was not told."""
    if "tested" not in row:
        return ""
    if not row["tested"]:
        return _("These weights were never tested on it with a scan of a person.")
    if row["tested"]["low"] == row["tested"]["high"]:  # one person has no interval
        return _("Tested on {scans} scan(s) of people: Dice {dice:.2f}.").format(**row["tested"])
    words = _("Tested on {scans} scans of people: Dice {dice:.2f} ({low:.2f} to {high:.2f}).")
    return words.format(**row["tested"])


def presence(row: dict) -> str:
    """How sure it is that the structure is in view."""
    return f"{row['presence'] * 100:.0f} %" if "segment" in row else _("not in view")
