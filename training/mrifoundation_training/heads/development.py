"""How a fitted head does on the development rows, which neither it nor the network has seen."""

from dataclasses import dataclass, replace

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.tasks.classify.head import Head
from mrifoundation_training.heads.example import Example
from mrifoundation_training.heads.extraction import measured
from mrifoundation_training.heads.figures_of_people import figures_of_people
from mrifoundation_training.heads.measurement_error import measurement_errors
from mrifoundation_training.heads.recipe import Data, Recipe


@dataclass(frozen=True, eq=False)
class Answers:
    """probabilities [N, K] of the head for `examples`; refused: id → why nothing could be measured."""

    examples: list[Example]
    probabilities: np.ndarray
    refused: dict[str, str]


def development_examples(recipe: Recipe, data: Data) -> list[Example]:
    """Real cases of split dev, whatever their terms: measuring is allowed with all of them."""
    return [one for one in recipe.examples(data) if one.split == "dev" and not one.simulated]


def answers(head: Head, recipe: Recipe, engine: Engine, data: Data) -> Answers:
    """The head asked about every development case."""
    examples = development_examples(recipe, data)
    records = measured(engine, recipe.card, examples)
    kept = [(example, record) for example, record in zip(examples, records, strict=True) if not record.refused]
    given = [list(head.probabilities(record.values)[0].values()) for _, record in kept]
    refused = {example.id: record.refused for example, record in zip(examples, records, strict=True) if record.refused}
    return Answers(
        [example for example, _ in kept], np.array(given).reshape(len(kept), len(head.card.classes)), refused
    )


def figures_of(head: Head, found: Answers) -> dict:
    """As `figures.summarise`, each person counting once; {} when nothing could be measured."""
    if not found.examples:
        return {}
    labels = [head.card.classes.index(example.label) for example in found.examples]
    patients = [example.patient for example in found.examples]
    return figures_of_people(found.probabilities, labels, patients, head.card.classes) | {"refused": len(found.refused)}


def with_development(head: Head, recipe: Recipe, engine: Engine, data: Data) -> Head:
    """The head with `development` among its figures, and `measurements` where experts outlined the same cases."""
    figures = head.card.figures | {"development": figures_of(head, answers(head, recipe, engine, data))}
    if recipe.reference is not None:
        examples = development_examples(recipe, data)
        theirs = [recipe.reference(example) for example in examples]
        figures["measurements"] = measurement_errors(measured(engine, recipe.card, examples), theirs)
    return replace(head, card=replace(head.card, figures=figures))
