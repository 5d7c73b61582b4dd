"""The engine: one set of weights on one device, and everything that can be done with it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import torch

from mrifoundation.anatomy import Structure, Vocabulary
from mrifoundation.engine.asks import Ask, Asks, asks_of
from mrifoundation.engine.close_ups import encode_twice
from mrifoundation.engine.device import choose_device, use_physical_cores
from mrifoundation.engine.embedder import Embedder
from mrifoundation.engine.encoder import Cancel, Encoder, Progress, never, silent
from mrifoundation.engine.encoding import Encoding, encoding_key
from mrifoundation.engine.encoding_cache import EncodingCache
from mrifoundation.engine.found import NOWHERE
from mrifoundation.engine.meaning import InView, no_scan
from mrifoundation.engine.refinement import Mark, Refiner
from mrifoundation.engine.refinement.relabelling import relabelled, segment_of
from mrifoundation.engine.refinement.words import Words
from mrifoundation.engine.segmentation import Segmentation
from mrifoundation.engine.segmenter import Segmenter
from mrifoundation.engine.taught.shelf import Shelf, Shelves
from mrifoundation.engine.tested import with_tests
from mrifoundation.engine.torch_runtime import TorchRuntime
from mrifoundation.engine.weights import find_weights
from mrifoundation.errors import InputError
from mrifoundation.model import Card, FoundationModel, load_model
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import PROFILES


class Engine:
    """Encodes scans and segments them by text. Not for use by several threads at once.

    card: of the weights. device: where the network runs. reads_text: whether scans can be
    compared with words.
    """

    def __init__(self, model: FoundationModel, card: Card, vocabulary: Vocabulary | None = None):
        self.card = card
        self.device = model.device
        self._model = model
        self._learned = frozenset(card.config.names)
        self._shelves = Shelves(card.model_id, vocabulary or Vocabulary.load(), model.device)
        self._encoder = Encoder(model, TorchRuntime(model.network, model.device), card.model_id)
        self._embedder = Embedder(model)
        self.reads_text = model.reads_text
        self._cache = EncodingCache(model.device)
        self._lowered: dict[str, str] | None = None
        self._scans: WeakValueDictionary[str, Scan] = WeakValueDictionary()  # refining looks at the scan itself

    @classmethod
    def load(cls, weights: Path | str | None = None, device: str = "auto") -> "Engine":
        """The engine with `weights` (a folder, or the name of shipped ones; default $MRIFOUNDATION_WEIGHTS, else the
        shipped ones).

        device: auto, cpu or cuda. Raises InputError when the weights or the device are not there.
        """
        chosen = choose_device(device)
        use_physical_cores()
        return cls(*load_model(find_weights(weights), chosen))

    def encode(
        self, scan: Scan, profile: str = "standard", progress: Progress | None = None, cancel: Cancel | None = None
    ) -> Encoding:
        """The encoding of `scan`: the one slow step, done once for each scan, profile and model.

        profile: fast | standard | fine. progress(stage, fraction, message) hears how far it is; cancel() → True stops
        it within one layer of the network. Raises InputError for an unknown profile, Cancelled when cancelled.
        """
        if profile not in PROFILES:
            raise InputError(f"There is no profile '{profile}'; choose one of {', '.join(PROFILES)}.")
        if self._lowered is not None:
            profile = self._one_lower(profile)
        self._scans[scan.content_hash] = scan
        encoding = self._cache.get(encoding_key(scan.content_hash, self.card.model_id, profile))
        if encoding is None:
            # What is kept must not hang on what is taught today.
            segmenter = Segmenter(self._model, self._shelves.empty)
            encoding = encode_twice(
                self._model, segmenter, self._encoder, scan, profile, progress or silent, cancel or never
            )
            self._cache.put(encoding)
        return encoding

    @contextmanager
    def one_detail_lower(self) -> Iterator[dict[str, str]]:
        """Within, `encode` takes the next lower profile than it is asked for, where there is one; gives what was asked for → taken."""
        self._lowered = {}
        try:
            yield self._lowered
        finally:
            self._lowered = None

    def _one_lower(self, profile: str) -> str:
        names = list(PROFILES)
        lower = names[max(0, names.index(profile) - 1)]
        if lower != profile:
            self._lowered[profile] = lower
        return lower

    def forget(self, scan_hash: str) -> None:
        """Drop from memory what a scan was encoded to; what is on disk is `kept_scans`' business."""
        self._cache.forget(scan_hash)

    def shrink(self) -> None:
        """Forget the encodings in memory; they are read from disk, or made again, when they are asked for."""
        self._cache.shrink()

    @property
    def encodings_held(self) -> int:
        """How many encodings are in memory."""
        return len(self._cache)

    @property
    def trouble(self) -> str | None:
        """Why encodings are not kept on disk; None when they are."""
        return self._cache.trouble

    def segment(
        self,
        encoding: Encoding,
        prompts: Collection[str],
        free_text: bool = False,
        expand: bool = False,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
        likeliest: bool = False,
    ) -> Segmentation:
        """The structures that `prompts` name, on the scan's own grid.

        Value i of the label map is the i-th prompt; with `expand`, the i-th of all structures that the prompts stand
        for. A structure that is not in view has no voxels, volume 0 and no centre. likeliest: for somebody who looks at the
        answer; a lesion that is asked for by its own name is drawn where it would most likely be, and its explanation says so, unless it
        is surely not there. Raises InputError for a prompt that is not understood (with the nearest names), unless `free_text`,
        when the text encoder tries it.
        """
        shelf = self.taught
        in_view = partial(self._in_view, encoding)
        asked, segmenter = self._understand(shelf, prompts, free_text, expand, in_view), Segmenter(self._model, shelf)
        result = segmenter.segment(encoding, asked, progress or silent, cancel or never, likeliest)
        table, notes = with_tests(self.card, result.table, self._learned - shelf.queries.keys())
        return replace(result, table=table, notes=notes)

    def refine(
        self,
        encoding: Encoding,
        result: Segmentation | np.ndarray | None,
        marks: Sequence[Mark | dict],
        value: int = 1,
        scan: Scan | None = None,
    ) -> Segmentation:
        """The segment `value` of `result` corrected by `marks`, in their order; the other segments keep what it does not take.

        result: an earlier answer, a mask on the scan's own grid, or None to draw a structure from marks alone. marks: `Mark`s, or their
        JSON objects: {"kind": "point", "points": [[x, y, z]], "positive": true}, in RAS mm unless "space" is "index". scan: the one that
        was encoded; needed only when the engine that encoded it is another or the scan is no longer held by anyone.
        Raises InputError for a mark that is malformed or lies outside the volume.
        """
        mask = segment_of(result, value, encoding)
        words = self.words(encoding, result.names[value]) if isinstance(result, Segmentation) else None
        refiner = Refiner(encoding, scan or self._scan_of(encoding), words)
        drawn, placed = not mask.any(), []
        for mark in map(Mark.of, marks):
            change, place = refiner.change(mask, placed, mark, drawn)
            mask[change.box] = change.after
            placed.append(place)
        return relabelled(result, value, mask, encoding)

    def text_logits(self, encoding: Encoding, prompt: str) -> np.ndarray | None:
        """Logits of `prompt` on the encoding's working grid, float32 [x, y, z]; None when it cannot be asked in words or is not in view."""
        if (asking := self._asking(prompt)) is None:
            return None
        segmenter, ask = asking
        logits = segmenter.logits_of(encoding, ask)
        return logits if (logits > 0).any() else None

    def words(self, encoding: Encoding, prompt: str) -> Words | None:
        """What the network answers to `prompt`, on every grid where it does; None when it cannot be asked in words or is not in view."""
        own = self.text_logits(encoding, prompt)
        if own is None:
            return None
        segmenter, ask = self._asking(prompt)
        places = segmenter.close_ups_of(encoding, ask)
        return Words(own, {place: segmenter.logits_of(encoding.close_ups[place], ask) for place in places})

    def _asking(self, prompt: str) -> tuple[Segmenter, Ask] | None:
        """What answers one prompt, and how it was read; None when it is not understood."""
        shelf = self.taught
        try:
            (ask,) = self._understand(shelf, [prompt], free_text=False, expand=False, suggest=False).asks
        except InputError:
            return None
        return Segmenter(self._model, shelf), ask

    def ungated(self, encoding: Encoding, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(presence [K], logits [K, x, y, z] on the encoding's working grid) of `names` as if each were in view, for measurements that
        want more than a mask. What the weights have not learned has presence 0 and logits far below 0."""
        known = [name for name in names if name in self._learned]
        presence, logits = (
            np.zeros(len(names), np.float32),
            np.full((len(names), *encoding.grid.shape), NOWHERE, np.float32),
        )
        rows = [n for n, name in enumerate(names) if name in self._learned]
        presence[rows], logits[rows] = Segmenter(self._model, self._shelves.empty).ungated(encoding, known)
        return presence, logits

    def _scan_of(self, encoding: Encoding) -> Scan:
        scan = self._scans.get(encoding.scan_hash)
        if scan is None:
            raise InputError("The scan of this encoding is no longer held; give it again as scan=.")
        return scan

    def embed(self, encoding: Encoding, mask: np.ndarray | None = None) -> np.ndarray:
        """Unit vector float32 [D] of the scan, or of the region under `mask` (bool [i, j, k] on the scan's own grid).

        Raises InputError for a mask of another shape or without any voxel."""
        return self._embedder.embed(encoding, mask)

    def embed_tokens(self, encoding: Encoding, weight: torch.Tensor) -> np.ndarray:
        """As `embed`, with a weight of each token (≥ 0, float32 [T]) in place of a mask: how much of it counts."""
        return self._embedder.embed_tokens(encoding, weight)

    def embed_text(self, text: str) -> np.ndarray:
        """Unit vector float32 [D] of a sentence or report, in the space of the scans; raises InputError unless `reads_text`."""
        return self._embedder.embed_text(text)

    @property
    def text_scale(self) -> float:
        """What a similarity of a scan and a sentence is multiplied with to be a logit; learned. 1 unless `reads_text`."""
        return self._embedder.text_scale

    def understand(
        self, prompts: Collection[str], free_text: bool = False, expand: bool = False, scan_hash: str | None = None
    ) -> Asks:
        """How `prompts` are read, without segmenting; raises InputError as `segment` does. scan_hash: of the scan that they are about; once
        it was encoded, what it shows is suggested first."""
        return self._understand(self.taught, prompts, free_text, expand, partial(self._in_view_of, scan_hash))

    def _understand(
        self,
        shelf: Shelf,
        prompts: Collection[str],
        free_text: bool,
        expand: bool,
        in_view: InView = no_scan,
        suggest: bool = True,
    ) -> Asks:
        prompts = [prompts] if isinstance(prompts, str) else prompts
        known = self._learned | shelf.queries.keys()
        how = {"free_text": free_text, "expand": expand, "suggest": suggest, "in_view": in_view}
        return asks_of(prompts, shelf.vocabulary, known, problems=shelf.problems, **how)

    def _in_view_of(self, scan_hash: str | None, names: Sequence[str]) -> Collection[str]:
        profiles = self.encoded_profiles(scan_hash) if scan_hash else []
        encoding = self._cache.get(encoding_key(scan_hash, self.card.model_id, profiles[0])) if profiles else None
        return self._in_view(encoding, names) if encoding else []

    def _in_view(self, encoding: Encoding, names: Sequence[str]) -> Collection[str]:
        learned = [name for name in names if name in self._learned]
        return Segmenter(self._model, self._shelves.empty).in_view(encoding, learned) if learned else []

    @property
    def taught(self) -> Shelf:
        """What was taught on this computer, as its files are now."""
        return self._shelves.now()

    @property
    def vocabulary(self) -> Vocabulary:
        """What can be asked for, with what was taught when it was last looked for."""
        return self._shelves.last.vocabulary

    @property
    def shipped_vocabulary(self) -> Vocabulary:
        """The vocabulary without anything taught."""
        return self._shelves.vocabulary

    def own_query(self, name: str) -> tuple[np.ndarray, float] | None:
        """Weights float32 [C, 8] and bias that the network itself learned for `name`; None when it did not."""
        if name not in self._learned:
            return None
        with torch.inference_mode():
            query = self._model.query_names([name])
        return query.weights[0].float().cpu().numpy(), float(query.bias[0])

    def prompts_of_set(self, name: str) -> list[str]:
        """The structures of a set that the model has learned; raises InputError when there is no such set or it knows
        none of it."""
        if name not in self.vocabulary.sets:
            raise InputError(f"There is no structure set '{name}'; choose one of {', '.join(self.vocabulary.sets)}.")
        names = [one for one in self.vocabulary.sets[name] if self.knows(self.vocabulary[one])]
        if not names:
            raise InputError(f"These weights have not learned any structure of the set '{name}'; choose another.")
        return names

    def encoded_profiles(self, content_hash: str) -> list[str]:
        """Profiles for which the scan with this content hash is encoded already."""
        return [p for p in PROFILES if encoding_key(content_hash, self.card.model_id, p) in self._cache]

    def knows(self, structure: Structure) -> bool:
        """Whether the model has learned `structure`, or all parts of one of its unions."""
        return self.vocabulary.union_in(structure.name, self._learned | self._shelves.last.queries.keys()) is not None

    def info(self) -> dict[str, Any]:
        """Model card, device, profiles, structures, groups and sets as plain JSON types."""
        shelf = self.taught
        return {
            "model": asdict(self.card) | {"id": self.card.model_id},
            "device": str(self.device),
            "profiles": list(PROFILES),
            "structures": [
                structure.to_dict() | {"known": self.knows(structure), "taught": structure.name in shelf.cards}
                for structure in shelf.vocabulary
            ],
            "groups": {name: list(names) for name, names in self.vocabulary.groups.items()},
            "sets": {name: list(names) for name, names in self.vocabulary.sets.items()},
        }
