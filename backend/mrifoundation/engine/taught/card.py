"""What a person must know of a taught structure, as it is stored in JSON beside its numbers."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mrifoundation.errors import InputError

FORMAT = 1


@dataclass(frozen=True)
class Lesson:
    """One annotated scan. volume: its content hash; name: for people; path: where it lies, "" when in no file.

    shape: of the scan. slices: how many were annotated, None for all. volume_ml: of what is marked. voxels: working voxels of it;
    pieces: connected pieces, None where only slices are known. patient: whose scan it is, "" where each is somebody else's.
    """

    volume: str
    name: str
    path: str
    shape: tuple[int, int, int]
    slices: int | None
    volume_ml: float
    voxels: int
    pieces: int | None
    patient: str = ""

    def __post_init__(self):
        object.__setattr__(self, "shape", tuple(self.shape))

    @property
    def person(self) -> str:
        """Tells people apart: nobody may both teach and be asked where it is told how well something was learned."""
        return self.patient or self.volume


@dataclass(frozen=True)
class TaughtCard:
    """name: as typed. improves: the vocabulary has the name, and the weights' own query was the start where they know it.

    model_id: weights whose features it was fitted to; profile: detail of their encodings. figures: {} with one scan, else dice (mean of
    each scan segmented by what other people's taught, on kept cells), scans, sentence. notes: plain sentences. sha256: of the numbers.
    """

    name: str
    synonyms: tuple[str, ...]
    improves: bool
    model_id: str
    profile: str
    lessons: tuple[Lesson, ...]
    figures: dict = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sha256: str = ""
    format: int = FORMAT

    def __post_init__(self):
        object.__setattr__(self, "synonyms", tuple(self.synonyms))
        object.__setattr__(self, "notes", tuple(self.notes))
        lessons = (one if isinstance(one, Lesson) else Lesson(**one) for one in self.lessons)
        object.__setattr__(self, "lessons", tuple(lessons))


def read_card(path: Path) -> TaughtCard:
    """Raises InputError when the file is missing, damaged or of a newer format."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] > FORMAT:
            raise InputError(f"The structure '{path.stem}' was written by a newer version; update MRIFoundation.")
        return TaughtCard(**content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"The card of the taught structure '{path.stem}' cannot be read ({path}); remove it and teach it again."
        ) from error


def write_card(path: Path, card: TaughtCard) -> None:
    path.write_text(json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
