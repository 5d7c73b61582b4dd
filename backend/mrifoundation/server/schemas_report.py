"""What is asked of a findings report over HTTP."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mrifoundation.server.schemas import Profile
from mrifoundation.server.schemas_classify import Name, Sex, VolumeId


class ReportRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"heads": None, "prior": None, "age": 72, "sex": "F"}})
    heads: Annotated[list[Name], Field(max_length=50)] | None = Field(
        default=None, description="Which heads; null: all."
    )
    study: Annotated[list[VolumeId], Field(max_length=8)] = Field(
        default=[], description="All series of the examination in order, this one included, when there are several."
    )
    prior: VolumeId | None = Field(default=None, description="An earlier scan of the same person.")
    similar: bool = Field(default=False, description="Quote the captions and reports of similar cases of the library.")
    age: Annotated[float, Field(ge=0, le=120)] | None = None
    sex: Sex | None = None
    profile: Profile = "standard"
