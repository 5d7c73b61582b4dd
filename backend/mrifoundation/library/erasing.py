"""Making sure that what was deleted is gone from the disk, not only from view.

Lance marks rows as deleted and keeps their bytes in the file, in older versions, and in the indexes; compaction lets them stay as
long as few rows of a file are concerned. So the tables are written anew without them, and everything older is dropped. Each table changes
in one step, cases last: as long as anything fails they are in view and can be asked for again. From then on a mark in the library,
which tells nothing of anybody, says that older versions may still hold them, until they are dropped.
"""

import logging

from mrifoundation.errors import InputError
from mrifoundation.library.schema import CASES, REGIONS
from mrifoundation.library.store import Store
from mrifoundation.library.vector_index import build_index_if_large

log = logging.getLogger(__name__)

MARK = "erasing"
STILL_ON_DISK = (
    "What was removed is out of the library, but earlier versions of its tables still hold it on the disk; make room there and make it "
    "writable: the next purge, or whatever opens the library next, deletes them."
)


def erase(store: Store, condition: str) -> None:
    """Take rows out of both tables, which both have the columns of `condition`; only under the writer's lock. `unfinished` tells whether
    earlier versions are still to be dropped.

    Raises InputError, with everything as it was in view, when a table cannot be written anew."""
    try:
        store.set_about(MARK, "yes")
        for name in (REGIONS, CASES):
            store.rewrite_without(name, condition)
    except (OSError, RuntimeError) as error:
        log.exception("a table could not be written anew")
        raise InputError(
            f"The library '{store.uri}' could not be written anew ({type(error).__name__}), so nothing went out of it; make room on its "
            "disk, make it writable, and try again."
        ) from error
    finish(store)


def unfinished(store: Store) -> bool:
    """Whether earlier versions of the tables may hold what was erased: the disk failed, or the process was killed."""
    return store.about(MARK) == "yes"


def finish(store: Store) -> None:
    """Drop earlier versions of the tables and build the indexes again; only under the writer's lock. The mark stays where that fails."""
    try:
        store.purge()
        store.index_words()
        build_index_if_large(store)
        store.set_about(MARK, "no")
    except (OSError, RuntimeError):
        log.exception("earlier versions of the tables could not be dropped")
