"""A text file that is there whole or not at all, whatever happens while it is written."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Written beside the file before it takes its place, in a folder that is made; line ends stay as they are. Raises OSError as writing
    does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}")
    scratch.write_text(text, encoding="utf-8", newline="")
    os.replace(scratch, path)
