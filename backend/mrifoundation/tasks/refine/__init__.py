"""Refining contours interactively: a contour with its marks, undo and redo without limit, kept on disk."""

from mrifoundation.tasks.refine.contour import Contour
from mrifoundation.tasks.refine.contours import Contours

__all__ = ["Contour", "Contours"]
