"""Why an installation failed, read from the log of the program that failed, each cause with its remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slicer.i18n import tr as _

from .Installation import Installation

_KILLED = (9, 137)
_UNKNOWN_HOST = (
    r"name resolution|getaddrinfo failed|nodename nor servname|Name or service|No address associated|Failed to resolve"
)
_NO_PYTHON = re.compile(r"Failed to (install|download|fetch) `?(cpython|https://\S*python-build-standalone)")
_NO_MATCH = re.compile(r"No matching distribution found for ([\w.\-\[\]]+)")


def cause(lines: Sequence[str], code: int, plan: Installation) -> str:
    """Cause and remedy, without a full stop, of a step that printed `lines` and ended with `code`; where nothing of it is known,
    its last line."""
    if code in _KILLED:
        return _("the system ended it, most likely for lack of memory: close other programs")
    python_failed = any(map(_NO_PYTHON.search, lines))
    names = {"environment": plan.environment.parent, "python": plan.python}
    causes = _causes_here() if python_failed else (*_causes_of_the_index(), *_causes_here())
    for line in reversed(lines):  # what was overcome stands further up
        for pattern, words in causes:
            if re.search(pattern, line):
                return words.format_map(names)
    if python_failed:
        return _(
            "Python could not be fetched: check the network connection, ask who runs the network to let releases.astral.sh or github.com "
            "through, or install the 64-bit Python 3.12 from python.org"
        )
    missing = [found[1] for found in map(_NO_MATCH.search, lines) if found]  # also printed when the network fails
    if missing:
        return _no_match(missing[0], plan)
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    if not last:
        return _("it ended without a word: restart Slicer")
    return _("the log ends with '{line}': look there for what is to be mended").format(line=last)


def _causes_of_the_index() -> tuple[tuple[str, str], ...]:
    """Pattern of a line and what it means, the first that fits counts. Asked for each time: the language is known only then."""
    return (
        (
            r"407 Proxy Auth",
            _(
                "a proxy of the network wants a password: set the variable HTTPS_PROXY to http://name:password@proxy:port, restart Slicer"
            ),
        ),
        (
            r"Tunnel connection failed",
            _(
                "a proxy of the network does not let pip through: ask who runs it to let pypi.org, files.pythonhosted.org and "
                "download.pytorch.org through"
            ),
        ),
        (
            r"ProxyError",
            _("the proxy before the package index does not answer: correct the variable HTTPS_PROXY, restart Slicer"),
        ),
        (
            r"CERTIFICATE_VERIFY_FAILED|SSLError",
            _(
                "the certificate of the package index is not trusted here, as where a proxy reads along: set the variable PIP_CERT to the "
                "file of its authority, restart Slicer"
            ),
        ),
        (
            _UNKNOWN_HOST + r"|etwork is unreachable|No route to host",
            _(
                "the package index cannot be reached: check the network connection, or choose a folder with the wheels at Without a "
                "network"
            ),
        ),
        (
            r"timed out|[Cc]onnection (refused|reset|aborted|broken)|IncompleteRead|ConnectTimeout|ReadTimeout",
            _("the connection to the package index broke off: check the network connection"),
        ),
    )


def _causes_here() -> tuple[tuple[str, str], ...]:
    """The same, of what lies with this computer."""
    return (
        (
            r"No space left|Errno 28\]|WinError 112\]|not enough space on the disk",
            _("the disk of {environment} is full: make room"),
        ),
        (
            r"ensurepip|No module named '?venv",
            _(
                "{python} lacks the part of Python that makes environments: install it (on Debian and Ubuntu: sudo apt install "
                "python3-venv)"
            ),
        ),
        (
            r"Permission denied|Errno 13\]|WinError 5\]|Read-only file system",
            _("a file may not be written: make {environment} writable for you, close other programs that use it"),
        ),
        (
            r"Long Path support|WinError 206\]",
            _("this Windows refuses long paths: enable them (LongPathsEnabled, as pip's log says), restart it"),
        ),
        (
            r"MemoryError|[Cc]annot allocate memory",
            _("this computer has too little memory left: close other programs"),
        ),
    )


def _no_match(name: str, plan: Installation) -> str:
    if plan.wheels:
        words = _(
            "{folder} has no {name} for {python}: fill the folder with 'pip wheel' on a computer of this kind with the same version of "
            "Python"
        )
    else:
        words = _(
            "there is no {name} for {python} on this kind of computer: install the 64-bit Python 3.12 from python.org"
        )
    return words.format(folder=plan.wheels, name=name, python=plan.python)
