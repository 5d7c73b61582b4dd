"""Which archives may be spoken to: all that a person names to their own computer; of a service for others, whose clients say where to,
those that are listed, else nobody could keep them from sending it, and its token, anywhere inside the network."""

import ipaddress
import os
from urllib.parse import urlsplit

import requests

from mrifoundation.errors import InputError

HOSTS, TOKEN = "MRIFOUNDATION_DICOMWEB_HOSTS", "MRIFOUNDATION_DICOMWEB_TOKEN"
PATIENCE = (10.0, 300.0)  # seconds to be connected, and between two pieces of an answer


def speak_only_to_listed() -> None:
    """From now on in this process: the hosts that the setting names, and where it names none, this computer."""
    os.environ.setdefault(HOSTS, "")


def check_listed(url: str) -> None:
    """Raise InputError when the archive at `url` may not be spoken to."""
    host = urlsplit(url).hostname or ""
    named = _named()
    if named is None or host in named or (not named and _is_this_computer(host)):
        return
    raise InputError(
        f"The archive at '{host[:100]}' is none that this service may speak to; whoever runs it can add it to {HOSTS}."
    )


def token_for(url: str) -> str:
    """Who one is to the archive at `url`; "" where that is no business of this archive, or nothing is set."""
    named = _named()
    return os.environ.get(TOKEN, "") if named is None or urlsplit(url).hostname in named else ""


class ListedSession(requests.Session):
    """Speaks to no archive that may not be spoken to, wherever it is sent on to, and waits for none without end."""

    def request(self, method: str, url: str, **options: object) -> requests.Response:
        check_listed(url)
        return super().request(method, url, **{"timeout": PATIENCE, **options})

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target and urlsplit(target).hostname:
            check_listed(target)
        return target


def _named() -> frozenset[str] | None:
    """None: nobody keeps a list."""
    text = os.environ.get(HOSTS)
    return None if text is None else frozenset(host.strip("[] ").lower() for host in text.split(",") if host.strip())


def _is_this_computer(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
