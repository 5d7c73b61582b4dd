"""What became of one ask, and its row in the table of an answer."""

from dataclasses import dataclass

import numpy as np

from mrifoundation.engine.asks import Ask
from mrifoundation.engine.label_painter import LabelPainter

NOWHERE = -30.0  # a logit that no voxel survives
IN_VIEW = 0.5  # presence probability from which a structure counts as in view
LIKELIEST = "Where it would most likely be is drawn; whether there is one is in doubt ({presence:.0%})."


@dataclass(frozen=True, eq=False)
class Found:
    """What an ask's parts are: name, presence probability, and share of the voxels of their union. note: what else there is to say."""

    names: tuple[str, ...]
    presence: np.ndarray
    share: np.ndarray
    note: str = ""


def row(painter: LabelPainter, value: int, ask: Ask, found: Found) -> dict:
    """The row of `value`, which `painter` has painted for `ask`."""
    volume, centre = painter.measure(value)
    presence, explanation = float(found.presence.max()), f"{ask.explanation} {found.note}".strip()
    if centre is not None and presence < IN_VIEW:
        explanation = f"{explanation} {LIKELIEST.format(presence=presence)}".strip()
    return {
        "prompt": ask.prompt,
        "name": ask.name,
        "value": value,
        "volume_ml": round(volume, 4),
        "center_ras_mm": None if centre is None else [round(v, 2) for v in centre],
        "presence": round(presence, 4),
        "in_view": centre is not None,
        "explanation": explanation,
        "parts": _parts(found, volume) if len(found.names) > 1 else [],
    }


def _parts(found: Found, volume: float) -> list[dict]:
    """Each name's share of the union's volume: voxels that two names claim belong to the one with the higher logit."""
    return [
        {
            "name": name,
            "volume_ml": round(float(share) * volume, 4),
            "presence": round(float(presence), 4),
            "in_view": bool(presence >= IN_VIEW and share > 0 and volume > 0),
        }
        for name, presence, share in zip(found.names, found.presence, found.share, strict=True)
    ]
