"""A structure taught from annotated scans: encoded, sampled, fitted with all that taught it before, and kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.engine.encoder import Cancel, Progress, never, silent
from mrifoundation.engine.taught.card import Lesson, TaughtCard
from mrifoundation.engine.taught.cells import cells_of, marked
from mrifoundation.engine.taught.files import Kept, find_card, load_lessons, save_taught
from mrifoundation.engine.taught.query_fit import fit_query
from mrifoundation.errors import Cancelled, InputError
from mrifoundation.tasks.teach.example import Example
from mrifoundation.tasks.teach.figures import figures_of
from mrifoundation.tasks.teach.naming import chosen_name
from mrifoundation.volume import Scan, read_scan

MOST_SCANS = 200

FindScan = Callable[[Lesson], Scan | None]
"""The scan of a lesson, or None where it cannot be had any more."""


def teach_structure(
    engine: Engine,
    name: str,
    examples: Iterable[Example],
    *,
    synonyms: Sequence[str] = (),
    profile: str | None = None,
    improve: bool = False,
    find_scan: FindScan | None = None,
    progress: Progress = silent,
    cancel: Cancel = never,
) -> TaughtCard:
    """Teach `name` from `examples`, together with those that taught it before; it is kept and can be asked for at once.

    A scan that taught it before is taught anew. profile: detail of the encodings, that of before when None (standard at first). improve:
    `name` is one of the vocabulary; its own query is the start. find_scan: where scans are when what was kept is of other
    weights; from their files when None. Raises InputError for a name, label or scan that cannot be used; nothing changes then.
    """
    name, synonyms = chosen_name(engine, name, synonyms, improve)
    before = find_card(name)
    if before and profile and profile != before.profile:
        raise InputError(
            f"'{name}' was taught at the detail {before.profile}; leave the detail out, or remove it and teach it again."
        )
    profile = profile or (before.profile if before else "standard")
    pupil = _Pupil(engine, profile, progress, cancel)
    pairs, notes = pupil.again(before, find_scan or scan_in_file) if before else ([], ())
    for number, example in enumerate(examples, start=1):
        taught = pupil.learn(example, f"Encoding annotated scan {number}.")
        pairs = [*(pair for pair in pairs if pair[0].volume != taught[0].volume), taught]
        if len(pairs) > MOST_SCANS:
            raise InputError(f"A structure is taught from at most {MOST_SCANS} scans; choose among yours.")
    if not pairs:
        raise InputError(f"There is no annotated scan to teach '{name}' from; give at least one.")
    improves = name in engine.shipped_vocabulary
    return pupil.fitted(TaughtCard(name, synonyms, improves, engine.card.model_id, profile, (), notes=notes), pairs)


def refresh_structure(
    engine: Engine,
    name: str,
    *,
    find_scan: FindScan | None = None,
    progress: Progress = silent,
    cancel: Cancel = never,
) -> TaughtCard:
    """Fit `name` again to the weights at hand, from the scans that can still be read; the others are left out, which its notes say.

    Raises InputError when nothing was taught by this name or none of its scans can be read."""
    before = find_card(name)
    if before is None:
        raise InputError(f"Nothing was taught as '{name}'; see what was with: mrifoundation teach list.")
    pupil = _Pupil(engine, before.profile, progress, cancel)
    pairs, notes = pupil.again(before, find_scan or scan_in_file)
    if not pairs:
        raise InputError(
            f"None of the scans that '{before.name}' was taught on can be read any more; teach it again with others, or remove it."
        )
    return pupil.fitted(replace(before, model_id=engine.card.model_id, notes=notes), pairs)


def examples_of(card: TaughtCard) -> list[Example]:
    """What taught `card`, in its order, the scans read again from their files.

    Raises InputError naming those that cannot be."""
    examples, gone = [], []
    for lesson, one in zip(card.lessons, load_lessons(card), strict=True):
        scan = scan_in_file(lesson)
        if scan is None:
            gone.append(lesson.name)
        else:
            examples.append(Example(scan, one.mask, one.known, lesson.path, lesson.patient))
    if gone:
        raise InputError(
            f"Scans that taught '{card.name}' cannot be read any more where they were: {', '.join(gone)}; put them back, or remove the "
            "structure and teach it again from files."
        )
    return examples


def scan_in_file(lesson: Lesson) -> Scan | None:
    """The scan where its file lay, as long as it is the same."""
    if not lesson.path:
        return None
    try:
        scan = read_scan(lesson.path)
    except InputError:
        return None
    return scan if scan.content_hash == lesson.volume else None


Pair = tuple[Lesson, Kept]


@dataclass(frozen=True)
class _Pupil:
    """Learns with one engine at one detail."""

    engine: Engine
    profile: str
    progress: Progress
    cancel: Cancel

    def learn(self, example: Example, message: str) -> Pair:
        if self.cancel():
            raise Cancelled("Teaching was cancelled.")
        self.progress("encode", 0.0, message)
        scan = example.scan
        encoding = self.engine.encode(
            scan, self.profile, lambda stage, done, _: self.progress(stage, 0.9 * done, message), self.cancel
        )
        annotation = marked(encoding, example.mask, example.known, scan.name)
        lesson = Lesson(
            volume=scan.content_hash,
            name=scan.name,
            path=example.path,
            shape=scan.shape,
            slices=_slices(example),
            volume_ml=round(int(np.count_nonzero(example.inside)) * scan.voxel_ml, 4),
            voxels=annotation.voxels,
            pieces=annotation.pieces() if example.known is None else None,
            patient=example.patient,
        )
        return lesson, Kept(cells_of(encoding, annotation), example.inside, example.known)

    def again(self, card: TaughtCard, find_scan: FindScan) -> tuple[list[Pair], tuple[str, ...]]:
        """What taught `card`: as it was kept, or, of other weights, from the scans themselves; and what has to be said about it."""
        kept = list(zip(card.lessons, load_lessons(card), strict=True))
        if card.model_id == self.engine.card.model_id:
            return kept, card.notes
        pairs, gone = [], []
        for number, (lesson, one) in enumerate(kept, start=1):
            scan = find_scan(lesson)
            if scan is None:
                gone.append(lesson.name)
                continue
            example = Example(scan, one.mask, one.known, lesson.path, lesson.patient)
            pairs.append(self.learn(example, f"Encoding scan {number} of {len(kept)} again for these weights."))
        told = f"Left out, since other weights came and the scan could not be read any more: {', '.join(gone)}."
        return pairs, (told,) if gone else ()

    def fitted(self, card: TaughtCard, pairs: list[Pair]) -> TaughtCard:
        self.progress("fit", 0.9, f"Fitting '{card.name}' to {len(pairs)} scan{'s' if len(pairs) > 1 else ''}.")
        lessons, cells = [lesson for lesson, _ in pairs], [kept.cells for _, kept in pairs]
        prior = self.engine.own_query(card.name)
        figures = figures_of(self.engine.card, card.name, lessons, cells, prior)
        card = replace(card, lessons=tuple(lessons), figures=figures)
        return save_taught(card, fit_query(cells, prior), [kept for _, kept in pairs])


def _slices(example: Example) -> int | None:
    """How many slices were annotated, across the axis where they are fewest; None for all."""
    if example.known is None or example.known.all():
        return None
    return min(int(example.known.any(axis=tuple(a for a in range(3) if a != axis)).sum()) for axis in range(3))
