"""Python in a process of its own, forked from one that has loaded already what takes seconds to load.

The process is as real as any: it has arguments and an environment of its own, is signalled, killed and waited for, and ends as Python
ends. What its environment says has no effect on it where it is read while an interpreter starts, or while what is loaded already loads
(PYTHONPATH, PYTHONHASHSEED, LD_PRELOAD, OMP_NUM_THREADS, TZ); and the global random state of NumPy is the same in every one."""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from contextlib import suppress
from functools import cache

LOADED = (
    "mrifoundation.cli",
    "mrifoundation.server.serve",
    "mrifoundation.engine.engine",
    "highdicom",
    "lance_namespace",  # what of lancedb takes longest; lancedb itself begins threads, which a fork loses
    "pandas",
    "pyarrow.dataset",
)
_NUMBER = struct.Struct("!i")
_ASKING = threading.Lock()


class ForkedPython:
    """`python *arguments`, which begin with a script, `-m` or `-c`; what `subprocess.Popen` offers and tests need.

    environment: all of it; that of this process when None. stdout, stderr: `subprocess.PIPE` or an open file; those of this process
    when None. loaded: a script that loads other things than `LOADED`."""

    def __init__(self, arguments, environment=None, stdout=None, stderr=None, loaded=None):
        self.args, self.returncode = [str(one) for one in arguments], None
        told = {"arguments": self.args, "folder": os.getcwd(), "environment": dict(environment or os.environ)}
        self._line, its = socket.socketpair()
        with its, open(os.devnull) as nothing:
            out, self.stdout = _ends(stdout, 1)
            error, self.stderr = _ends(stderr, 2)
            with _ASKING:
                socket.send_fds(_parent(loaded)[0], [b"+"], [its.fileno(), nothing.fileno(), out, error])
            for end, read in ((out, self.stdout), (error, self.stderr)):
                if read:
                    os.close(end)
        self._line.sendall(json.dumps(told).encode() + b"\n")
        self.pid = self._number()

    def poll(self):
        """The exit code, that of a signal below 0; None while it runs."""
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self.returncode = self._number()
            self._line.close()
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None and not select.select([self._line], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.poll()

    def send_signal(self, number):
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it may have ended since
                os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def _number(self):
        said = self._line.recv(_NUMBER.size, socket.MSG_WAITALL)
        assert said, "the process that others are forked from has ended"
        return _NUMBER.unpack(said)[0]


class _NewPython(subprocess.Popen):
    """The same for Windows, where nothing can be forked."""

    def __init__(self, arguments, environment=None, stdout=None, stderr=None, loaded=None):
        command = [sys.executable, *map(str, arguments)]
        super().__init__(command, env=environment, stdout=stdout, stderr=stderr, encoding="utf-8")


if os.name == "nt":
    ForkedPython = _NewPython


def run(arguments, environment=None, timeout=None) -> subprocess.CompletedProcess:
    """As `subprocess.run` with `capture_output` and text in UTF-8."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        process = ForkedPython(arguments, environment, out, error)
        try:
            process.wait(timeout)
        finally:
            process.kill()
        said = [(file.seek(0), file.read().decode())[1] for file in (out, error)]
    return subprocess.CompletedProcess(process.args, process.returncode, *said)


def _ends(wanted, own):
    """What the process writes to, and what is read here."""
    if wanted is subprocess.PIPE:
        read, written = os.pipe()
        return written, open(read, encoding="utf-8")
    return (own if wanted is None else wanted.fileno()), None


@cache
def _parent(loaded) -> tuple[socket.socket, subprocess.Popen]:
    """The line to the process that forks, and that process; when the line closes, it ends all that it began."""
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(
            [sys.executable, __file__, str(its.fileno()), *([loaded] if loaded else [])],
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    return ours, process


def _next(line: socket.socket) -> list[str]:
    """Forks at each request on the line; returns in the new process, its surroundings as asked for: its arguments."""
    awake, wake = socket.socketpair()
    for end in (awake, wake):
        end.setblocking(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end this
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    running = {}
    while True:
        ready, _, _ = select.select([line, awake], [], [])
        if awake in ready:
            awake.recv(4096)
            _tell_who_ended(running)
        if line in ready:
            asked, descriptors, _, _ = socket.recv_fds(line, 1, 4)
            if not asked:
                _end(running)
            own = socket.socket(fileno=descriptors[0])
            with own.makefile() as text:
                told = json.loads(text.readline())
            pid = os.fork()
            if pid == 0:
                for one in (line, awake, wake, own, *running.values()):
                    one.close()
                return _become(told, descriptors[1:])
            running[pid] = own
            own.sendall(_NUMBER.pack(pid))
            for one in descriptors[1:]:
                os.close(one)


def _tell_who_ended(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        try:
            with running.pop(pid) as own:
                own.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(status)))
        except BrokenPipeError:
            pass  # nobody waits any more


def _end(running) -> None:
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _become(told: dict, descriptors: list[int]) -> list[str]:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(told["environment"])
    os.chdir(told["folder"])
    sys.stdout.reconfigure(line_buffering=True)  # what was said before a kill is there to be read
    return told["arguments"]


def _run(arguments: list[str]) -> None:
    what, *others = arguments
    if what == "-m":
        sys.argv, sys.path[:0] = others, [os.getcwd()]
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
    elif what == "-c":
        sys.argv, sys.path[:0] = [what, *others[1:]], [""]
        exec(others[0], {"__name__": "__main__"})
    else:
        sys.argv, sys.path[:0] = arguments, [os.path.dirname(os.path.abspath(what))]
        runpy.run_path(what, run_name="__main__")


def _leave(code: int) -> None:
    """As Python ends, except that what was loaded is not taken apart piece by piece, which takes a second."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    del sys.path[0]  # the folder of the tests
    if sys.argv[2:]:
        runpy.run_path(sys.argv[2])
    else:
        for name in LOADED:
            importlib.import_module(name)
    gc.freeze()
    arguments, code = _next(socket.socket(fileno=int(sys.argv[1]))), 0
    try:
        _run(arguments)
    except SystemExit as end:
        code = 0 if end.code is None else end.code
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    _leave(code)
