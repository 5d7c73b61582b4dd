"""What requests and answers of exports and imports look like."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mrifoundation.server.schemas_library import MarkedSegment

Colour = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=3, max_length=3)]


class ExportSegment(BaseModel):
    """A name, and exactly one of contour, segment and region."""

    name: str = Field(min_length=1, max_length=200)
    contour: str | None = Field(default=None, max_length=64, description="A segment of refine.")
    segment: MarkedSegment | None = Field(default=None, description="Of an earlier segmentation.")
    region: str | None = Field(default=None, max_length=64, description="An id of POST /v1/volumes/{id}/region.")
    colour: Colour | None = Field(default=None, description="Null: the vocabulary's.")
    tg263: str | None = Field(default=None, max_length=64, description="Null: as the vocabulary gives it.")


class ExportRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"format": "rtstruct", "segments": [{"name": "left kidney", "region": "4f0c…"}]}}
    )
    format: Literal["dicom-seg", "rtstruct", "nifti", "seg.nrrd", "stl"]
    segments: Annotated[list[ExportSegment], Field(min_length=1, max_length=500)]
    description: str = Field(default="", max_length=64, description="Of the DICOM series.")
    send_to: str | None = Field(default=None, max_length=2000, description="A DICOMweb service to store it at.")
    send_key: SecretStr | None = Field(
        default=None,
        max_length=4096,
        description="Its bearer token; null: as the service knows it. Used once, kept nowhere.",
    )


class Sent(BaseModel):
    sent_to: str
    instances: list[str] = Field(description="SOP instance UIDs.")
    notes: list[str]


class SourceAnswer(BaseModel):
    series: str = Field(description="Its UID.")
    images: int
    title: str


class ImportedSegment(BaseModel):
    name: str = Field(description="As the file has it.")
    structure: str | None = Field(description="Its name in the vocabulary; null where it has none.")
    tg263: str | None
    region: str = Field(description="As of POST /v1/volumes/{id}/region.")
    colour: list[int]
    volume_ml: float


class ImportAnswer(BaseModel):
    kind: str = Field(description="dicom-seg, rtstruct, nifti, nrrd, metaimage or stl.")
    segments: list[ImportedSegment]
    notes: list[str]
