"""What each role may ask of the service: unless said otherwise here, reading reads and everything else writes."""

from mrifoundation.server.keys import ROLES, NamedKey

SEARCHES = frozenset({"/v1/search", "/v1/search/why"})  # sent with POST, yet they change nothing
DELETED_BY_ADMINS = ("/v1/library/", "/v1/structures/")


def needed_role(method: str, path: str) -> str:
    """The least role that may send this request: admin where what others rely on goes away, or folders of the server are read."""
    path = path.rstrip("/")
    if method == "DELETE" and path.startswith(DELETED_BY_ADMINS):
        return "admin"
    if method == "POST" and path.startswith("/v1/library/") and path.endswith(("/ingest", "/purge")):
        return "admin"
    return "read" if method in ("GET", "HEAD", "OPTIONS") or path in SEARCHES else "write"


def may(key: NamedKey, role: str) -> bool:
    """Whether the holder of `key` may do what needs `role`."""
    return ROLES.index(key.role) >= ROLES.index(role)
