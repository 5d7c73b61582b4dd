"""The numbers that a head rests on, as a reader would put them: a model is fitted to logarithms, nobody thinks in them."""

import math


def readable(name: str, value: float) -> tuple[str, float, str]:
    """A feature as (name, value, unit). name, value: as `Features.values` has them (volumes in log mL, presence in logits, ejection as a
    share)."""
    if name.startswith("log "):
        measured = name.removeprefix("log ")
        return measured, math.exp(value), "mL" if "volume" in measured or "piece" in measured else ""
    if name.startswith("presence of "):
        return name, 1 / (1 + math.exp(-value)), ""
    if name.endswith(" ejection"):
        # Beside the ejection fraction of the whole chamber, from which it differs.
        return f"{name} fraction on the slices that both phases show", 100 * value, "%"
    return name, value, ""
