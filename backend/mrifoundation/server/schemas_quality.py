"""What a request to check contours and its answer look like."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mrifoundation.server.schemas import Profile
from mrifoundation.server.schemas_library import MarkedSegment


class ChosenSegment(BaseModel):
    """A segment by what it is: exactly one of contour, segment and region."""

    name: str = Field(max_length=200, description="Its name in the vocabulary, where it has one.")
    contour: str | None = Field(default=None, max_length=64, description="A segment of refine.")
    segment: MarkedSegment | None = Field(default=None, description="Values of an earlier segmentation.")
    region: str | None = Field(default=None, max_length=64, description="An uploaded mask.")


class QualityRequest(BaseModel):
    segments: Annotated[list[ChosenSegment], Field(min_length=1, max_length=250)]
    profile: Profile = "standard"


class SliceAnswer(BaseModel):
    index: int
    center_ras_mm: list[float]
    doubt_mm: float


class BreakAnswer(BaseModel):
    kind: Literal["gap", "jump"] = Field(
        description="gap: no contour between slices that have one; jump: a tube much wider or thinner than in the slice beside."
    )
    index: int = Field(description="The slice, of a gap the middle one.")
    center_ras_mm: list[float]
    slices: int = Field(description="How many a gap has; 1 for a jump.")
    ratio: float | None = Field(description="Of the areas of both slices, of a jump.")


class CheckedAnswer(BaseModel):
    name: str
    volume_ml: float
    doubt_mm: float | None = Field(
        description="Mean width of the band in which the border may lie, by the network itself; null where it cannot tell."
    )
    axis: Literal["i", "j", "k"] = Field(description="Along which the slices are counted.")
    first: list[SliceAnswer] = Field(description="Slices to look at first, the most doubtful first.")
    breaks: list[BreakAnswer] = Field(description="Slices at which the contour breaks off, gaps first.")
    asymmetry_percent: float | None = Field(
        description="200 · (left − right) / (left + right), where both sides are there and wholly in view."
    )
    flags: list[str] = Field(description="What is unusual, in plain sentences.")


class QualityResult(BaseModel):
    structures: list[CheckedAnswer]
