"""mrifoundation-heads MANIFEST [--head NAME]: fit the heads that ship, with their cross-validated figures in their cards."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.head import Head, save_head
from mrifoundation.tasks.classify.head_files import SHIPPED
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.heads import dementia
from mrifoundation_training.heads.development import with_development
from mrifoundation_training.heads.recipe import Data, build
from mrifoundation_training.heads.recipes import RECIPES

NAMES = (dementia.NAME, *RECIPES)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; exit codes as of `mrifoundation`."""
    parser = argparse.ArgumentParser(prog="mrifoundation-heads", description=__doc__)
    parser.add_argument("manifest", type=Path, help="CSV in the form of the data pack's volumes.csv")
    parser.add_argument("--head", action="append", choices=NAMES, help="only this one; may be given several times")
    parser.add_argument(
        "--acdc", type=Path, help="folder in ACDC's own layout, in place of the manifest's cardiac rows"
    )
    parser.add_argument("--picai", type=Path, help="folder in PI-CAI's own layout, for the prostate head")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="folder for the heads (default: those that ship)")
    parser.add_argument("--weights", type=Path, help="other weights than the shipped ones")
    parser.add_argument(
        "--keep-weak", action="store_true", help="write also heads that tell no more than chance, for study"
    )
    options = parser.parse_args(arguments)
    try:
        data = Data(read_manifest(options.manifest), options.manifest.parent, options.acdc, options.picai)
        fitted = fit_all(Engine.load(options.weights), data, options.output, options.head or NAMES, options.keep_weak)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if fitted else 1


def fit_all(engine: Engine, data: Data, output: Path, names: Sequence[str], keep_weak: bool = False) -> list[Head]:
    """Fit and write each head; one that cannot be fitted, or (unless `keep_weak`) tells no more than chance, is named with the reason,
    and an older one of its name is removed."""
    fitted = []
    for name in names:
        started = time.monotonic()
        try:
            head = built(engine, data, name, output)
            if not keep_weak:
                _check_worth(head)
            head = save_head(output, head)
        except InputError as error:
            print(f"{name}: not fitted. {error}", file=sys.stderr)
            for suffix in (".json", ".safetensors"):
                (output / f"{name}{suffix}").unlink(missing_ok=True)
            continue
        fitted.append(head)
        print(f"{name}: {headline(head)} ({time.monotonic() - started:.0f} s)", flush=True)
    return fitted


def built(engine: Engine, data: Data, name: str, output: Path | None = None) -> Head:
    """One head by its name, not yet written (its norms are, when there is an `output`)."""
    if name == dementia.NAME:
        if output is not None:
            dementia.write_norm(data, output / "norms")
        return dementia.build(engine, data)
    return with_development(build(RECIPES[name], engine, data), RECIPES[name], engine, data)


def _check_worth(head: Head) -> None:
    """InputError when the head's cross-validated figure may well be chance, or what it does on real people who were not learned from:
    where it learned from simulated cases, these are told apart far more easily than real ones."""
    figures, classes = head.card.figures, head.card.trained_on["classes"].values()
    name, chance = ("accuracy", max(classes) / sum(classes)) if "accuracy" in figures else ("auc", 0.5)
    asked = [(headline(head), figures)]
    if head.card.trained_on.get("simulated"):
        real = figures.get("unseen_sources") or {}
        asked.append((f"real people of sources it never saw: {told(real)}", real))
    for words, found in asked:
        low = (found.get(f"{name}_interval") or [None])[0]
        if low is None or not low > chance:
            raise InputError(f"It may tell no more than chance ({words}); it needs better weights or more cases.")


def headline(head: Head) -> str:
    """The head's main figure with its interval and N, in words."""
    shown = f"cross-validated {told(head.card.figures)}"
    unseen = head.card.figures.get("unseen_sources")
    return f"{shown}; simulated cases alone learned from, real people asked: {told(unseen)}" if unseen else shown


def told(figures: dict) -> str:
    """Main figure, interval and N of `figures.summarise` in words."""
    name = "accuracy" if "accuracy" in figures else "auc"
    if figures.get(name) is None:
        return "nothing could be measured"
    low, high = figures[f"{name}_interval"]
    title = "accuracy" if name == "accuracy" else "AUC"
    return f"{title} {figures[name]:.3f} ({low:.3f} to {high:.3f}), {figures['cases']} cases of {figures['patients']} people"


if __name__ == "__main__":
    sys.exit(main())
