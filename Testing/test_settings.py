"""Every setting that the code reads is in the table of docs/service.md, and every one in the table is read."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"MRIFOUNDATION_[A-Z][A-Z_]*[A-Z]")
PARTS = ("backend", "training", "web", "MRIFoundation")


def test_the_table_of_settings_is_that_of_the_code():
    sources = [path.read_text(encoding="utf-8") for part in PARTS for path in (ROOT / part).rglob("*.py")]
    read = {name for source in sources for name in NAME.findall(source)}
    table = (ROOT / "docs" / "service.md").read_text(encoding="utf-8").partition("## Settings")[2].partition("\n## ")[0]
    told = {name for row in re.findall(r"^\| (`[^|]*`) \|", table, re.MULTILINE) for name in NAME.findall(row)}
    assert len(read) > 20 and told == read
