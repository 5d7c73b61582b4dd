"""What a report does not say: a size of it changed, or a denial turned round. No other change of free text is surely false."""

import re

import numpy as np

from mrifoundation_training.reports.sizes import otherwise

# A second number before the unit ("3 x 4 cm") is changed by itself.
_SIZE = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)(?=\s?(?:mm|cm|ml|mL|cc|cm3|cm³)\b)")
# "Less than 5 mm" is less than 10 mm as well; what is denied of one size may be of another.
_BOUND = re.compile(r"\b(?:than|under|over|below|above|least|most|up to|within|no|not|without|or)\b|[<>≤≥]", re.I)
_DENIAL = re.compile(r"\b[Nn]o (?!longer\b|doubt\b|more\b|less\b)(?=[a-z])")


def changed(rng: np.random.Generator, sentence: str) -> list[str]:
    """The sentence in every way in which it can be false by one change."""
    denials = [sentence[: found.start()] + sentence[found.end() :] for found in _DENIAL.finditer(sentence)]
    sizes = [] if _BOUND.search(sentence) else [_resized(rng, sentence, found) for found in _SIZE.finditer(sentence)]
    return [text[:1].upper() + text[1:] for text in denials + sizes]


def _resized(rng: np.random.Generator, sentence: str, size: re.Match) -> str:
    wrong = otherwise(rng, float(size.group(1).replace(",", ".")))
    return sentence[: size.start()] + str(rng.choice(wrong)) + sentence[size.end() :]
