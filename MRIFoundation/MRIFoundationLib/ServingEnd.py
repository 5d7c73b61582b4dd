"""Why the backend on this computer ended by itself: its exit code and its last lines in plain words, with the remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slicer.i18n import tr as _

_AT_THE_END = 20  # lines; what was said long before is not what it ended of
_KILLED, _CRASHED, _NOT_STARTED = (9, 137), (6, 11, 134, 139, -1073741819, -1073740791), (-1, 126, 127)
_NO_MEMORY = r"out of memory|OutOfMemory|MemoryError|bad_alloc|ot enough memory|annot allocate memory"
_PORT_TAKEN = r"ddress already in use|WinError 10048\]|nly one usage of each socket address"
_DAMAGED = r"No module named|ImportError|cannot import name|DLL load failed"


def explain(code: int, lines: Sequence[str], button: str) -> str:
    """One or two sentences for a backend that printed `lines` and ended with `code`. button: what makes its environment anew."""
    text = "\n".join(list(lines)[-_AT_THE_END:])
    if code in _KILLED:
        return _(
            "The local backend ended by itself: the system killed it, most likely for lack of memory. Close other programs, press Start, "
            "and choose the detail fast."
        )
    if re.search(_NO_MEMORY, text):
        return _(
            "The local backend ended by itself for lack of memory: close other programs, press Start, and choose the detail fast."
        )
    if re.search(_PORT_TAKEN, text):
        return _(
            "The local backend ended by itself: another program has its port. Press Test connection to use that one, or enter another "
            "port and press Start."
        )
    if code in _NOT_STARTED or re.search(_DAMAGED, text):
        words = _("The local backend ended by itself{last}: its environment is damaged, so press {button}.")
    elif code in _CRASHED:
        words = _(
            "The local backend ended by itself: it crashed (code {code}). Press Start; if it happens again, press {button}."
        )
    else:
        words = _("The local backend ended by itself (code {code}){last}: its log says more. Press Start to try again.")
    return words.format(code=code, last=_last(lines), button=button)


def _last(lines: Sequence[str]) -> str:
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return _(" with '{last}'").format(last=last) if last else ""
