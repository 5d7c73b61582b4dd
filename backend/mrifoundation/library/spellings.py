"""How the words of a column are spelt in a table: a condition on spellings can use the column's index, one that ignores case cannot."""

import threading

from mrifoundation.library.store import Store


class Spellings:
    """The different texts of columns, kept while their table does not change."""

    def __init__(self, store: Store):
        self._store = store
        self._known: dict[tuple[str, str], tuple[int, dict[str, list[str]]]] = {}
        self._lock = threading.Lock()

    def of(self, table: str, column: str, text: str) -> list[str]:
        """Every spelling of `text`, which is in lower case, that occurs in a column."""
        version = self._store.version(table)
        with self._lock:
            known = self._known.get((table, column))
            if known is None or known[0] != version:
                known = self._known[table, column] = version, self._spelt(table, column)
            return known[1].get(text, [])

    def _spelt(self, table: str, column: str) -> dict[str, list[str]]:
        spelt: dict[str, list[str]] = {}
        for text in self._store.distinct(table, column):
            spelt.setdefault(text.lower(), []).append(text)
        return spelt
