"""Where heads are: shipped with the package, and the user's own, which win over shipped ones of the same name."""

import os
import re
from pathlib import Path

import platformdirs

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard, read_card
from mrifoundation.tasks.classify.head import Head, load_head

SHIPPED = Path(__file__).resolve().parents[2] / "heads"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def own_folder() -> Path:
    """The user's heads: $MRIFOUNDATION_HEADS, else in the user's data folder."""
    named = os.environ.get("MRIFOUNDATION_HEADS")
    return Path(named) if named else platformdirs.user_data_path("mrifoundation", appauthor=False) / "heads"


def list_heads() -> list[HeadCard]:
    """Cards of all heads, by name; one that cannot be read is left out."""
    cards = {}
    for path in _paths().values():
        try:
            cards[path.stem] = read_card(path)
        except InputError:
            continue
    return [cards[name] for name in sorted(cards)]


def find_head(name: str) -> Head:
    """Raises InputError, with the names there are, when there is no such head."""
    paths = _paths()
    if name not in paths:
        raise InputError(
            f"There is no head '{name}'; choose one of {', '.join(sorted(paths)) or 'none yet'}, or teach it."
        )
    return load_head(paths[name])


def check_name(name: str) -> str:
    """`name` when it can be that of a head; InputError else."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{name[:80]}' cannot name a head; use small letters, digits and hyphens, such as brain-tumour."
        )
    return name


def _paths() -> dict[str, Path]:
    return {path.stem: path for folder in (SHIPPED, own_folder()) for path in sorted(folder.glob("*.json"))}
