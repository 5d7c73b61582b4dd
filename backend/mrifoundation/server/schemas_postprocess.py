"""What requests for post-processing look like."""

from typing import Literal

from pydantic import BaseModel, Field


class OperationRequest(BaseModel):
    kind: Literal["largest-piece", "fill-holes", "smooth", "margin", "union", "intersection", "difference"]
    mm: float = Field(
        default=0.0,
        ge=-50,
        le=50,
        description="Deviation of the Gaussian of smooth; width of the margin, negative: inward.",
    )
    contour: str | None = Field(default=None, max_length=64, description="The other contour of a Boolean operation.")
    region: str | None = Field(default=None, max_length=64, description="Or an uploaded mask.")


class TidyingRequest(BaseModel):
    """Done to every structure of a segmentation but lesions; a structure gains only voxels that no other has."""

    largest_piece: bool = Field(default=False, description="Of what the body has in one piece only the largest stays.")
    fill_holes: bool = False
    smooth_mm: float = Field(default=0.0, ge=0, le=50, description="Deviation of a Gaussian that keeps the volume.")
