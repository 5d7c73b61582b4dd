"""python -m mrifoundation_training.release RUN/weights SCORES.json --command "…": ship a run's weights, scores in their card.

SCORES.json is what `mrifoundation evaluate segmentation … --json` printed for these very weights; other weights' scores are refused.
"""

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from mrifoundation.engine.weights import SHIPPED
from mrifoundation.errors import InputError
from mrifoundation.model import Card, load_card
from mrifoundation.model.checkpoint import CARD, WEIGHTS


def main(arguments: list[str] | None = None) -> int:
    """Entry point; exit codes as of `mrifoundation`."""
    parser = argparse.ArgumentParser(prog="mrifoundation_training.release", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--command", required=True, help="the evaluation, so that anyone can repeat it")
    parser.add_argument("--limit", action="append", default=[], help="a sentence of what the evaluation did not cover")
    options = parser.parse_args(arguments)
    try:
        scores = json.loads(options.scores.read_text(encoding="utf-8"))
        card = release(options.weights, scores, options.command, limits=options.limit)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{card.model_id} is shipped with {len(card.scores)} scores.")
    return 0


def release(weights: Path, evaluation: dict, command: str, shipped: Path = SHIPPED, limits: Sequence[str] = ()) -> Card:
    """Copy `weights` to the package's folder of their name, with the scores of `evaluation`, and `limits` of it, in the card.

    Raises InputError when the evaluation is of other weights.
    """
    card = load_card(weights)
    if evaluation["model"] != card.model_id:
        raise InputError(f"The scores are of {evaluation['model']}, the weights are {card.model_id}; evaluate these.")
    scored = dataclasses.replace(card, scores=card_scores(evaluation, command), limits=[*card.limits, *limits])
    folder = shipped / card.name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(weights / WEIGHTS, folder / WEIGHTS)
    content = json.dumps(dataclasses.asdict(scored), indent=1, ensure_ascii=False)
    (folder / CARD).write_text(content + "\n", encoding="utf-8")
    return load_card(folder)


def card_scores(evaluation: dict, command: str) -> list[dict]:
    """One dict a structure and source, then the rates over all: false presence and swapped sides."""
    rows = [
        {
            "structure": row["structure"],
            "source": row["source"],
            "dice": _rounded(row["dice"]["mean"]),
            "interval_95": [_rounded(row["dice"]["low"]), _rounded(row["dice"]["high"])],
            "hd95_mm": _rounded(row["hd95_mm"]["mean"]),
            "scans": row["dice"]["scans"],
        }
        for row in evaluation["structures"]
    ]
    rates = {name: evaluation[name]["rate"] for name in ("false_presence", "sides_swapped")}
    return [{"command": command, "profile": evaluation["profile"], "split": evaluation["split"], **rates}, *rows]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


if __name__ == "__main__":
    sys.exit(main())
