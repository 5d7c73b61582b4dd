"""Measurements of examples, kept by weights, head and what the scans hold, so that a stopped fit goes on and a second one is quick."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mrifoundation.engine.folders import cache_folder
from mrifoundation.volume import Scan

FORMAT = 6  # raised when a measurement changes its meaning


@dataclass(frozen=True)
class Record:
    """values: name → number. embedding: of all series, one after the other. refused: why nothing could be measured, else "".
    told: the evidence, what → number."""

    values: dict[str, float] = field(default_factory=dict)
    embedding: list[float] = field(default_factory=list)
    refused: str = ""
    told: dict[str, float] = field(default_factory=dict)


def contents(scans: Iterable[Scan]) -> str:
    """What names the scans of an example: ids repeat from archive to archive, and a file may be replaced."""
    return "/".join(scan.content_hash for scan in scans)


class FeatureCache:
    """One JSON file an example, in the user's cache folder."""

    def __init__(self, model_id: str, profile: str):
        self._folder = (
            cache_folder("head-features") / hashlib.sha256(f"{FORMAT}/{model_id}/{profile}".encode()).hexdigest()[:16]
        )
        self._folder.mkdir(exist_ok=True)

    def get(self, head: str, content: str) -> Record | None:
        try:
            return Record(**json.loads(self._path(head, content).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def put(self, head: str, content: str, record: Record) -> None:
        draft = self._path(head, content).with_suffix(".part")
        draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
        draft.replace(self._path(head, content))

    def _path(self, head: str, content: str) -> Path:
        return self._folder / f"{hashlib.sha256(f'{head}/{content}'.encode()).hexdigest()[:24]}.json"
