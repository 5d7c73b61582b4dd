"""What is asked of taught structures over HTTP, and what is told of them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mrifoundation.server.schemas import Profile
from mrifoundation.server.schemas_library import MarkedSegment

Wording = Annotated[str, Field(min_length=1, max_length=64)]
Id = Annotated[str, Field(max_length=64)]


class TaughtCase(BaseModel):
    volume: str = Field(description="Id of the scan.")
    name: str
    slices: int | None = Field(description="How many slices were annotated; null for all.")
    volume_ml: float = Field(description="Of what was marked.")


class TaughtStructure(BaseModel):
    name: str
    synonyms: list[str]
    improves: bool = Field(description="Whether the vocabulary has the name by itself.")
    usable: bool
    problem: str = Field(description='Why it cannot be asked for, and what to do; "" when it can.')
    model: str = Field(description="Weights that it was taught for.")
    profile: Profile
    colour: list[int]
    cases: list[TaughtCase]
    figures: dict = Field(description="Cross-validated over its scans: dice, scans, sentence; {} with one scan.")
    notes: list[str]


class TaughtStructures(BaseModel):
    structures: list[TaughtStructure]


class TeachStructureRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "tumor bed", "volume": "9f2c…", "contour": "1f0c9a3be27d4410"}}
    )
    name: Wording
    synonyms: Annotated[list[Wording], Field(max_length=20)] = []
    volume: Id
    contour: Id | None = Field(default=None, description="What of the volume it is: a contour of refine,")
    segment: MarkedSegment | None = Field(default=None, description="or segments of an earlier answer,")
    region: Id | None = Field(default=None, description="or a region, of /v1/volumes/{id}/region.")
    slices: Literal["axial", "coronal", "sagittal"] | None = Field(
        default=None, description="Only slices of this plane that hold a part of it were annotated; null: all were."
    )
    unlabelled: Id | None = Field(default=None, description="A region in which nothing is said.")
    profile: Profile | None = Field(default=None, description="null: as before, standard at first.")
    improve: bool = Field(default=False, description="True for a name that the vocabulary has already.")
