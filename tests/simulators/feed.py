# SPDX-License-Identifier: MIT
"""What a simulator is fed with from outside: its stdin, and a peer on the network."""

import os
import pty
import random
import socket
import subprocess
import threading
import tty

WORDS = 4000


def stimulus(seed):
    """Lines of eight hexadecimal digits."""
    rng = random.Random(seed)
    return b"".join(b"%08x\n" % rng.getrandbits(32) for _ in range(WORDS))


class Stdin:
    """Where a process reads from: nothing, a file, a pipe or a terminal (a raw one, without echo)."""

    def __init__(self, kind, path):
        self.kind = kind
        self.path = path
        self.given = subprocess.DEVNULL
        self._writer = None
        self._over = threading.Event()
        if kind == "file":
            self.given = open(path, "rb")
        elif kind == "pipe":
            self.given, self._writer = os.pipe()
        elif kind == "pty":
            self._writer, self.given = pty.openpty()
            tty.setraw(self.given)
        elif kind:
            raise SystemExit(f"campaign: no stdin '{kind}'")

    def begin(self):
        """The process has it: let go of its end and write."""
        if self.kind == "file":
            self.given.close()
        elif self._writer is not None:
            os.close(self.given)
            threading.Thread(target=self._write, daemon=True).start()

    def _write(self):
        try:
            with open(self.path, "rb") as file, os.fdopen(self._writer, "wb", buffering=0) as stream:
                # In pieces, so that one read does not get everything.
                while piece := file.read(100):
                    while piece:
                        piece = piece[stream.write(piece) :]
                if self.kind == "pty":  # closing it would take back what was not read
                    self._over.wait(60)
        except OSError:
            pass  # the process has ended

    def end(self):
        """The process has ended: nothing that it could read from is kept any longer."""
        self._over.set()


class Peer:
    """Answers each byte on a connection with the next line of a file. Counts what it sees."""

    def __init__(self, path):
        self.connections = 0
        self.received = 0
        with open(path, "rb") as file:
            self._lines = file.read().splitlines(keepends=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        lines = iter(self._lines)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection:
                while asked := connection.recv(64):
                    self.received += len(asked)
                    connection.sendall(b"".join(next(lines) for _ in asked))
        except OSError:
            pass  # the process has ended

    def close(self):
        # accept() in the other thread does not notice a close.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
