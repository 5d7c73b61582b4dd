"""The names by which the service may be addressed. A page of another site whose name was made to point at this computer (DNS
rebinding) sends that name as Host, and is refused."""

import ipaddress
import os


def allowed_names(bound: str = "127.0.0.1") -> frozenset[str]:
    """localhost, the address listened on, and those in $MRIFOUNDATION_HOSTS (separated by commas)."""
    named = os.environ.get("MRIFOUNDATION_HOSTS", "").split(",")
    return frozenset(name.strip("[] ").lower() for name in ("localhost", bound, *named) if name.strip())


def is_own(host: bytes, names: frozenset[str]) -> bool:
    """Whether a Host header names this service: one of `names`, or any address in digits, which nobody can make point elsewhere."""
    text = host.decode("latin-1").strip().lower()
    name = _bracketed(text) if text.startswith("[") else text.partition(":")[0]
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        return name in names


def _bracketed(text: str) -> str:
    """The IPv6 address in brackets; "" where the brackets do not close."""
    name, closed, _ = text[1:].partition("]")
    return name if closed else ""
