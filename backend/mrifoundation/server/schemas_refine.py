"""What requests and answers of refining look like."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mrifoundation.server.schemas import Profile
from mrifoundation.server.schemas_postprocess import OperationRequest

Point = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=3, max_length=3)]


class MarkRequest(BaseModel):
    """One mark. A point or scribble is a hint from which a region grows; a positive box has its inside decided anew, a negative one is
    emptied; what a lasso (a closed outline in a plane) or brush covers is taken exactly."""

    kind: Literal["point", "scribble", "box", "lasso", "brush"] = "point"
    points: Annotated[list[Point], Field(max_length=10_000)] = Field(
        default=[], description="One point; a line; two corners; an outline; none for a brush."
    )
    positive: bool = Field(default=True, description="Whether what is marked belongs to the structure.")
    radius_mm: float = Field(default=0, ge=0, le=50, description="Thickness of a point or scribble.")
    space: Literal["ras", "index"] = Field(default="ras", description="Points in RAS mm, or in voxels of the scan.")
    region: str | None = Field(
        default=None, max_length=64, description="What a brush painted: an id of POST /v1/volumes/{id}/region."
    )


class SegmentOfJob(BaseModel):
    job: str = Field(max_length=64, description="A finished segmentation of this volume.")
    value: int = Field(default=1, ge=1, description="Which value of its label map.")


class RefineRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"prompt": "liver", "marks": [{"points": [[52.0, -10.5, 33.0]], "positive": True}]}
        }
    )
    segment: str | None = Field(
        default=None, max_length=64, description="The contour to correct; null opens a new one."
    )
    prompt: str = Field(
        default="",
        max_length=500,
        description="A new contour begins from what these words find; with begin or region, from that, and the words are what it is.",
    )
    begin: SegmentOfJob | None = Field(default=None, description="A new contour begins from an earlier answer.")
    region: str | None = Field(default=None, max_length=64, description="A new contour begins from an uploaded mask.")
    name: str = Field(default="", max_length=200)
    profile: Profile = "standard"
    marks: Annotated[list[MarkRequest], Field(max_length=1000)] = []


class EditRequest(BaseModel):
    """First the contour becomes `region`, where that is sent, as another editor left it; then the operations follow. A step each."""

    region: str | None = Field(
        default=None, max_length=64, description="The whole contour as it is now: POST /v1/volumes/{id}/region."
    )
    empty: bool = Field(default=False, description="The other editor left nothing, which no region can say.")
    operations: Annotated[list[OperationRequest], Field(max_length=20)] = []


class ReviewRequest(BaseModel):
    accept: bool
    by: str = Field(default="", max_length=100, description="Who decides; kept only when it is sent.")


class ReviewAnswer(BaseModel):
    verdict: Literal["accepted", "edited", "rejected"] = Field(
        description="edited: accepted after corrections, be it marks or edits."
    )
    by: str
    at: str = Field(description="UTC, ISO 8601.")
    position: int
    current: bool = Field(description="Whether the contour still is what was judged.")


class MarkMade(MarkRequest):
    kind: Literal["point", "scribble", "box", "lasso", "brush", "edit", "operation"]


class ContourState(BaseModel):
    """Also the header `X-Contour` of every answer with voxels."""

    segment: str
    name: str
    prompt: str
    profile: Profile
    position: int = Field(description="How many marks hold; undo takes the last of them back.")
    steps: int = Field(description="How many marks there are with those that redo would do again.")
    complete: bool = Field(
        description="False: its last steps cannot be read from the disk; it can be looked at and deleted, all else is answered 404."
    )
    volume_ml: float
    review: ReviewAnswer | None = Field(description="The latest decision about it.")


class ContourDetail(ContourState):
    marks: list[MarkMade] = Field(description="All marks and edits in order; the first `position` of them hold.")
    reviews: list[ReviewAnswer] = Field(description="All decisions about it, the latest last.")


class ContourList(BaseModel):
    segments: list[ContourState]
