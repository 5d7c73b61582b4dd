"""An ingest that still looks for its scans tells how far it is, and can be cancelled."""

import pytest

from mrifoundation.engine.steps import exhausted
from mrifoundation.errors import Cancelled
from mrifoundation.server.job import Job
from mrifoundation.server.routes_library import _found
from mrifoundation.server.schemas_library import IngestRequest


@pytest.fixture
def wanted(tmp_path, head_file):
    for number in range(3):
        (tmp_path / f"{number}.nii.gz").write_bytes(head_file.read_bytes())
    return IngestRequest(sources=[str(tmp_path)])


def test_a_job_tells_how_many_files_were_looked_at(wanted, tmp_path):
    job = Job(None)
    assert len(exhausted(_found(wanted, [tmp_path], job)).items) == 3
    assert job.snapshot()["stage"] == "find" and job.snapshot()["message"].startswith("Looking for scans: file 1.")


def test_a_job_is_cancelled_while_it_looks(wanted, tmp_path):
    job = Job(None)
    job.cancel()
    with pytest.raises(Cancelled):
        exhausted(_found(wanted, [tmp_path], job))
