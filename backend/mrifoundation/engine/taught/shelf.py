"""The taught structures that an engine can be asked for, as the files were when it looked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.anatomy.taught import TaughtName, with_taught
from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.taught.card import TaughtCard
from mrifoundation.engine.taught.files import folder_stamp, list_cards, load_query
from mrifoundation.errors import InputError
from mrifoundation.model import Query

ALIKE, ALIKE_SPREAD = 0.4, 0.08  # similarity of two scans' embeddings at which a structure is as likely in view as not
SCATTERED = 4  # pieces beyond which a small one is as real as a large one
LEAST_SHARE = 0.1  # of the smallest that was taught: as much must be found


@dataclass(frozen=True, eq=False)
class TaughtQuery:
    """A structure whose features are of the weights at hand. query: of one prompt; pooled: float32 [N, D], scans it was taught on."""

    card: TaughtCard
    query: Query
    pooled: torch.Tensor

    @property
    def scattered(self) -> bool:
        """Whether it comes in many pieces."""
        return max((lesson.pieces or 1 for lesson in self.card.lessons), default=1) > SCATTERED

    def presence(self, encoding: Encoding, logits: np.ndarray) -> float:
        """Probability, 0 to 1, that the structure is in view; logits: float32 on the working grid.

        Never higher than how much the scan is like the most similar one it was taught on (a brain's structure is in no
        knee, whatever its query finds there), nor than how sure the surest voxels are, a tenth as many as the smallest taught.
        """
        alike = float((self.pooled @ encoding.pooled.float().to(self.pooled.device)).max())
        likely = 1 / (1 + math.exp(-(alike - ALIKE) / ALIKE_SPREAD))
        count = min(logits.size, max(1, round(LEAST_SHARE * min(lesson.voxels for lesson in self.card.lessons))))
        surest = float(np.partition(logits, logits.size - count, axis=None)[-count:].mean())
        return min(likely, 1 / (1 + math.exp(-min(max(surest, -30.0), 30.0))))


@dataclass(frozen=True, eq=False)
class Shelf:
    """cards: of everything that was taught, by name. queries: what is fitted to the weights at hand. problems: name → why it cannot be
    asked for, one sentence with the remedy. vocabulary: with the names of all of them. stamp: of the folder when it was read.
    """

    cards: Mapping[str, TaughtCard]
    queries: Mapping[str, TaughtQuery]
    problems: Mapping[str, str]
    vocabulary: Vocabulary
    stamp: tuple

    @classmethod
    def read(cls, model_id: str, vocabulary: Vocabulary, device: torch.device) -> "Shelf":
        """What was taught on this computer. model_id: of the weights at hand. vocabulary: without anything taught."""
        stamp, queries, problems = folder_stamp(), {}, {}
        cards = {card.name: card for card in list_cards()}
        for name, card in cards.items():
            try:
                queries[name] = _loaded(card, model_id, device)
            except InputError as error:
                problems[name] = str(error)
        names = [TaughtName(card.name, card.synonyms, _one_piece(card)) for card in cards.values()]
        return cls(cards, queries, problems, with_taught(vocabulary, names) if names else vocabulary, stamp)

    def vocabulary_without(self, name: str, shipped: Vocabulary) -> Vocabulary:
        """`shipped` with everything that was taught but `name`."""
        others = [TaughtName(card.name, card.synonyms) for card in self.cards.values() if card.name != name]
        return with_taught(shipped, others)

    def to_list(self) -> list[dict]:
        """All of it as plain JSON types, as the service lists it."""
        return [self.to_dict(name) for name in self.cards]

    def to_dict(self, name: str) -> dict:
        """One of it as plain JSON types."""
        card = self.cards[name]
        return {
            "name": name,
            "synonyms": list(card.synonyms),
            "improves": card.improves,
            "usable": name in self.queries,
            "problem": self.problems.get(name, ""),
            "model": card.model_id,
            "profile": card.profile,
            "colour": list(self.vocabulary[name].colour),
            "cases": [
                {"volume": one.volume, "name": one.name, "slices": one.slices, "volume_ml": one.volume_ml}
                for one in card.lessons
            ],
            "figures": card.figures,
            "notes": list(card.notes),
        }


class Shelves:
    """What was taught, read again as soon as any process has taught or removed something. vocabulary: without anything taught."""

    def __init__(self, model_id: str, vocabulary: Vocabulary, device: torch.device):
        self.vocabulary = vocabulary
        self._model_id, self._device = model_id, device
        self.last = Shelf.read(model_id, vocabulary, device)
        self.empty = Shelf({}, {}, {}, vocabulary, ())

    def now(self) -> Shelf:
        if folder_stamp() != self.last.stamp:
            self.last = Shelf.read(self._model_id, self.vocabulary, self._device)
        return self.last


def _loaded(card: TaughtCard, model_id: str, device: torch.device) -> TaughtQuery:
    if card.model_id != model_id:
        raise InputError(
            f"'{card.name}' was taught for other weights ({card.model_id}); teach it again from the same scans with: "
            f"mrifoundation teach refresh '{card.name}'."
        )
    weights, bias, pooled = load_query(card)
    query = Query(
        torch.from_numpy(weights)[None].to(device),
        torch.tensor([bias], device=device),
        torch.zeros(1, 1, device=device),  # its presence is not asked of the tokens
    )
    return TaughtQuery(card, query, torch.from_numpy(pooled).to(device))


def _one_piece(card: TaughtCard) -> bool:
    return all(lesson.pieces == 1 for lesson in card.lessons)
