"""Writing a draft: HTML, PDF or DICOM SR by the ending of the file's name."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.tasks.report.document import Report
from mrifoundation.tasks.segment import check_output

SUFFIXES = (".html", ".pdf", ".dcm")


def check_report_output(path: Path) -> None:
    """Raise InputError when `path` has none of the endings or its folder is missing."""
    check_output(path, SUFFIXES)


def write_report(path: Path, report: Report, vocabulary: Vocabulary, source: Sequence[Dataset] = ()) -> None:
    """source: headers of the DICOM images measured, for a .dcm. Raises InputError when the file cannot be written."""
    content = _content(path.suffix.lower(), report, vocabulary, source)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as scratch:
            draft = Path(scratch) / "report"
            draft.write_bytes(content)
            os.replace(draft, path)
    except OSError as error:
        raise InputError(f"'{path}' could not be written ({error.strerror or error}); choose another place.") from error


def _content(suffix: str, report: Report, vocabulary: Vocabulary, source: Sequence[Dataset]) -> bytes:
    if suffix == ".pdf":
        from mrifoundation.tasks.report.pdf import as_pdf

        return as_pdf(report)
    if suffix == ".dcm":
        from mrifoundation.tasks.report.dicom_sr import as_dicom

        return as_dicom(report, vocabulary, source)
    from mrifoundation.tasks.report.html import as_html

    return as_html(report).encode()
