"""JSON from files of others: bounded in size and depth."""

import json
from typing import Any

LARGEST = 8 << 20  # bytes of a text
DEEPEST = 32


def parse_json(text: str | bytes) -> Any:
    """What a JSON text holds. Raises ValueError when it is no JSON, larger than LARGEST, or nested deeper than DEEPEST."""
    if len(text) > LARGEST:
        raise ValueError("the JSON is too large")
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None
    if _depth(content) > DEEPEST:
        raise ValueError("the JSON is nested too deep")
    return content


def _depth(content: Any) -> int:
    """How many lists and objects lie in one another, without recursion."""
    deepest, level = 0, [content]
    while level := [one for one in level if isinstance(one, (list, dict))]:
        deepest += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return deepest
