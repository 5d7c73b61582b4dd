"""An edited report as a PDF file."""

from __future__ import annotations

import errno

import qt
from slicer.i18n import tr as _

_DOTS_PER_INCH = 96
_MARGIN_MM = 18


def write_pdf(document, path: str) -> None:
    """Write a QTextDocument to A4 pages; OSError where the file cannot be written."""
    device = qt.QPdfWriter(path)
    device.setResolution(_DOTS_PER_INCH)
    device.setPageSize(qt.QPageSize(qt.QPageSize.A4))
    device.setPageMargins(qt.QMarginsF(*[_MARGIN_MM] * 4), qt.QPageLayout.Millimeter)
    page = device.pageLayout().paintRectPixels(_DOTS_PER_INCH)
    width, height = float(page.width()), float(page.height())
    copy = document.clone()
    copy.documentLayout().setPaintDevice(device)
    copy.setPageSize(qt.QSizeF(width, height))
    painter = qt.QPainter(device)
    if not painter.isActive():
        reason = _("its folder is not there or not writable, or another program has it open")
        raise OSError(errno.EACCES, reason, path)
    for number in range(copy.pageCount()):
        if number:
            device.newPage()
        painter.save()
        painter.translate(0.0, -number * height)
        copy.drawContents(painter, qt.QRectF(0.0, number * height, width, height))
        painter.restore()
    painter.end()
