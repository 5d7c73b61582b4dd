"""A contour made again from the records of its journal."""

import zlib

from mrifoundation.tasks.refine.contour import Contour
from mrifoundation.tasks.refine.journal import Journal, Record
from mrifoundation.tasks.refine.review import Review
from mrifoundation.tasks.refine.step_record import opened, step_of

# What comes of a record that another version wrote: a field that is not there, or one more, or a value of another kind.
_NOT_UNDERSTOOD = (AttributeError, LookupError, TypeError, ValueError, zlib.error)


def replayed(journal: Journal) -> Contour | None:
    """The contour as far as its journal can be read and understood; None where not even its beginning can be.

    Raises OSError when there is no such file.
    """
    contour = None
    for record in journal.read():
        try:
            contour = _after(contour, record)
        except _NOT_UNDERSTOOD:
            journal.seal()
            break
    if contour is not None:
        contour.journal = journal
    return contour


def _after(contour: Contour | None, record: Record) -> Contour:
    about, content = record
    if contour is None:
        return opened(about, content)
    if "to" in about:
        contour.go(about["to"])
    elif "review" in about:
        contour.reviews.append(Review(**about["review"]))
    else:
        contour.take(step_of(about, content))
    return contour
