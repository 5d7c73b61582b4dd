"""Starting the service: who may reach it, and what it says when it starts."""

import ipaddress
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.room import cache_limit, memory_limit, requests_limit
from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicomweb_hosts import speak_only_to_listed
from mrifoundation.server import logs, tracing
from mrifoundation.server.app import create_app
from mrifoundation.server.backend import idle_seconds, load_engine
from mrifoundation.server.key import default_key_file, service_key
from mrifoundation.server.keys import KeyRing, default_keys_file
from mrifoundation.server.library_folder import keep_out_of_home
from mrifoundation.server.own_names import allowed_names
from mrifoundation.server.replicas import KEEP_ALIVE, Replicas, ReplicaSettings
from mrifoundation.server.retention import use_private_temporary_folder


def serve(
    host: str = "127.0.0.1",
    port: int = 8765,
    key_file: Path | None = None,
    weights: Path | None = None,
    device: str = "auto",
    ends_with_stdin: bool = False,
    certificate: Path | None = None,
    certificate_key: Path | None = None,
    behind_proxy: bool = False,
    log: str = "plain",
    replicas: int = 1,
    cores: int | None = None,
) -> None:
    """Serve until stopped; with `ends_with_stdin` no longer than standard input is open, which closes when the program that
    started this one ends, however it does. log: plain | json. replicas: processes that share the work (see `replicas`), each with `cores`
    (default: those of this computer, shared out). Raises InputError when the address is taken, or is not loopback and no
    key was named explicitly or neither a certificate nor a proxy protects what is sent, and for settings that cannot be used."""
    if log not in logs.FORMS:
        raise InputError(f"There is no log form '{log}'; choose one of {', '.join(logs.FORMS)}.")
    if not is_loopback(host) and key_file is None and not os.environ.get("MRIFOUNDATION_KEY"):
        raise InputError(
            f"The address {host} can be reached from other computers; set MRIFOUNDATION_KEY or name a --key-file "
            "before listening there."
        )
    if not is_loopback(host) and certificate is None and not behind_proxy:
        raise InputError(
            f"On {host} scans and keys would travel readable by others; give --certificate and --certificate-key, or "
            "--behind-proxy when a reverse proxy in front of it speaks TLS."
        )
    tls = _tls(certificate, certificate_key)
    use_private_temporary_folder()
    if not is_loopback(host) or behind_proxy:  # else its clients are the person who started it
        speak_only_to_listed()
        keep_out_of_home()
    for part in ("volumes", "encodings", "jobs", "contours"):  # told now, in one sentence, where they cannot be made
        cache_folder(part)
    cache_limit(), memory_limit(1.0), requests_limit(), idle_seconds()  # and these
    logs.set_up(log)
    tracing.set_up()
    keys = KeyRing(service_key(key_file), default_keys_file())
    names = allowed_names(host)
    with _bound(host, port) as listener:
        port = listener.getsockname()[1]
        from_environment = key_file is None and os.environ.get("MRIFOUNDATION_KEY")
        where = "from MRIFOUNDATION_KEY" if from_environment else f"in {key_file or default_key_file()}"
        url = f"{'https' if tls else 'http'}://{_in_url(host)}:{port}"
        greeting = f"MRIFoundation serves on {url}; its key is {where}. Ctrl-C stops it."
        if replicas == 1:
            app = create_app(partial(load_engine, weights, device), keys, names)
            _serve_alone(app, listener, tls, greeting, ends_with_stdin, behind_proxy)
            return
    if not behind_proxy:  # as in `_serve_alone`: Ray answers by uvicorn too, which reads this in its processes
        os.environ["FORWARDED_ALLOW_IPS"] = ""
    many = Replicas(replicas, cores or max(1, (os.cpu_count() or 1) // replicas))
    settings = ReplicaSettings(weights, device, key_file, names, log)
    with (
        many.serving(settings, host, port, **tls),
        _heard_stop(ends_with_stdin) as stop,
    ):  # Ray sets handlers of its own first
        print(greeting, flush=True)
        stop.wait()


def _serve_alone(
    app: FastAPI,
    listener: socket.socket,
    tls: dict[str, str],
    greeting: str,
    ends_with_stdin: bool,
    behind_proxy: bool,
) -> None:
    # A client that pauses between two prompts must find its connection still open, hence the long keep-alive.
    quiet = {"log_level": "warning", "log_config": None, "access_log": False, "server_header": False}
    # Only a proxy (of FORWARDED_ALLOW_IPS, else of this computer) may say whom it speaks for; others would be new clients each time.
    told = {"proxy_headers": behind_proxy}
    config = uvicorn.Config(app, timeout_graceful_shutdown=2, timeout_keep_alive=KEEP_ALIVE, **told, **tls, **quiet)
    print(greeting, flush=True)
    server = _Server(config)
    if ends_with_stdin:
        _at_end_of_input(partial(setattr, server, "should_exit", True))
    with suppress(KeyboardInterrupt):  # Ctrl-C is how one stops it, not a failure
        server.run(sockets=[listener])


@contextmanager
def _heard_stop(ends_with_stdin: bool) -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, and with `ends_with_stdin` the end of standard input."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    if ends_with_stdin:
        _at_end_of_input(stop.set)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """Tells the jobs first, so that nobody's request is still waiting for one when connections are closed."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.backend.jobs.stop()
        await super().shutdown(sockets)


def _tls(certificate: Path | None, key: Path | None) -> dict[str, str]:
    """uvicorn's options for TLS, none without a certificate; InputError when certificate and key are no pair."""
    if certificate is None:
        return {}
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or error.strerror or "not PEM"
        raise InputError(
            f"The certificate {certificate} cannot be used ({reason}); give a PEM file and its unencrypted --certificate-key."
        ) from error
    return {"ssl_certfile": str(certificate)} | ({"ssl_keyfile": str(key)} if key else {})


def _at_end_of_input(stop: Callable[[], None]) -> None:
    """Call `stop` when standard input closes."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not through the buffer, whose lock Python wants when it ends
            pass
        stop()

    threading.Thread(target=wait, daemon=True).start()


def is_loopback(host: str) -> bool:
    """Whether `host` names this computer only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _bound(host: str, port: int) -> socket.socket:
    """The socket is bound before the model loads, so that a taken port is told at once."""
    if not 0 <= port <= 65535:
        raise InputError(f"There is no port {port}; choose one from 1 to 65535, or 0 for any free one.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":  # on Windows this option would let two services share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
        return listener
    except OSError as error:
        raise InputError(
            f"Cannot listen on {host}:{port} ({error.strerror or error}); stop what uses it or choose another --port."
        ) from error


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
