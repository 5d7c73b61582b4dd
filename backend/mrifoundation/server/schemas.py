"""What requests and answers of the service look like; the OpenAPI page is made from these."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mrifoundation.server.schemas_limits import Limits
from mrifoundation.server.schemas_postprocess import TidyingRequest

LARGEST_AXIS = 8192
DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64")

Profile = Literal["fast", "standard", "fine"]
Axis = Annotated[int, Field(ge=1, le=LARGEST_AXIS)]
Row4 = Annotated[list[float], Field(min_length=4, max_length=4)]


class Problem(BaseModel):
    """Every error of the service, whatever its status code."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"error": "No volume with this id is held; send it again."}}
    )
    error: str = Field(description="One plain sentence: what was wrong and what to do.")


class Geometry(BaseModel):
    """The `X-Geometry` header of an uploaded array."""

    shape: Annotated[list[Axis], Field(min_length=3, max_length=3)]
    dtype: Literal[DTYPES]
    affine: Annotated[list[Row4], Field(min_length=4, max_length=4)]
    name: str = Field(default="scan", max_length=200)

    @field_validator("affine")
    @classmethod
    def _usable(cls, affine: list[list[float]]) -> list[list[float]]:
        if not all(math.isfinite(value) and abs(value) < 1e6 for row in affine for value in row):
            raise ValueError("every number of the affine must be finite and below 1e6 mm")
        if affine[3] != [0.0, 0.0, 0.0, 1.0]:
            raise ValueError("the last row of the affine must be 0 0 0 1")
        return affine


class Health(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "ok", "message": "Ready.", "version": "0.1.0", "api": 1}}
    )
    status: Literal["ok", "loading", "failed"]
    message: str
    version: str
    api: int = Field(description="Version of this interface; a client refuses one that it does not know.")


class Volume(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "9f2c…",
                "name": "t1",
                "shape": [256, 256, 256],
                "spacing_mm": [1.0, 1.0, 1.0],
                "notes": ["4-D file: the first time point is used."],
            }
        }
    )
    id: str = Field(description="SHA-256 of voxels and affine: sending the same scan again gives the same id.")
    name: str
    shape: list[int] = Field(description="Number of voxels along i, j, k.")
    spacing_mm: list[float]
    notes: list[str] = Field(description="What reading had to decide, in plain sentences.")


class HeldVolume(Volume):
    encoded: list[Profile] = Field(description="Profiles for which the encoding is already kept.")


class ForgottenVolume(BaseModel):
    """How many went from the disk."""

    uploads: int
    encodings: int
    contours: int


class EncodeRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"profile": "standard"}})
    profile: Profile = "standard"


class SegmentRequest(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "prompts": ["left hippocampus", "both kidneys"],
                "profile": "standard",
                "expand": False,
                "free_text": False,
            }
        }
    )
    prompts: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=250)] = []
    set: str | None = Field(
        default=None, max_length=200, description="Name of a structure set of /v1/info, added to the prompts."
    )
    organs: str | None = Field(
        default=None,
        max_length=200,
        description="Name of a set of /v1/organs-at-risk: what of it is known is added to the prompts, the rest is told as by_hand.",
    )
    tidy: TidyingRequest | None = Field(default=None, description="Post-processing; none unless it is sent.")
    profile: Profile = "standard"
    expand: bool = Field(
        default=False, description="One structure for each part of a list, side or group; else value i = i-th prompt."
    )
    free_text: bool = Field(
        default=False, description="Try what the vocabulary does not know through the text encoder."
    )


class JobTicket(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"job": "1f0c9a3be27d4410"}})
    job: str


class AnsweredTicket(JobTicket):
    result: dict | None = Field(default=None, description="What the job gave, where it was done soon enough.")


class JobState(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "1f0c9a3be27d4410",
                "state": "running",
                "stage": "encode",
                "fraction": 0.4,
                "message": "Encoding the scan.",
                "error": None,
            }
        }
    )
    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    fraction: float
    message: str
    error: str | None
    notes: list[str] = Field(default=[], description="What to know of the answer, in plain sentences.")


class Part(BaseModel):
    name: str
    volume_ml: float
    presence: float
    in_view: bool


class Tested(BaseModel):
    """How the weights fared with a structure on scans of people that did not train them, as their card tells it."""

    dice: float = Field(description="Mean; of the source where it is lowest, if there are several.")
    low: float
    high: float = Field(description="With low: 95 % interval of the mean.")
    scans: int


class Row(BaseModel):
    """One structure of a segmentation."""

    prompt: str
    name: str
    value: int = Field(description="Its value in the label map.")
    volume_ml: float
    center_ras_mm: list[float] | None = Field(description="Centre of mass, RAS mm; null when not in view.")
    presence: float = Field(description="Probability that the structure is in view at all.")
    in_view: bool
    explanation: str
    parts: list[Part] = Field(description="The structures that a side, list or group stands for, when more than one.")
    tested: Tested | None = Field(default=None, description="Null where these weights were never tested on it.")


class SegmentResult(BaseModel):
    structures: list[Row]
    understood: list[str] = Field(description="How each prompt was read, in plain sentences.")
    suggestions: dict[str, list[str]] = Field(
        description="Nearest known names of prompts that were not known as written."
    )
    by_hand: list[str] = Field(default=[], description="Organs of the asked set that these weights do not know.")
    notes: list[str] = Field(default=[], description="What not to rely on in the answer, and what its job had to say.")


class Structure(BaseModel):
    name: str
    synonyms: list[str]
    side: str | None
    partner: str | None
    kind: str
    regions: list[str]
    groups: list[str]
    colour: list[int]
    snomed: dict[str, str] | None
    unions: list[list[str]]
    labelled: bool = Field(description="False when it exists only as the union of other structures.")
    known: bool = Field(description="Whether the loaded model was trained on it, or on all parts of one of its unions.")
    taught: bool = Field(description="Whether it was taught by example on this computer.")


class Info(BaseModel):
    version: str
    api: int
    limits: Limits
    model: dict
    device: str
    profiles: list[str]
    structures: list[Structure]
    groups: dict[str, list[str]]
    sets: dict[str, list[str]]
