"""Names of files, which may be names of patients. A library keeps where a scan lies, since nobody could open it otherwise, and looks up no
words in that; what a case is called after its file is made from there whenever it is shown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mrifoundation.switch import is_on
from mrifoundation.volume.reading import scan_name


def file_names_are_kept() -> bool:
    """Whether $MRIFOUNDATION_FILE_NAMES is `on`: names of files are stored, and looked up by words, as names of cases."""
    return is_on("MRIFOUNDATION_FILE_NAMES")


def named_after(source: str) -> str:
    """What a case is called that nobody gave a name but its file."""
    return scan_name(Path(source))


def neutral_name(case: str, facts: Mapping[str, Any]) -> str:
    """What a case is called where its file must not be named: "T1 brain 3fa9c1", from what is known of it and its id."""
    return " ".join([*(str(facts[name]) for name in ("sequence", "region") if name in facts), case[:6]])
