"""python -m mrifoundation_training.average RUN_A/weights RUN_B/weights … --output FOLDER: one network from several runs.

Runs that begin with the same weights and see other examples stay so near to each other that the mean of their weights is a network as
well, usually a better one than each (Wortsman et al., Model soups, 2022). So runs side by side, one on each core or machine, which never
speak to each other, train one network.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import torch

from mrifoundation.errors import InputError
from mrifoundation.model import Card, load_model, save_model
from mrifoundation_training.card_licence import licence_of
from mrifoundation_training.weights_card import merged


def main(arguments: list[str] | None = None) -> int:
    """Entry point; exit codes as of `mrifoundation`."""
    parser = argparse.ArgumentParser(prog="mrifoundation_training.average", description=__doc__)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        card = average(options.weights, options.output)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{card.model_id} is the mean of {len(options.weights)} runs; evaluate it before it replaces anything.")
    return 0


def average(folders: list[Path], output: Path) -> Card:
    """Save the mean of the weights in `folders`; their card tells of each run.

    Raises InputError for fewer than two folders, for networks that differ in shape, and what `load_model` raises."""
    if len(folders) < 2:
        raise InputError("A mean needs the weights of at least two runs.")
    models, cards = zip(*(load_model(folder) for folder in folders), strict=True)
    if different := [str(f) for f, card in zip(folders, cards, strict=True) if card.config != cards[0].config]:
        raise InputError(f"{', '.join(different)} holds another network than {folders[0]}; only like ones have a mean.")
    states = [model.state_dict() for model in models]
    mean = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
    models[0].load_state_dict(mean)
    return save_model(output, models[0], _card(cards))


def _card(cards: tuple[Card, ...]) -> Card:
    """What all of them were trained on, under the stricter of their licences, and how each was; without scores."""
    data = merged([card.training_data for card in cards])
    return dataclasses.replace(
        cards[0],
        licence=licence_of(data, [card.licence for card in cards]),
        training_data=data,
        training={"mean_of": [card.training for card in cards]},
        scores=[],
    )


if __name__ == "__main__":
    sys.exit(main())
