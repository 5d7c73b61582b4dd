"""Measurements of examples, kept by weights, head and example, so that a stopped fit goes on and a second one is quick."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mrifoundation.engine.folders import cache_folder

FORMAT = 5  # raised when a measurement changes its meaning


@dataclass(frozen=True)
class Record:
    """values: name → number. embedding: of all series, one after the other. refused: why nothing could be measured, else "".
    told: the evidence, what → number."""

    values: dict[str, float] = field(default_factory=dict)
    embedding: list[float] = field(default_factory=list)
    refused: str = ""
    told: dict[str, float] = field(default_factory=dict)


class FeatureCache:
    """One JSON file an example, in the user's cache folder."""

    def __init__(self, model_id: str, profile: str):
        self._folder = (
            cache_folder("head-features") / hashlib.sha256(f"{FORMAT}/{model_id}/{profile}".encode()).hexdigest()[:16]
        )
        self._folder.mkdir(exist_ok=True)

    def get(self, head: str, example: str) -> Record | None:
        try:
            return Record(**json.loads(self._path(head, example).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def put(self, head: str, example: str, record: Record) -> None:
        draft = self._path(head, example).with_suffix(".part")
        draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
        draft.replace(self._path(head, example))

    def _path(self, head: str, example: str) -> Path:
        return self._folder / f"{hashlib.sha256(f'{head}/{example}'.encode()).hexdigest()[:24]}.json"
