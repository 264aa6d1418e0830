"""A conversation with cellnet, a line a request and a line an answer."""

import builtins
import json
import operator
import os
import random
import subprocess
import sys
import threading
import warnings
import weakref

from . import program


def _plain(value):
    """What json can write of a number of numpy's."""
    try:
        return operator.index(value)
    except TypeError:
        return float(value)


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
_decode = json.JSONDecoder().raw_decode

# Calls that change what later ones find.
_CHANGES = ("reload", "clear_params")


def is_address(path):
    """Whether a file's name is a server's address."""
    return isinstance(path, str) and path.startswith("http://")


class Connection:
    """A process of cellnet of its own, or a connection to a server. It is opened when
    it is first needed, again in a process that was forked off, and may be used by
    several threads."""

    def __init__(self, file, **options):
        self._file = file
        self._options = options
        self._changes = []
        self._setup()
        with self._lock:
            self._start()

    def _setup(self):
        self._lock = threading.RLock()
        self._stream = None
        self._pid = None
        self._finalizer = None

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k not in ("_lock", "_stream", "_pid", "_finalizer")}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._setup()

    def close(self):
        """End the process or the connection. The next call starts it again."""
        with self._lock:
            finalizer, self._finalizer, self._stream = self._finalizer, None, None
            if finalizer and self._pid == os.getpid():
                finalizer()

    def call(self, name, **args):
        """Make a call, and return its result or raise its exception."""
        with self._lock:
            if self._stream is None or self._pid != os.getpid():
                self._start()
            reply = self._exchange(name, args)
            if name in _CHANGES and "error" not in reply:
                self._changes.append((name, args))
        return _result(reply)

    def _start(self):
        if self._finalizer and self._pid != os.getpid():
            self._finalizer.detach()  # it is the parent's to end
        self._pid = os.getpid()
        if is_address(self._file):
            self._stream, end = _connect(self._file)
            options = self._options
        else:
            self._stream, end = _run()
            options = dict(self._options, file=self._file)
        self._finalizer = weakref.finalize(self, _end, os.getpid(), self._stream, end)
        try:
            self.opened = _result(self._exchange("open", options))
            for name, args in self._changes:
                _result(self._exchange(name, args))
        except BaseException:
            self.close()
            raise

    def _exchange(self, name, args):
        to, back = self._stream
        try:
            to.write(_encode({"call": name, "args": args}).encode() + b"\n")
            to.flush()
            line = back.readline()
            if line.startswith(b'{"choose":'):
                # The answers for all numbers that could be drawn.
                lines = [back.readline() for _ in range(int(line[10:-2]))]
                line = lines[random.randrange(len(lines))] if all(lines) else b""
            while True:
                if not line.endswith(b"\n"):
                    raise ConnectionError("cellnet ended before it answered " + name)
                reply, _ = _decode(line.decode())
                if "draw" not in reply:
                    return reply
                to.write(b"%d\n" % random.randrange(reply["draw"]))
                to.flush()
                line = back.readline()
        except BaseException:
            # An answer may still be on its way, which is not the next call's.
            self.close()
            raise


def _result(reply):
    if "stdout" in reply:
        sys.stdout.write(reply["stdout"])
    if "error" in reply:
        raise getattr(builtins, reply["error"])(reply["message"])
    if "warning" in reply:
        warnings.warn(reply["warning"], stacklevel=4)
    return reply["result"]


def _run():
    """Start a process. It ends with its input, so with this process."""
    apart = {"creationflags": 0x08000000} if os.name == "nt" else {"start_new_session": True}
    process = subprocess.Popen([program.find(), "python", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **apart)
    return (process.stdin, process.stdout), process


def _connect(address):
    """Connect to a server, and ask it for lines instead of pages."""
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    link = socket.create_connection((parts.hostname, parts.port or 80))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    to, back = link.makefile("wb"), link.makefile("rb")
    to.write(("GET /api/python HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: cellnet-lines\r\n\r\n" % parts.netloc).encode())
    to.flush()
    status = back.readline().decode("latin-1").strip()
    if " 101 " not in status + " ":
        link.close()
        raise ConnectionError("%s is no server of cellnet: %s" % (address, status))
    while back.readline().strip():
        pass
    return (to, back), link


def _end(pid, stream, end):
    if pid != os.getpid():
        return
    for file in stream:
        try:
            file.close()
        except OSError:
            pass
    if isinstance(end, subprocess.Popen):
        end.wait()
    else:
        end.close()
