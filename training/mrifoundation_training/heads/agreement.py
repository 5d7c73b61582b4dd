"""Do our own brain volumes agree with those that OASIS published of the same people?"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mrifoundation_training.data.manifest import Case
from mrifoundation_training.heads.measurement_error import prediction_limits
from mrifoundation_training.heads.oasis import Person

LEAST_PEOPLE = 3
SIZE, EDGE = 480, 60  # pixels of the plot


@dataclass(frozen=True)
class Agreement:
    """Of ours with published values. r: Pearson. bias: mean of ours minus theirs; low, high: 95 % limits for a new person."""

    what: str
    people: int
    r: float
    bias: float
    low: float
    high: float
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    def to_dict(self) -> dict:
        return asdict(self)


def same_person(case: Case, people: dict[str, Person]) -> Person | None:
    """Row of the table of a scan of the source oasis (oasis-0040 is OAS1_0040_MR1)."""
    return people.get(f"OAS1_{case.subject.removeprefix('oasis-')}_MR1") if case.source == "oasis" else None


def compare(pairs: list[tuple[dict[str, float], Person]]) -> list[Agreement]:
    """Of nWBV and the intracranial volume (eTIV); [] for fewer than three people. A pair holds "nWBV" and "intracranial_ml"."""
    if len(pairs) < LEAST_PEOPLE:
        return []
    wanted: list[tuple[str, str, Callable[[Person], float]]] = [
        ("nWBV", "nWBV", lambda person: person.nwbv),
        ("intracranial volume (eTIV), mL", "intracranial_ml", lambda person: person.etiv),
    ]
    return [_agreement(title, *_arrays(pairs, key, published)) for title, key, published in wanted]


def _arrays(pairs, key: str, published: Callable[[Person], float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([ours[key] for ours, _ in pairs]), np.array([published(person) for _, person in pairs])


def _agreement(what: str, ours: np.ndarray, theirs: np.ndarray) -> Agreement:
    r = float(np.corrcoef(ours, theirs)[0, 1])
    return Agreement(
        what, len(ours), r, *prediction_limits(ours - theirs), tuple(ours.tolist()), tuple(theirs.tolist())
    )


def bland_altman(path: Path, found: Agreement) -> None:
    """A Bland–Altman plot as PNG: mean of both against their difference, with bias and limits (Bland & Altman, Lancet 1986)."""
    ours, theirs = np.array(found.ours), np.array(found.theirs)
    x, y = (ours + theirs) / 2, ours - theirs
    xs = _axis(x)
    ys = _axis(np.array([*y, found.low, found.high, 0.0]))
    picture = Image.new("RGB", (SIZE, SIZE), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((EDGE, EDGE, SIZE - EDGE, SIZE - EDGE), outline=(120, 120, 120))
    for value, name in ((found.bias, "bias"), (found.low, "low"), (found.high, "high"), (0.0, "")):
        row = _pixel(value, ys, flip=True)
        draw.line((EDGE, row, SIZE - EDGE, row), fill=(190, 190, 190) if not name else (40, 90, 170))
        draw.text((SIZE - EDGE + 4, row - 6), f"{value:.3g}", fill=(60, 60, 60))
    for a, b in zip(x, y, strict=True):
        column, row = _pixel(a, xs), _pixel(b, ys, flip=True)
        draw.ellipse((column - 4, row - 4, column + 4, row + 4), fill=(200, 70, 40))
    for value in xs:
        draw.text((_pixel(value, xs) - 12, SIZE - EDGE + 6), f"{value:.3g}", fill=(60, 60, 60))
    draw.text((EDGE, 12), f"{found.what}: ours minus published, {found.people} people, r = {found.r:.3f}", fill="black")
    draw.text((EDGE, SIZE - 24), "mean of both", fill="black")
    picture.save(path, format="PNG")


def _axis(values: np.ndarray) -> tuple[float, float]:
    reach = max(float(np.ptp(values)), 1e-6) * 0.1
    return float(values.min()) - reach, float(values.max()) + reach


def _pixel(value: float, span: tuple[float, float], flip: bool = False) -> float:
    share = (value - span[0]) / (span[1] - span[0])
    return EDGE + (SIZE - 2 * EDGE) * (1 - share if flip else share)
