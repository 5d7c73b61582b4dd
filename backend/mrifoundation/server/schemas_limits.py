"""What `/v1/info` tells of the service's limits."""

from pydantic import BaseModel, Field


class Limits(BaseModel):
    """Bytes, unless said otherwise."""

    upload: int = Field(description="Of a body that carries voxels or a file, as sent.")
    together: int = Field(
        description="Of all requests at work: bodies that carry voxels or files, and what is made of them; further ones get 429."
    )
    json_body: int = Field(description="Of any other body.")
    volume: int = Field(description="Of one volume, as stored and as float32.")
    unpacked: int = Field(description="That a zip or gzip may unpack to.")
    files: int = Field(description="Files in a zip or folder.")
    waiting_jobs: int = Field(description="Jobs that may wait; further ones get 429.")
    requests_per_minute: int | None = Field(
        description="Of one key from one address, ten times as many from all; further ones get 429. null: no limit."
    )
    kept_days: float | None = Field(
        description="Days that unused uploads and encodings are kept; null: as long as there is room."
    )
