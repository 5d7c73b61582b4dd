"""What requests and answers about the library look like."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mrifoundation.server.schemas import Profile

Name = Annotated[str, Field(min_length=1, max_length=64)]


class Collection(BaseModel):
    name: str
    cases: int
    regions: int = Field(description="Structures found in them.")
    model: str = Field(description="What embedded most of them.")
    same_model: bool | None = Field(description="Whether the loaded model embedded all of them; null while it loads.")
    bytes: int | None = Field(description="On disk; null in an object store.")


class Collections(BaseModel):
    collections: list[Collection]


class Column(BaseModel):
    column: str = Field(description="Of POST /v1/heads.")
    classes: dict[str, int] = Field(description="People by label; empty where there are more than a head tells apart.")
    unknown: int = Field(description="Cases whose person is not known: each counts as a person.")
    problem: str = Field(description='Why no head can be taught from it, and what to do; "" where one can.')


class Columns(BaseModel):
    columns: list[Column] = Field(description="Those that a head can be taught from come first.")


class IngestRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"sources": ["/data/archive"], "kind": "auto", "identifiers": False}}
    )
    sources: Annotated[list[Annotated[str, Field(min_length=1, max_length=4000)]], Field(min_length=1, max_length=100)]
    kind: Literal["auto", "files", "dicom", "bids", "manifest", "dicomweb"] = "auto"
    profile: Profile = "standard"
    identifiers: bool = Field(default=False, description="Keep patient names, ids and dates as well.")


class Case(BaseModel):
    case: str
    collection: str
    name: str
    facts: dict[str, Any] = Field(
        description="region, sequence, plane, contrast, age, sex, diagnosis, flags, as far as known."
    )
    guessed: list[str] = Field(description="Facts that the source does not tell.")
    caption: str
    report: str
    source: str = Field(
        description='File, folder or DICOMweb series that it came from; "" for a key of role read, which is not told its name either.'
    )
    series: str | None
    model: str
    shape: list[int]
    spacing_mm: list[float]
    identifiers: dict[str, str] = Field(default={}, description="Empty unless asked for when the case was added.")


class Cases(BaseModel):
    cases: list[Case]
    total: int


class PurgeRequest(BaseModel):
    """Either a subject or a case."""

    model_config = ConfigDict(extra="forbid")

    subject: str | None = Field(None, min_length=1, max_length=200, description="As the source calls the patient.")
    case: str | None = Field(None, min_length=1, max_length=64)
    collections: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = Field(
        None, description="Only the subject's cases in these; null for all."
    )


class Purged(BaseModel):
    """How many went, and how many cases out of which collection. taught: structures that still hold features of these scans; notes say
    what to do about them."""

    cases: int
    uploads: int
    encodings: int
    contours: int
    jobs: int
    collections: dict[str, int]
    taught: list[str]
    notes: list[str]


class Removed(BaseModel):
    removed: int = Field(description="Cases that are gone; the scans themselves are not touched.")


class MarkedSegment(BaseModel):
    job: str = Field(max_length=64, description="Of a finished segmentation of the same volume.")
    values: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=1000)]


class SearchRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"volume": "9f2c…", "filters": {"region": "brain", "age": [60, 90]}, "k": 10}}
    )
    collections: Annotated[list[Name], Field(max_length=100)] | None = None
    volume: str | None = Field(default=None, max_length=64)
    profile: Profile = "standard"
    text: str = Field(default="", max_length=2000)
    report: str = Field(default="", max_length=20_000)
    segment: MarkedSegment | None = Field(
        default=None, description="Search by these structures instead of the whole scan."
    )
    region: str | None = Field(default=None, max_length=64, description="Of /v1/volumes/{id}/region, likewise.")
    filters: dict[str, Any] = Field(default={}, description="Fields of facts, and volume_ml of structures.")
    k: int = Field(default=10, ge=1, le=1000)
    exclude_same_patient: bool = True


class WhyRequest(BaseModel):
    volume: str = Field(max_length=64)
    case: str = Field(max_length=64)
    profile: Profile = "standard"


class RegionTicket(BaseModel):
    region: str
