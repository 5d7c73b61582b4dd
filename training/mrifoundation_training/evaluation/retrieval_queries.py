"""Hand-written queries in words that no sentence of the training has, and which scans answer them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.retrieval_gallery import known

FACTS = ("region", "sequence")


@dataclass(frozen=True)
class Query:
    """text; wanted: fact (region, sequence) → what an answer must be, at least one of the two."""

    text: str
    wanted: Mapping[str, str]

    @property
    def kind(self) -> str:
        """What it asks about, as a title: `region`, `sequence`, or both."""
        return " and ".join(self.wanted)

    def judges(self, case: Case) -> bool:
        """Whether enough is known of the scan to say if it answers."""
        return all(known(getattr(case, fact)) for fact in self.wanted)

    def answered_by(self, case: Case) -> bool:
        return all(getattr(case, fact) == value for fact, value in self.wanted.items())


@lru_cache(maxsize=1)
def hand_written() -> tuple[Query, ...]:
    """All of retrieval_queries.yaml."""
    rows = yaml.safe_load((files(__package__) / "retrieval_queries.yaml").read_text(encoding="utf-8"))
    return tuple(Query(row["text"], {fact: row[fact] for fact in FACTS if fact in row}) for row in rows)
