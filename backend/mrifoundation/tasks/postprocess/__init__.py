"""What a planner does to a contour after segmenting, each optional: largest piece, holes, smoothing, margins, Boolean operations."""

from mrifoundation.tasks.postprocess.operation import KINDS, Operation, apply
from mrifoundation.tasks.postprocess.tidying import Tidying, tidied

__all__ = ["KINDS", "Operation", "Tidying", "apply", "tidied"]
