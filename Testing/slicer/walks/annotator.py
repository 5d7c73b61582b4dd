"""Organs at risk on an abdomen: a set, a click where it fits least, a decision, an RTSTRUCT."""

import contour_driver
import numpy as np
from screenshot import press

from .pack import ABDOMEN, Pack
from .steps import FirstRun, Walk, told, unfold


def walk(module, pack: Pack, profile: str) -> Walk:
    way = Walk("Annotator: organs at risk, corrected and exported")
    work = Annotation(pack.load(ABDOMEN), pack.drawn(ABDOMEN))
    series, file = pack.dicom(ABDOMEN), pack.own / "contours.dcm"
    with FirstRun(way, module, profile) as widget:
        way.step("open Contour", 1, lambda: unfold(widget, "contour"))
        way.step("choose the set *abdomen*", 2, lambda: contour_driver.choose_set(widget, "abdomen"))
        way.step("press Segment the set", 1, lambda: work.segment(widget))
        organ, voxel, sign = work.worst(widget)
        way.step(f"choose the row *{organ}*", 1, lambda: contour_driver.choose(widget, organ))
        words = f"mouse over the middle of its largest error, key {'P' if sign > 0 else 'N'}"
        way.step(words, 1, lambda: work.correct(widget, organ, voxel, sign))
        way.step("keys Shift+A: accepted", 1, lambda: accept(widget, organ))
        words = "open Files, type the folder of the series and the file, press Export"
        way.step(words, 4, lambda: export(widget, series, file))
    return way


class Annotation:
    """What is found on `scan`, against what people have drawn: name → bool on its grid."""

    def __init__(self, scan, drawn: dict[str, np.ndarray]):
        self._scan, self._drawn = scan, drawn

    def segment(self, widget) -> str:
        press(widget, widget.contourPanel.ui.organButton)
        contour_driver.wait(widget)
        scores = "; ".join(f"{name} {self._dice(widget, name):.3f}" for name in self._drawn)
        return told(widget.contourPanel, f"Dice of {scores}")

    def worst(self, widget) -> tuple[str, tuple, int]:
        """The organ that fits least, the voxel in the middle of its largest error, and the sign of the click that mends it."""
        from scipy import ndimage

        organ = min(self._drawn, key=lambda name: self._dice(widget, name))
        truth, found = self._drawn[organ], contour_driver.voxels(widget, self._scan, organ)
        parts, _count = ndimage.label(truth != found)
        largest = parts == np.bincount(parts.ravel())[1:].argmax() + 1
        depth = ndimage.distance_transform_edt(largest, sampling=self._scan.GetSpacing())
        voxel = tuple(int(index) for index in np.unravel_index(depth.argmax(), depth.shape))
        return organ, voxel, 1 if truth[voxel] else -1

    def correct(self, widget, organ: str, voxel: tuple, sign: int) -> str:
        before = self._dice(widget, organ)
        contour_driver.click(widget, self._scan, voxel, sign)
        return told(widget.contourPanel, f"Dice of the {organ}: {before:.3f} → {self._dice(widget, organ):.3f}")

    def _dice(self, widget, organ: str) -> float:
        truth, found = self._drawn[organ], contour_driver.voxels(widget, self._scan, organ)
        return 2 * np.count_nonzero(truth & found) / (np.count_nonzero(truth) + np.count_nonzero(found))


def accept(widget, organ: str) -> str:
    contour_driver.press(widget, "Shift+A")
    contour_driver.wait(widget)
    return told(widget.contourPanel, contour_driver.row(widget, organ)[4])


def export(widget, series, file) -> str:
    import pydicom

    ui = widget.contourPanel.ui
    ui.fileBox.collapsed = False
    ui.seriesPath.currentPath, ui.exportPath.currentPath = str(series), str(file)
    press(widget, ui.exportButton)
    names = [one.ROIName for one in pydicom.dcmread(file).StructureSetROISequence]
    return told(widget.contourPanel, f"{len(names)} contours: {', '.join(names)}")
