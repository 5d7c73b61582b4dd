"""A gate before a service, at which a test holds a request or tampers with an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

PATIENCE = 60  # seconds
_OF_THE_CONNECTION = ("connection", "content-length", "transfer-encoding")


class Gate:
    """`service`: where requests go; nothing answers them where that is down. `answers`: bodies by path, in the place of the service's."""

    def __init__(self, service: str):
        self.service = service
        self.answers: dict[str, bytes] = {}
        self._held: list[_Held] = []
        self._server = _Server(("127.0.0.1", 0), lambda *about: _Passing(self, *about))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @contextmanager
    def holding(self, word: str) -> Iterator[_Held]:
        """The next request whose path holds `word` goes on at the end of the block."""
        held = _Held(word)
        self._held.append(held)
        try:
            yield held
        finally:
            held.goes_on.set()

    def pass_through(self, path: str) -> None:
        """Wait where this request is held."""
        held = next((one for one in self._held if one.word in path), None)
        if held:
            self._held.remove(held)
            held.came.set()
            held.goes_on.wait(PATIENCE)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Held:
    def __init__(self, word: str):
        self.word, self.came, self.goes_on = word, threading.Event(), threading.Event()

    def wait(self) -> None:
        """Until the request is there."""
        assert self.came.wait(PATIENCE), f"no request for {self.word} came"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_about) -> None:
        """A client that goes away in the middle is what these tests are about."""


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, gate: Gate, *about):
        self._gate = gate
        super().__init__(*about)

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._gate.pass_through(self.path)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        try:
            url = self._gate.service + self.path
            answer = requests.request(self.command, url, data=body, headers=headers, stream=True, timeout=PATIENCE)
            told = self._gate.answers.get(self.path, answer.raw.read(decode_content=False))
        except requests.RequestException:
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_DELETE = _pass

    def log_message(self, *_about) -> None:
        pass
