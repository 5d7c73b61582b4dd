"""What is asked of heads over HTTP, and what they answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mrifoundation.server.schemas import Profile

Sex = Literal["F", "M"]
Sentence = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(max_length=64)]
VolumeId = Annotated[str, Field(max_length=64)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Heads(BaseModel):
    heads: list[dict] = Field(
        description="Cards: name, title, question, classes, inputs, trained_on, figures, limits ..."
    )


class ClassifyRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"heads": ["cardiac-disease"], "study": ["id of end-diastole", "id of end-systole"]}
        }
    )
    heads: Annotated[list[Name], Field(max_length=50)] | None = Field(
        default=None, description="Which heads; null: all."
    )
    study: Annotated[list[VolumeId], Field(max_length=8)] = Field(
        default=[],
        description="All series of the examination in the head's order, this one included, when one wants several; "
        "heads that want one look at the first.",
    )
    sentence: Sentence | None = Field(default=None, description="Ask by a sentence against its opposite instead.")
    versus: Sentence | None = None
    nearest: bool = Field(
        default=True,
        description="Name the nearest library cases of each class beside a head's answer, where there is a library.",
    )
    profile: Profile = "standard"
    age: Annotated[float, Field(ge=0, le=120)] | None = None
    sex: Sex | None = None


class TeachRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "my-disease", "collection": "clinic", "column": "diagnosis"}}
    )
    name: Name = Field(description="Small letters, digits and hyphens.")
    collection: Annotated[str, Field(max_length=200)] = Field(
        default="", description="Collection of the library to learn from."
    )
    column: Annotated[str, Field(max_length=64)] = Field(
        default="diagnosis", description="Which fact of its cases is the label."
    )
    cases: Annotated[dict[Annotated[str, Field(max_length=64)], Label], Field(max_length=1000)] = Field(
        default={}, description="In place of a collection: cases of the library by their id, each with its label."
    )
    structures: Annotated[list[Sentence], Field(max_length=20)] = Field(
        default=[], description="Structures whose volumes are learned from as well."
    )
    profile: Profile = "standard"
