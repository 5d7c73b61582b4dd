"""Real wheels small enough to install in seconds, one of them with a backend that only says that it is there."""

import textwrap
import zipfile
from pathlib import Path

SERVING = textwrap.dedent(
    """
    import http.server
    import json
    import sys

    HEALTH = {"status": "ok", "message": "", "version": "9.0", "api": 1}
    INFO = {"version": "9.0", "api": 1, "device": "cpu", "model": {}, "profiles": ["standard"]}
    INFO |= {"structures": [], "groups": {}, "sets": {}}


    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            known = {"/v1/health": HEALTH, "/v1/info": INFO}.get(self.path)
            body = json.dumps(known or {"error": "This stand-in holds nothing."}).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


    def main():
        port = int(sys.argv[sys.argv.index("--port") + 1])
        http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
    """
)
"""A backend that can be greeted."""


def a_wheel(folder: Path, name: str, code: str, command: str = "", version: str = "9.0") -> Path:
    """A wheel of one module, which may bring a command: the module's `main`."""
    folder.mkdir(parents=True, exist_ok=True)
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", code)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        if command:
            wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{command} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def the_wheels(folder: Path, backend: str = SERVING, torch: str = "__version__ = '9.0'\n") -> Path:
    """A folder that holds all that an installation asks for, in small."""
    a_wheel(folder, "torch", torch)
    a_wheel(folder, "mrifoundation", backend, command="mrifoundation")
    return folder
