"""Colours of words that warn, readable on Slicer's light style and on its dark one."""

from __future__ import annotations

import qt

_ON_LIGHT = {"failed": "#b03024", "caution": "#8a5a00"}
_ON_DARK = {"failed": "#ff8f80", "caution": "#e8b85c"}


def warning_style(widget, kind: str) -> str:
    """The style sheet for words of this kind (failed, caution) in the style that the widget has now."""
    is_dark = widget.palette.color(qt.QPalette.Window).lightness() < 128
    return f"color: {(_ON_DARK if is_dark else _ON_LIGHT)[kind]};"
