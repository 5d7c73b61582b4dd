"""Addresses as people type them."""

import pytest
from MRIFoundationLib.Address import is_loopback, repair
from MRIFoundationLib.Failures import BackendError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("127.0.0.1:8765", "http://127.0.0.1:8765"),
        (" http://127.0.0.1:8765/ ", "http://127.0.0.1:8765"),
        ("'http://gpubox:9000/v1/health'", "http://gpubox:9000"),
        ("gpubox", "http://gpubox:8765"),
        ("http:/gpubox", "http://gpubox:8765"),
        ("HTTPS://gpubox.example.org", "https://gpubox.example.org:443"),
        ("localhost:8765", "http://127.0.0.1:8765"),
        ("0.0.0.0:8765", "http://127.0.0.1:8765"),
        ("[::1]:8765", "http://[::1]:8765"),
        ("//gpubox/", "http://gpubox:8765"),
        ("http://user@gpubox:1", "http://gpubox:1"),
    ],
)
def test_an_address_is_repaired(typed, meant):
    assert repair(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "  ", "http://", "gpubox:99999", "gpubox:port", "ftp://gpubox", "my gpu box:8765", "[::1"]
)
def test_an_address_that_cannot_be_read_is_told_with_the_remedy(typed):
    with pytest.raises(BackendError, match=r"enter for example|usual one is 8765"):
        repair(typed)


def test_only_this_computer_is_loopback():
    assert is_loopback("http://127.0.0.1:8765") and is_loopback("http://[::1]:8765")
    assert not is_loopback("http://gpubox:8765") and not is_loopback("http://10.0.0.5:8765")
