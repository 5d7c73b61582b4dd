"""Where the weights are: shipped with the package, or a folder that the person names."""

import os
from pathlib import Path

from mrifoundation.errors import InputError

SHIPPED = Path(__file__).resolve().parent.parent / "weights"
PREFERRED = ("base", "small")
CARD = "card.json"


def shipped_weights() -> list[Path]:
    """Folders of the weights that came with the package, the preferred first."""
    folders = [card.parent for card in SHIPPED.glob(f"*/{CARD}")]
    return sorted(
        folders,
        key=lambda folder: (PREFERRED.index(folder.name) if folder.name in PREFERRED else len(PREFERRED), folder.name),
    )


def find_weights(wanted: Path | str | None = None) -> Path:
    """The folder to load: `wanted` (a folder, or the name of shipped weights), else $MRIFOUNDATION_WEIGHTS, else the
    shipped ones.

    Raises InputError when there is none.
    """
    wanted = wanted or os.environ.get("MRIFOUNDATION_WEIGHTS")
    shipped = shipped_weights()
    if not wanted:
        if not shipped:
            raise InputError(
                f"No weights came with this installation ({SHIPPED}); name some with MRIFOUNDATION_WEIGHTS."
            )
        return shipped[0]
    for folder in (Path(wanted), SHIPPED / str(wanted)):
        if (folder / CARD).is_file():
            return folder
    names = ", ".join(folder.name for folder in shipped) or "none"
    raise InputError(
        f"There are no weights in '{wanted}' (no {CARD}); name a folder that holds some, or shipped ones ({names})."
    )
