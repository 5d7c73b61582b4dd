"""Series that are probably mislabelled: the scans most like them agree on something else."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mrifoundation.library.file_names import named_after
from mrifoundation.library.filters import both, quoted
from mrifoundation.library.schema import CASES
from mrifoundation.library.store import Store

DOUBTED = ("region", "sequence")
NEIGHBOURS, AGREEING = 7, 6  # scans that are asked, and how many must say the same; fewer scans are not asked at all


@dataclass(frozen=True)
class Doubt:
    """case, collection, name: of the series. fact: region or sequence. told: by its source. probable: by `agreeing` of the seven
    scans of other patients that are most like it; similarity: the mean of theirs."""

    case: str
    collection: str
    name: str
    fact: str
    told: str
    probable: str
    agreeing: int
    similarity: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def contradiction(told: str, near: Sequence[str]) -> tuple[str, int] | None:
    """What the nearest scans say instead, and how many of them; None where they are too few or too divided."""
    if len(near) < NEIGHBOURS:
        return None
    probable = max(sorted(set(near)), key=list(near).count)
    agreeing = list(near).count(probable)
    return (probable, agreeing) if probable != told and agreeing >= AGREEING else None


def find_doubts(store: Store, model: str, collection: str | None = None) -> list[Doubt]:
    """Doubts about what sources told, the surest first; guesses neither vote nor are doubted. model: whose vectors are compared."""
    found = [doubt for fact in DOUBTED for doubt in _doubts_about(fact, store, model, collection)]
    return sorted(found, key=lambda doubt: (-doubt.agreeing, -doubt.similarity, doubt.case, doubt.fact))


def _doubts_about(fact: str, store: Store, model: str, collection: str | None) -> Iterator[Doubt]:
    told = both(f"model = {quoted(model)}", f"{fact} IS NOT NULL AND NOT array_has(guessed, {quoted(fact)})")
    asked = both(told, f"collection = {quoted(collection)}" if collection else "")
    columns = ["case", "collection", "name", "source", "patient", "content_hash", fact]
    for column in store.embedding_columns(CASES):
        for row, vector in zip(*store.vectors(CASES, asked, columns, column), strict=True):
            near = store.nearest(CASES, vector, both(told, _others(row)), [fact], NEIGHBOURS)
            if against := contradiction(row[fact], [one[fact] for one, _ in near]):
                similarity = sum(score for _, score in near) / len(near)
                names = (row["case"], row["collection"], row["name"] or named_after(row["source"]))
                yield Doubt(*names, fact, row[fact], *against, round(similarity, 4))


def _others(row: dict) -> str:
    """The same content may be there in another collection, with the same mistake."""
    other = f"content_hash <> {quoted(row['content_hash'])}"
    return both(other, f"patient IS NULL OR patient <> {quoted(row['patient'])}") if row["patient"] else other
