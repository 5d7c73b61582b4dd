"""Correcting a contour by marks: the query is fitted to them, and the contour near them is drawn again on the scan itself."""

from mrifoundation.engine.refinement.marks import Mark
from mrifoundation.engine.refinement.refiner import Change, Refiner

__all__ = ["Change", "Mark", "Refiner"]
