"""Holds asks against an encoding: presence, logits, union of several names, and the table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np
import torch

from mrifoundation.engine.asks import Ask, Asks
from mrifoundation.engine.cleanup import CRUMB, CRUMB_OF_ONE_PIECE, drop_crumbs
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.found import IN_VIEW, NOWHERE, Found, row
from mrifoundation.engine.label_painter import LabelPainter
from mrifoundation.engine.segmentation import Segmentation
from mrifoundation.engine.taught.shelf import Shelf
from mrifoundation.engine.vertebral_levels import BODY, SACRUM, UPWARDS, Vertebrae, levels
from mrifoundation.errors import Cancelled
from mrifoundation.model import IN_VIEW_VOXELS, FoundationModel, Query, surest
from mrifoundation.volume.adapt import WorkingGrid, brought_onto
from mrifoundation.volume.box import Box, bounding_box

SURELY_NOT = 0.05  # presence probability below which a lesion is not even looked for
SUREST = 10.0  # logit beyond which one look does not outvote the other
COUNTED = "Its level is counted up from the sacrum."
PARTS_HOLD = 0.1  # of a whole's voxels, that its parts hold at least where they are asked in its place
AT_ONCE = 4  # names whose logits are held in memory together
RIVALS_AT_ONCE = 16


class Segmenter:
    """Segments encodings with one model and what was taught to it. shelf: of the same weights."""

    def __init__(self, model: FoundationModel, shelf: Shelf):
        self._model = model
        self._vocabulary = shelf.vocabulary
        self._taught = shelf.queries

    def segment(
        self, encoding: Encoding, asked: Asks, progress: Progress, cancel: Cancel, likeliest: bool = False
    ) -> Segmentation:
        """The label map and table of all asks; raises Cancelled between two of them. likeliest: lesions that are asked for by name are
        drawn though their presence is in doubt."""
        painter = LabelPainter(encoding, len(asked.asks))
        voxels = cache(self._features)
        found: list[Found] = []
        spoken_for, vertebrae = self._spoken_for(asked), cache(partial(self._vertebrae, encoding, voxels(encoding)))
        for number, ask in enumerate(asked.asks):
            if cancel():
                raise Cancelled("Segmenting was cancelled.")
            progress("segment", number / len(asked.asks), f"Segmenting {ask.name}.")
            least = SURELY_NOT if likeliest and self._may_be_drawn_in_doubt(ask) else IN_VIEW
            logits, one, grid = self._find_closest(encoding, voxels, ask, vertebrae, spoken_for[number], least)
            painter.paint(number + 1, logits, grid)
            found.append(one)
        table = [
            row(painter, number + 1, ask, one) for number, (ask, one) in enumerate(zip(asked.asks, found, strict=True))
        ]
        understood = [row["explanation"] for row in table if row["explanation"]]
        return Segmentation(
            painter.labels(), encoding.affine, table, list(dict.fromkeys(understood)), asked.suggestions
        )

    @torch.inference_mode()
    def in_view(self, encoding: Encoding, names: Sequence[str]) -> list[str]:
        """Those of `names`, which the weights learned, that are in view."""
        return self._seen(encoding, self._features(encoding), names)

    def box_of(self, encoding: Encoding, names: Sequence[str]) -> Box | None:
        """The working voxels around `names`; None where there are none."""
        masks = [self.logits_of(encoding, Ask(name, name, (name,), (), "")) > 0 for name in names]
        return bounding_box(np.any(masks, axis=0)) if masks else None

    def logits_of(self, encoding: Encoding, ask: Ask) -> np.ndarray:
        """float32 logits of one ask on the working grid (without padding), below 0 everywhere when it is not in view."""
        voxels = cache(self._features)
        vertebrae = partial(self._vertebrae, encoding, voxels(encoding))
        logits, _, grid = self._find_closest(encoding, voxels, ask, vertebrae)
        return logits if grid is encoding.grid else brought_onto(encoding.grid, logits, grid, outside=NOWHERE)

    @torch.inference_mode()
    def ungated(self, encoding: Encoding, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(presence probabilities [K], logits float32 [K, x, y, z] on the working grid without padding) of names that the weights
        learned, as if each were in view: neither presence nor neighbours take anything away."""
        features = self._features(encoding)
        presence, logits = [], np.zeros((len(names), *encoding.grid.shape), np.float32)
        for first in range(0, len(names), AT_ONCE):
            some = names[first : first + AT_ONCE]
            query = self._model.query_names(list(some))
            presence.append(self._presence(encoding, features, some, query))
            logits[first : first + AT_ONCE] = self._logits(encoding, features, query)
        return np.concatenate(presence) if presence else np.zeros(0, np.float32), logits

    def _features(self, encoding: Encoding) -> torch.Tensor:
        return encoding.voxel.to(self._model.device).float()

    def _find_closest(
        self,
        encoding: Encoding,
        voxels: Callable[[Encoding], torch.Tensor],
        ask: Ask,
        vertebrae: Callable[[], Vertebrae | None],
        spoken_for: frozenset[str] = frozenset(),
        least: float = IN_VIEW,
    ) -> tuple[np.ndarray, Found, WorkingGrid]:
        """Logits and what was found, and the grid of the logits: that of the close-up where the first look has found something and there
        is one."""
        logits, found = self._find(encoding, voxels(encoding), ask, vertebrae, spoken_for, least)
        places = self.close_ups_of(encoding, ask) if (logits > 0).any() else []
        for near in (encoding.close_ups[place] for place in places):
            closer, again = self._find(near, voxels(near), ask, uncounted, spoken_for, least)
            both = said_by_both(logits, encoding.grid, closer, near.grid)
            if (both > 0).any():
                return both, again, near.grid
        return logits, found, encoding.grid

    def close_ups_of(self, encoding: Encoding, ask: Ask) -> list[int]:
        """The places of those close-ups of a scan in which all that is asked for was learned from close by as well."""
        if ask.sentences or not ask.names or not set(self._taught).isdisjoint(ask.names):
            return []
        shown = {place: self._model.close_up(place) for place in encoding.close_ups}
        return [
            place for place, names in shown.items() if all(self._vocabulary.union_in(name, names) for name in ask.names)
        ]

    @torch.inference_mode()
    def _find(
        self,
        encoding: Encoding,
        features: torch.Tensor,
        ask: Ask,
        vertebrae: Callable[[], Vertebrae | None],
        spoken_for: frozenset[str] = frozenset(),
        least: float = IN_VIEW,
    ) -> tuple[np.ndarray, Found]:
        if (counted := self._counted(ask, vertebrae)) is not None:
            return counted
        chosen = self._by_parts(encoding, features, ask.names)
        chosen = tuple(name for name in chosen if name in ask.names or name not in spoken_for) or ask.names
        ask, taught = self._split(ask, chosen)
        names = (*ask.names, *ask.sentences, *taught)
        presence, share = np.zeros(len(names)), np.zeros(len(names))
        best, winner = np.full(encoding.grid.shape, NOWHERE, np.float32), None
        for number, (chance, logits) in enumerate(self._answers(encoding, features, ask, taught)):
            presence[number] = chance
            if chance < least:
                continue
            logits = self._cleaned(logits, names[number])
            wins = logits > best
            best = np.where(wins, logits, best)
            winner = np.where(wins, number, 0 if winner is None else winner)
        if not taught:
            self._yield_to_rivals(encoding, features, names, best)
            # So few never counted as in view while names were learned.
            if 0 < np.count_nonzero(best > 0) < IN_VIEW_VOXELS:
                best = np.full_like(best, NOWHERE)
        if winner is not None and (best > 0).any():
            counts = np.bincount(winner[best > 0], minlength=len(names))
            share = counts / counts.sum()
        return best, Found(names, presence, share)

    def _counted(self, ask: Ask, vertebrae: Callable[[], Vertebrae | None]) -> tuple[np.ndarray, Found] | None:
        """Vertebrae that are asked for by their levels, where these can be counted; None for anything else."""
        by_level = not ask.sentences and ask.names and set(UPWARDS).difference(self._taught).issuperset(ask.names)
        if not by_level or (found := vertebrae()) is None:
            return None
        logits, presence, share = found.of(ask.names)
        return logits, Found(ask.names, presence, share, COUNTED)

    def _vertebrae(self, encoding: Encoding, features: torch.Tensor) -> Vertebrae | None:
        """All vertebrae from the sacrum up, put together from their parts; None where these or the sacrum are not in view."""
        if not (self._model.taught(BODY) and self._sees(encoding, features, (SACRUM,))):
            return None
        names = [BODY, SACRUM, *self._model.rivals([BODY, SACRUM])]
        presence, logits = self.ungated(encoding, names)
        best, winner = logits.max(0), logits.argmax(0)
        seen = {name: (winner == n) & (best > 0) for n, name in enumerate(names) if presence[n] >= IN_VIEW}
        masks = levels(seen, np.full(3, encoding.grid.spacing))
        return Vertebrae(best, float(presence[0]), masks) if masks else None

    def _split(self, ask: Ask, names: tuple[str, ...]) -> tuple[Ask, tuple[str, ...]]:
        """The ask for what the weights answer themselves, and what was taught: that wins over the weights' own query of a name."""
        taught = tuple(name for name in names if name in self._taught)
        return replace(ask, names=tuple(name for name in names if name not in taught)), taught

    def _answers(
        self, encoding: Encoding, features: torch.Tensor, ask: Ask, taught: tuple[str, ...]
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Presence and logits of the ask's names, of its sentences, and of what was taught."""
        for names, query in self._queries(ask):
            presence = self._presence(encoding, features, names, query)
            yield from zip(presence, self._logits(encoding, features, query), strict=True)
        for one in map(self._taught.__getitem__, taught):
            logits = self._logits(encoding, features, one.query)[0]
            yield one.presence(encoding, logits), logits

    def _yield_to_rivals(
        self, encoding: Encoding, features: torch.Tensor, names: tuple[str, ...], best: np.ndarray
    ) -> None:
        """Take from `best` what belongs to a neighbour: an answer is the same whether its neighbours are asked for too or not.

        Only neighbours in view count, and only inside the box of the answer. Lowering by the rival's logit puts the border where both
        are equal."""
        rivals, box = self._model.rivals(names), bounding_box(best > 0)
        if box is None or not rivals:
            return
        rivals = self._seen(encoding, features, rivals)
        cells = tuple(slice(b.start // 2, -(-b.stop // 2)) for b in box)
        inside = tuple(slice(b.start - 2 * c.start, b.stop - 2 * c.start) for b, c in zip(box, cells, strict=True))
        part = features[(slice(None), *cells)]
        strongest = np.zeros(best[box].shape, np.float32)
        for first in range(0, len(rivals), RIVALS_AT_ONCE):
            query = self._model.query_names(rivals[first : first + RIVALS_AT_ONCE])
            logits = self._model.logits(part, query).amax(0).float().cpu().numpy()[inside]
            np.maximum(strongest, logits, out=strongest)
        best[box] -= strongest

    def _spoken_for(self, asked: Asks) -> list[frozenset[str]]:
        """For each ask, the parts that a narrower ask beside it answers: of brain and brainstem, the brainstem is the second's."""
        covers = [
            frozenset(ask.names).union(*(parts for name in ask.names for parts in self._cuts(name)))
            for ask in asked.asks
        ]
        return [frozenset().union(*(cover for cover in covers if len(cover) < len(own))) for own in covers]

    def _by_parts(self, encoding: Encoding, features: torch.Tensor, names: tuple[str, ...]) -> tuple[str, ...]:
        """Parts instead of a whole where the model knows them and sees one, since parts are learned far better: two sides, or what a
        source that tells no sides cut it into (a crop around one hippocampus), or all that a brain is the sum of. Not where the whole
        gives way to another of the same parts: all that a fetal brain is the sum of is in a grown one, too; nor where they hold next to
        nothing of it."""
        chosen = (part for name in names for part in self._best_cut(encoding, features, name))
        return tuple(dict.fromkeys(chosen))

    def _best_cut(self, encoding: Encoding, features: torch.Tensor, name: str) -> tuple[str, ...]:
        """The parts that agree best (Dice) with the whole, which was asked for in scans of every kind; they tell what kind of scan this is.
        The whole itself where there are none: what a source of pelves calls the two femora is next to nothing of that of a knee."""
        cuts = [parts for parts in self._cuts(name) if self._sees(encoding, features, parts)]
        if not cuts or self._gives_way(encoding, features, name):
            return (name,)
        whole = self._where(encoding, features, (name,))
        held = {parts: self._where(encoding, features, parts) for parts in cuts}
        held = {parts: cut for parts, cut in held.items() if cut.sum() >= PARTS_HOLD * whole.sum()}
        return max(held, key=lambda parts: _dice(whole, held[parts]), default=(name,))

    def _gives_way(self, encoding: Encoding, features: torch.Tensor, name: str) -> bool:
        """Whether something is rather what it gives way to."""
        other = self._vocabulary[name].gives_way_to
        if other is None or not self._model.knows(other):
            return False
        own, rather = self._presence(encoding, features, (name, other), self._model.query_names([name, other]))
        return bool(rather > own)

    def _sees(self, encoding: Encoding, features: torch.Tensor, names: tuple[str, ...]) -> bool:
        return bool(self._seen(encoding, features, names))

    def _seen(self, encoding: Encoding, features: torch.Tensor, names: Sequence[str]) -> list[str]:
        presence = self._presence(encoding, features, names, self._model.query_names(list(names)))
        return [name for name, chance in zip(names, presence, strict=True) if chance >= IN_VIEW]

    def _where(self, encoding: Encoding, features: torch.Tensor, names: tuple[str, ...]) -> np.ndarray:
        """Where the query of any of `names` is above 0, bool [x, y, z]."""
        found = np.zeros(encoding.grid.shape, bool)
        for first in range(0, len(names), AT_ONCE):
            query = self._model.query_names(list(names[first : first + AT_ONCE]))
            found |= (self._logits(encoding, features, query) > 0).any(0)
        return found

    def _cuts(self, name: str) -> list[tuple[str, ...]]:
        """The ways to cut a whole into parts which the model knows: what has two sides into these or what else it is the sum of, anything
        else into the labels of the commonest source that labels it all. [] for lesions, whose whole is easier to see than its parts."""
        if name in self._taught or name not in self._vocabulary or self._is_lesion(name):
            return []
        unions, sides = self._vocabulary[name].unions, self._vocabulary.sides_of(name)
        if len(sides) != 2:
            # Levels of vertebrae are told apart worse than their parts are.
            unions = [parts for parts in unions if not set(UPWARDS).issuperset(parts)] or unions
            return sorted(filter(self._model.taught_together, unions), key=self._model.taught_together)[-1:]
        cuts = [sides] if all(map(self._model.knows, sides)) else []
        return cuts + [parts for parts in unions if all(map(self._model.taught, parts)) and parts != sides]

    def _presence(self, encoding: Encoding, features: torch.Tensor, names: Sequence[str], query: Query) -> np.ndarray:
        """Probability that each of `names`, which `query` asks for, is in view: told by tokens, of lesions by their surest voxels too."""
        best, local = torch.zeros(len(query), device=self._model.device), self._model.local(names)
        if local:
            best[local] = surest(torch.from_numpy(self._logits(encoding, features, query[local])).flatten(1)).to(best)
        return self._model.presence(encoding.tokens, encoding.share, query, best).sigmoid().cpu().numpy()

    def _queries(self, ask: Ask) -> Iterator[tuple[Sequence[str], Query]]:
        """A few names at a time, or all sentences, with what asks for them."""
        for first in range(0, len(ask.names), AT_ONCE):
            names = ask.names[first : first + AT_ONCE]
            yield names, self._model.query_names(list(names))
        if ask.sentences:
            from mrifoundation.model.text_tower import TextTower  # a large import that known names never need

            vectors = TextTower.load().embed(list(ask.sentences))
            yield ask.sentences, self._model.query_text(torch.from_numpy(vectors))

    def _logits(self, encoding: Encoding, features: torch.Tensor, query: Query) -> np.ndarray:
        x, y, z = encoding.grid.shape
        return self._model.logits(features, query)[:, :x, :y, :z].float().cpu().numpy()

    def _cleaned(self, logits: np.ndarray, name: str) -> np.ndarray:
        scattered = name in self._taught and self._taught[name].scattered
        if scattered or name not in self._vocabulary or self._is_lesion(name):
            return logits
        return drop_crumbs(logits, CRUMB_OF_ONE_PIECE if self._vocabulary[name].one_piece else CRUMB)

    def _may_be_drawn_in_doubt(self, ask: Ask) -> bool:
        """Whether it is one lesion, asked for by its name, of which the weights alone have a say. Of anatomy presence is learned well."""
        return ask.named and ask.names[0] not in self._taught and self._is_lesion(ask.names[0])

    def _is_lesion(self, name: str) -> bool:
        return name in self._vocabulary and self._vocabulary[name].kind == "lesion"


def _dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((one & other).sum()) / max(1.0, float(one.sum() + other.sum()))


def said_by_both(first: np.ndarray, grid: WorkingGrid, closer: np.ndarray, near: WorkingGrid) -> np.ndarray:
    """Logits of the second look's grid to which the first has as much to say: two views err less than either."""
    moved = brought_onto(near, first.clip(-SUREST, SUREST), grid, outside=-SUREST)
    return (moved + closer.clip(-SUREST, SUREST)) / 2


def uncounted() -> None:
    """No vertebrae are counted."""
