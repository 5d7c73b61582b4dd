"""What volumes people had, and how unlike their two sides were: ranges that ship, each with whom it is of."""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

RANGES = Path(__file__).with_name("usual_volumes.json")
"""Written by `python -m mrifoundation_training.usual_volumes`."""


@dataclass(frozen=True)
class Range:
    """people: how many. mean, deviation, low, high: of what they had, mL or per cent. of: whom they are; licence: of their labels."""

    people: int
    mean: float
    deviation: float
    low: float
    high: float
    of: str
    licence: str

    @property
    def also_outside(self) -> float:
        """The share of people like them that lies outside as well: exactly 2 / (n + 1), whatever the distribution."""
        return 2 / (self.people + 1)

    def to_dict(self) -> dict:
        return asdict(self)


def usual_volume(name: str) -> Range | None:
    """mL of a structure, sides apart; None where fewer than ten people were measured."""
    return _ranges()["volume_ml"].get(name)


def usual_asymmetry(name: str) -> Range | None:
    """Per cent as of `Asymmetry.index`, of a structure without its side; None where fewer than ten people were measured."""
    return _ranges()["asymmetry_percent"].get(name)


@lru_cache(maxsize=1)
def _ranges() -> dict[str, dict[str, Range]]:
    told = json.loads(RANGES.read_text(encoding="utf-8"))
    return {what: {name: Range(**one) for name, one in ranges.items()} for what, ranges in told.items()}
