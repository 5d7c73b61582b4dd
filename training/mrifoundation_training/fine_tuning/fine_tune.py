"""`mrifoundation teach fine-tune`: the whole network fine-tuned to a structure that was taught, and the proof of whether that helped."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.engine.encoder import Progress, silent
from mrifoundation.engine.taught.card import TaughtCard
from mrifoundation.engine.taught.files import card_path, find_card, load_lessons
from mrifoundation.engine.taught.query_fit import fit_query
from mrifoundation.engine.taught.shelf import SCATTERED
from mrifoundation.engine.weights import find_weights
from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel, load_model, save_model
from mrifoundation.tasks.teach.figures import FINE_TUNED
from mrifoundation.tasks.teach.teaching import examples_of
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.fine_tuning.annotated_case import annotated_case
from mrifoundation_training.fine_tuning.held_out import HeldOut, Left, as_json, folds_of, from_json
from mrifoundation_training.fine_tuning.looking import Looking, found_dice, kept_dice
from mrifoundation_training.fine_tuning.tuning import LEARNING_RATE, SOURCE, STEPS, recipe_of, tune
from mrifoundation_training.parallel.world import World
from mrifoundation_training.recipe import as_yaml
from mrifoundation_training.run_state import NUMBERS, TENSORS
from mrifoundation_training.weights_card import card_of
from mrifoundation_training.whole_file import write_whole

FOLDS = 3
FEWEST_PEOPLE = 3
ABOUT, SCORES, RECIPE, WEIGHTS, FINAL = "about.json", "scores.json", "recipe.yaml", "weights", "all"


@dataclass(frozen=True)
class FineTuned:
    """structure: its name. weights: folder of the fine-tuned ones. held_out: what people who were left out say of them."""

    structure: str
    weights: Path
    held_out: HeldOut

    def to_dict(self) -> dict:
        """As plain JSON types."""
        row = self.held_out.row(self.structure)
        return row | {
            "weights": str(self.weights),
            "helped": self.held_out.helped,
            "kept_dice": self.held_out.kept,
            "sentences": self.held_out.sentences,
        }


def fine_tune(
    name: str,
    folder: Path,
    *,
    weights: Path | str | None = None,
    device: str = "auto",
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    folds: int = FOLDS,
    progress: Progress = silent,
) -> FineTuned:
    """Fine-tune `weights` to the structure that was taught as `name`, into `folder`/weights; what is in use does not change.

    Its people are dealt into `folds`: each fold is left out once, and its scans are segmented by the query on the weights as they were and
    on a network fine-tuned to all others. Then the network that is kept is fine-tuned to everybody. The same call goes on where an
    earlier one was stopped, and gives its outcome where that was done. Raises InputError when nothing was taught as `name`, or for other
    weights; for scans that cannot be read any more; for too few people; and for a folder that holds something else.
    """
    card = find_card(name)
    if card is None:
        raise InputError(f"Nothing was taught as '{name}'; teach it first with: mrifoundation teach structure.")
    job = _Job(folder, card, find_weights(weights), device, steps, learning_rate, folds, progress)
    job.begin()
    left = [one for fold, out in enumerate(folds_of(job.people, folds)) for one in job.left_out(fold, out)]
    return job.finished(HeldOut(tuple(left)))


class _Job:
    """The fine-tuning to one structure, fold by fold."""

    def __init__(
        self,
        folder: Path,
        card: TaughtCard,
        init: Path,
        device: str,
        steps: int,
        learning_rate: float,
        folds: int,
        progress: Progress,
    ):
        engine = Engine.load(init, device)
        if card.model_id != engine.card.model_id:
            raise InputError(
                f"'{card.name}' was taught for other weights ({card.model_id}); name these with --weights, or teach it again for the "
                f"ones at hand with: mrifoundation teach refresh '{card.name}'."
            )
        number = {person: n for n, person in enumerate(dict.fromkeys(one.person for one in card.lessons), start=1)}
        if len(number) < FEWEST_PEOPLE:
            raise InputError(
                f"'{card.name}' was taught on scans of {len(number)} people; whether fine-tuning helps can only be told from "
                f"{FEWEST_PEOPLE} on. Teach it from further people's scans first."
            )
        self.people = [f"person {number[one.person]}" for one in card.lessons]
        self._folder, self._card, self._start, self._progress = folder, card, engine.card, progress
        self._examples = examples_of(card)
        self._cells = [kept.cells for kept in load_lessons(card)]
        self._prior = engine.own_query(card.name)
        self._recipe = recipe_of(
            f"{engine.card.name}-{card_path(card.name).stem}",
            card.name,
            init,
            card.profile,
            steps,
            learning_rate,
            device,
        )
        self._held = [one for one in engine.card.config.names if one != card.name]
        self._device, self._rounds = engine.device, min(folds, len(number)) + 1
        self._before = Looking(load_model(init, engine.device)[0], card.profile)

    def begin(self) -> None:
        """Note what the folder is for. Raises InputError where it is for something else."""
        about = {
            "structure": self._card.name,
            "taught": self._card.sha256,
            "weights": self._start.model_id,
            "steps": self._recipe.steps,
            "learning_rate": self._recipe.learning_rate,
            "folds": self._rounds - 1,
        }
        path = self._folder / ABOUT
        if path.is_file():
            if json.loads(path.read_text(encoding="utf-8")) != about:
                raise InputError(
                    f"'{self._folder}' was begun with other scans, weights, steps, learning rate or folds; choose another folder, or "
                    "remove it."
                )
        elif self._folder.is_dir() and any(self._folder.iterdir()):
            raise InputError(f"'{self._folder}' holds other files; choose a folder that is not there yet.")
        write_whole(path, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        (self._folder / RECIPE).write_text(as_yaml(self._recipe), encoding="utf-8")

    def left_out(self, fold: int, out: Sequence[int]) -> list[Left]:
        """Everybody of a fold, segmented by what all others taught."""
        place = self._folder / f"fold-{fold + 1}"
        if (scores := place / SCORES).is_file():
            _forget_state(place)  # it may have been killed before it could
            return from_json(json.loads(scores.read_text(encoding="utf-8")))
        rest = [n for n in range(len(self._examples)) if n not in out]
        frozen = fit_query([self._cells[n] for n in rest], self._prior)
        after = Looking(self._tuned(place, rest, frozen, fold), self._card.profile)
        tuned = fit_query([after.cells(self._examples[n]) for n in rest], self._prior)
        found = [self._left(n, after, frozen, tuned) for n in out]
        write_whole(scores, json.dumps(as_json(found), indent=1) + "\n")
        _forget_state(place)
        return found

    def finished(self, held_out: HeldOut) -> FineTuned:
        """The network fine-tuned to everybody, with all that was found out on its card."""
        done, weights = FineTuned(self._card.name, self._folder / WEIGHTS, held_out), self._folder / WEIGHTS
        place = self._folder / FINAL
        if (weights / "card.json").is_file():
            _forget_state(place)
            return done
        everybody, started = list(range(len(self._examples))), time.monotonic()
        model = self._tuned(place, everybody, fit_query(self._cells, self._prior), self._rounds - 1)
        self._save(weights, model, time.monotonic() - started, held_out)
        _forget_state(place)
        return done

    def _tuned(
        self, place: Path, chosen: Sequence[int], query: tuple[np.ndarray, float], number: int
    ) -> FoundationModel:
        tell = partial(self._tell, number)
        return tune(place, self._recipe, self._cases(chosen), query, self._held, self._device, tell)

    def _cases(self, chosen: Sequence[int]) -> list[Case]:
        return [annotated_case(self._examples[n], n + 1, self._card.name, SOURCE, self.people[n]) for n in chosen]

    def _left(self, n: int, after: Looking, frozen: tuple[np.ndarray, float], tuned: tuple[np.ndarray, float]) -> Left:
        example, scattered = self._examples[n], self._scattered
        then, now = self._before.encode(example.scan), after.encode(example.scan)
        return Left(
            self.people[n],
            f"scan {n + 1}",
            found_dice(then, frozen, example, scattered),
            found_dice(now, tuned, example, scattered),
            tuple(round(one, 4) for one in kept_dice(self._before, after, then, now, self._held)),
        )

    @property
    def _scattered(self) -> bool:
        return max(one.pieces or 1 for one in self._card.lessons) > SCATTERED

    def _save(self, folder: Path, model: FoundationModel, seconds: float, held_out: HeldOut) -> None:
        recipe, cases = self._recipe, self._cases(range(len(self._examples)))
        cases = [replace(case, source=f"own scans of {self._card.name}") for case in cases]
        card = card_of(recipe, model, cases, recipe.steps, seconds, World(self._device))
        tuned = {
            "structure": self._card.name,
            "volumes": [one.volume for one in self._card.lessons],
            "figures": self._figures(held_out),
        }
        limits = [
            *self._start.limits,
            f"Fine-tuned to '{self._card.name}' on scans of {held_out.people} people. {' '.join(held_out.sentences)}",
            f"What was measured with {self._start.model_id}, which these weights began as, does not hold for them; measure again.",
        ]
        row = held_out.row(self._card.name) | {
            "command": "mrifoundation teach fine-tune",
            "profile": self._card.profile,
        }
        save_model(
            folder, model, replace(card, training=card.training | {FINE_TUNED: tuned}, scores=[row], limits=limits)
        )

    def _figures(self, held_out: HeldOut) -> dict:
        """As of a taught structure, for whoever fits the query again to these weights."""
        dice = [one.tuned for one in held_out.scans]
        return {
            "dice": round(float(np.mean(dice)), 4),
            "scans": len(dice),
            "sentence": f"Each of {len(dice)} scans, segmented by networks that were fine-tuned to other people's: mean Dice "
            f"{np.mean(dice):.2f} ({min(dice):.2f} to {max(dice):.2f}).",
        }

    def _tell(self, number: int, step: int) -> None:
        steps, last = self._recipe.steps, number == self._rounds - 1
        where = "Everybody" if last else f"Fold {number + 1} of {self._rounds - 1}"
        self._progress("fine-tune", (number + step / steps) / self._rounds, f"{where}: step {step} of {steps}.")


def _forget_state(place: Path) -> None:
    """What a run needs to go on takes eight times the room of its weights."""
    for name in (TENSORS, NUMBERS):
        (place / name).unlink(missing_ok=True)
