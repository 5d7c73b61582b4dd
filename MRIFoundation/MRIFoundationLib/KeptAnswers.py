"""Answers of heads as the scene keeps them: text of bounded length. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable

MOST_CHARACTERS = 200_000
_OF_THE_BACKEND = "job"
"""What only the backend that answered can use, as for a heat map; a saved scene outlives it."""

_NEEDED = {"head", "title", "applicable", "probabilities", "evidence", "reason", "caution"}


def keep(content: str, answers: list[dict]) -> str:
    """The text for answers about a scan with this checksum; without their evidence where that would be too long, "" where the rest is."""
    kept = [{name: value for name, value in answer.items() if name != _OF_THE_BACKEND} for answer in answers]
    for shown in (kept, [{**answer, "evidence": []} for answer in kept]):
        text = json.dumps({"content": content, "answers": shown})
        if len(text) <= MOST_CHARACTERS:
            return text
    return ""


def outdated(answers: Iterable[dict], heads: list[dict]) -> list[dict]:
    """The answers whose head was taught anew since, by the cards of the heads there are now. Of what none of these gave, as an answer to a
    sentence, that cannot be told."""
    digests = {head["name"]: head.get("sha256") for head in heads}
    return [one for one in answers if one.get("sha256") and digests.get(one["head"]) not in (None, "", one["sha256"])]


def recall(text: str) -> tuple[str, list[dict]]:
    """Checksum and answers back from the text; what cannot be read, as in a scene that was edited by hand, is none."""
    try:
        told = json.loads(text)
        answers = [answer for answer in told["answers"] if set(answer) >= _NEEDED]
        return str(told["content"]), answers
    except (ValueError, KeyError, TypeError):
        return "", []
