"""What a person must know of a head, as it is stored in JSON beside its numbers."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation.tasks.measure.calibration import Calibration

FORMAT = 1


@dataclass(frozen=True)
class HeadCard:
    """name: of the files. title and question: for people. classes: in the order of the rows of the model.

    inputs: one name a series, in order. kinds: what is measured (`features.KINDS`); feature_names: columns of the model;
    structures: what the kind `lesion` measures. regions: body regions it is meant for, () for any. ages: years, or None.
    positive: the class that the question asks about, "" when there are more than two.
    trained_on: cases, patients, classes → patients, sources, simulated, and one `sentence`. figures: cross-validated, as
    `figures.summarise` gives them, with baselines; `measurements`: what is measured → {"bias", "low", "high", "people"}, how far ours
    lay from others' (95 %). gate: largest `distance` of an embedding to those trained on, and `calibration`: name of a feature →
    `Calibration` of our own measurement to the one fitted to.
    told_as: class → words of a diagnosis by which a library tells it, the class itself where it is left out.
    model_id: weights it was fitted for; "" when it needs none. limits: plain sentences. sha256: of the numbers.
    """

    name: str
    title: str
    question: str
    classes: tuple[str, ...]
    inputs: tuple[str, ...] = ("scan",)
    kinds: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    ages: tuple[float, float] | None = None
    positive: str = ""
    trained_on: dict = field(default_factory=dict)
    figures: dict = field(default_factory=dict)
    gate: dict = field(default_factory=dict)
    told_as: dict[str, list[str]] = field(default_factory=dict)
    model_id: str = ""
    licence: str = ""
    limits: tuple[str, ...] = ()
    sha256: str = ""
    format: int = FORMAT

    def __post_init__(self):
        for name in ("classes", "inputs", "kinds", "feature_names", "structures", "regions", "limits"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.ages is not None:
            object.__setattr__(self, "ages", tuple(self.ages))

    @property
    def calibrations(self) -> dict[str, Calibration]:
        """By the name of the feature; {} where the head was fitted to our own measurements."""
        return {name: Calibration(**known) for name, known in self.gate.get("calibration", {}).items()}

    @property
    def caution(self) -> str:
        """The limits as they stand beside every answer."""
        return " ".join(self.limits)

    def to_dict(self) -> dict:
        """Plain JSON types, as the service lists heads; `inputs` is "1 series" for a single one."""
        shown = json.loads(json.dumps(asdict(self)))
        return shown | {"inputs": "1 series" if len(self.inputs) == 1 else list(self.inputs)}


def read_card(path: Path) -> HeadCard:
    """Raises InputError when the file is missing, damaged or of a newer format."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] > FORMAT:
            raise InputError(f"The head '{path.stem}' was written by a newer version; update MRIFoundation.")
        return HeadCard(**content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"The card of the head '{path.stem}' cannot be read ({path}); teach the head again."
        ) from error


def write_card(path: Path, card: HeadCard) -> None:
    """As JSON, one line a field where it is short."""
    path.write_text(json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
