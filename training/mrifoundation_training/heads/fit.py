"""mrifoundation-heads MANIFEST [--head NAME]: fit the heads that ship to a manifest, with their cross-validated figures in their cards.

They are kept where `mrifoundation teach head` keeps its own and win over those that ship. To ship them, name the package's own folder:
--output backend/mrifoundation/heads --replace."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.head import Head, save_head
from mrifoundation.tasks.classify.head_files import own_folder
from mrifoundation.tasks.classify.worth import may_be_chance
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.heads import dementia
from mrifoundation_training.heads.development import with_development
from mrifoundation_training.heads.recipe import Data, build
from mrifoundation_training.heads.recipes import RECIPES

NAMES = (dementia.NAME, *RECIPES)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; exit codes as of `mrifoundation`."""
    parser = argparse.ArgumentParser(prog="mrifoundation-heads", description=__doc__.partition("\n")[0])
    parser.add_argument("manifest", type=Path, help="CSV in the form of the data pack's volumes.csv")
    parser.add_argument("--head", action="append", choices=NAMES, help="only this one; may be given several times")
    parser.add_argument(
        "--acdc", type=Path, help="folder in ACDC's own layout, in place of the manifest's cardiac rows"
    )
    parser.add_argument("--picai", type=Path, help="folder in PI-CAI's own layout, for the prostate head")
    parser.add_argument(
        "--output", type=Path, help="folder for the heads (default: your own, as of mrifoundation teach)"
    )
    parser.add_argument(
        "--replace", action="store_true", help="remove an older head of a name that cannot be fitted any more"
    )
    parser.add_argument("--weights", type=Path, help="other weights than the shipped ones")
    parser.add_argument(
        "--keep-weak", action="store_true", help="write also heads that tell no more than chance, for study"
    )
    options = parser.parse_args(arguments)
    output = options.output or own_folder()
    try:
        data = Data(read_manifest(options.manifest), options.manifest.parent, options.acdc, options.picai)
        engine, names = Engine.load(options.weights), options.head or NAMES
        fitted = fit_all(engine, data, output, names, options.keep_weak, options.replace)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    if fitted:
        print(f"Kept in {output}.")
    return 0 if fitted else 1


def fit_all(
    engine: Engine, data: Data, output: Path, names: Sequence[str], keep_weak: bool = False, replace: bool = False
) -> list[Head]:
    """Fit and write each head; one that cannot be fitted, or (unless `keep_weak`) tells no more than chance, is named with the reason,
    and an older one of its name stays, unless it is to be `replace`d."""
    fitted = []
    for name in names:
        started = time.monotonic()
        try:
            head = built(engine, data, name, output)
            if not keep_weak:
                _check_worth(head)
            head = save_head(output, head)
        except InputError as error:
            print(f"{name}: not fitted. {error}{_older(output, name, replace)}", file=sys.stderr)
            continue
        fitted.append(head)
        print(f"{name}: {headline(head)} ({time.monotonic() - started:.0f} s)", flush=True)
    return fitted


def _older(output: Path, name: str, remove: bool) -> str:
    """What becomes of an older head of this name, in words; "" where there is none."""
    there = [file for suffix in (".json", ".safetensors") if (file := output / f"{name}{suffix}").is_file()]
    if there and not remove:
        return f" The older one in {output} stays; --replace would remove it."
    for file in there:
        file.unlink()
    return f" The older one in {output} was removed." if there else ""


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
    figures, people = head.card.figures, list(head.card.trained_on["classes"].values())
    asked = [(headline(head), figures)]
    if head.card.trained_on.get("simulated"):
        real = figures.get("unseen_sources") or {}
        asked.append((f"real people of sources it never saw: {told(real)}", real))
    for words, found in asked:
        if may_be_chance(found, people):
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
