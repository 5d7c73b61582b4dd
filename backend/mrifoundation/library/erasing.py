"""Making sure that what was deleted is gone from the disk, not only from view.

Lance marks rows as deleted and keeps their bytes in the file, in older versions, and in the indexes; compaction lets them stay as
long as few rows of a file are concerned. So the tables are written anew without them, and everything older is dropped.
"""

from mrifoundation.library.schema import CASES, REGIONS
from mrifoundation.library.store import Store
from mrifoundation.library.vector_index import build_index_if_large


def erase_deleted(store: Store) -> None:
    """Write both tables anew, then drop older versions and build the indexes again; only under the writer's lock."""
    had_words = any("words" in index.columns for index in store.table(CASES).list_indices())
    for name in (CASES, REGIONS):
        store.rewrite(name)
    store.purge()
    if had_words:
        store.index_words()
    build_index_if_large(store)
