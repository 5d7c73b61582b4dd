"""Fit the readers of marks to the robot user's clicks on the training rows of a manifest.

    python -m mrifoundation_training.clicks volumes.csv --output FOLDER [--cases 8] [--clicks 5] [--rounds 2] [--seed 0]

The first round is answered by rules and by the truth, each further one by the readers of the round before, so that they learn from the
contours that they make themselves (DAgger; Ross et al., AISTATS 2011). FOLDER then holds draw.safetensors and correct.safetensors, for
backend/mrifoundation/engine/refinement/readers.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track
from safetensors.numpy import save_file

from mrifoundation.engine import Engine
from mrifoundation.engine.refinement.reader import Reader, Readers, shipped
from mrifoundation_training.clicks.fitting import fit
from mrifoundation_training.clicks.recording import Example, recorded
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.evaluation.measured_cases import first_of_sources

KINDS = ("draw", "correct")


def fitted(engine: Engine, cases: list[Case], clicks: int, rounds: int, seed: int) -> Readers:
    """The readers after so many rounds over the cases; of a kind of click that never came, the shipped one."""
    examples: list[Example] = []
    readers = None
    for number in range(rounds):
        told = f"Clicking, round {number + 1}"
        for case in track(cases, told, console=Console(file=sys.stderr), transient=True):
            examples += recorded(engine, case, readers, clicks, seed + number)
        readers = Readers(*(_fitted([one for one in examples if one.reader == kind], kind, seed) for kind in KINDS))
    return readers


def _fitted(examples: list[Example], kind: str, seed: int) -> Reader:
    return fit(examples, seed) if examples else getattr(shipped(), kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=8, help="at most so many of a source")
    parser.add_argument("--clicks", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", help="folder of weights instead of the shipped ones")
    wanted = parser.parse_args()
    rows = [case for case in read_manifest(wanted.manifest) if case.split == "train" and case.image and case.labels]
    cases = first_of_sources(rows, wanted.cases)
    readers = fitted(Engine.load(wanted.weights), cases, wanted.clicks, wanted.rounds, wanted.seed)
    wanted.output.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        save_file(getattr(readers, kind).arrays(), wanted.output / f"{kind}.safetensors")


if __name__ == "__main__":
    main()
