"""How much one request may carry and how often one may ask, as `/v1/info` tells."""

from mrifoundation.server.backend import LONGEST_QUEUE
from mrifoundation.server.schemas_limits import Limits
from mrifoundation.server.security import LARGEST_JSON
from mrifoundation.volume.budget import BYTE_BUDGET, ENTRY_BUDGET, UNPACKED_BUDGET


def limits_of(largest_upload: int, together: int, per_minute: int, days: float | None) -> Limits:
    return Limits(
        upload=largest_upload,
        together=together,
        json_body=LARGEST_JSON,
        volume=BYTE_BUDGET,
        unpacked=UNPACKED_BUDGET,
        files=ENTRY_BUDGET,
        waiting_jobs=LONGEST_QUEUE,
        requests_per_minute=per_minute or None,
        kept_days=days,
    )
