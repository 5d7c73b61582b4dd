"""How far the segmentation of a structure can be trusted, as the card of the weights tells it."""

from dataclasses import dataclass

from mrifoundation.model import Card

ROUGH = 0.7  # low end of the Dice on development scans under which a volume is called rough
FEW = 2  # scans, on which a figure is an anecdote
HOPELESS = 0.3  # mean Dice under which a structure is not looked for at all


@dataclass(frozen=True)
class Trust:
    """dice: mean on development scans, of the source where it is lowest. low, high: its 95 % interval there, both the mean where none is
    told. scans: how many these were, 0 where the card does not say."""

    dice: float
    low: float
    high: float
    scans: int = 0

    @property
    def rough(self) -> bool:
        return self.low < ROUGH

    @property
    def anecdotal(self) -> bool:
        """Whether it rests on a scan or two."""
        return 0 < self.scans <= FEW

    @property
    def words(self) -> str:
        span = f" ({self.low:.2f} to {self.high:.2f})" if self.low < self.high else ""
        return f"Dice {self.dice:.2f}{span} on development scans"

    @property
    def volume_error(self) -> float:
        """By how much of itself, per cent, a volume may be off: nested masks of Dice d differ by 200 · (1 − d) % of their mean."""
        return 200.0 * (1 - self.low)


def trust_of(card: Card, name: str) -> Trust | None:
    """None when it was not measured. What rests on a scan or two counts only where nothing rests on more."""
    found = [one for row in card.scores if row.get("structure") == name and (one := _trust(row)) is not None]
    told = [one for one in found if not one.anecdotal] or found
    return min(told, key=lambda one: one.dice, default=None)


def _trust(row: dict) -> Trust | None:
    dice = row.get("dice")
    mean = dice.get("mean") if isinstance(dice, dict) else dice
    if not isinstance(mean, (int, float)):
        return None
    low, high = (mean if end is None else end for end in row.get("interval_95") or (None, None))
    return Trust(round(float(mean), 4), round(float(low), 4), round(float(high), 4), int(row.get("scans") or 0))
