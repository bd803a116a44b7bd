# SPDX-License-Identifier: MIT
"""Starts one simulator in a directory of its own and finds what it leaves behind."""

import os
import resource
import select
import signal
import subprocess
import threading
import time
import uuid

import feed

MARK = "CAMPAIGN_MARK"
SETTLED_S = 2.0
HELD = ["/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "sh"]


def _as_from_a_terminal():
    """No core, and no signal that a shell lets its background jobs ignore."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Launch:
    """One process. Its output goes to files or through pipes; every process that stems from it carries
    a mark in its environment, by which it is found whatever session or group it moved to."""

    def __init__(self, top, command, environment, piped, stdin=None, held=False):
        """held: it stops before it becomes the command, for who wants to be there from its beginning on."""
        self.directory = os.path.join(top, "cwd")
        self.temporary = os.path.join(top, "tmp")
        self.mark = f"{MARK}={uuid.uuid4().hex}"
        self.returncode = None
        self.cpu_s = None
        self.timed_out = False
        self.pipes_held = False
        self.seen_by_peer = None
        os.makedirs(self.directory)
        os.makedirs(self.temporary)
        self._outputs = {name: os.path.join(top, name) for name in ("stdout", "stderr")}
        self._contents = {}
        self._readers = []
        self._stdin = stdin or feed.Stdin(None, None)
        self._start([*HELD, *command] if held else command, environment, piped)

    def _start(self, command, environment, piped):
        inherited = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("LIGHTSSS")}
        key, value = self.mark.split("=")
        variables = {**inherited, "TMPDIR": self.temporary, key: value, **environment}
        files = {}
        for name, path in self._outputs.items():
            files[name] = subprocess.PIPE if piped else open(path, "wb")
        self.process = subprocess.Popen(
            command,
            cwd=self.directory,
            env=variables,
            stdin=self._stdin.given,
            start_new_session=True,
            preexec_fn=_as_from_a_terminal,
            **files,
        )
        self.pid = self.process.pid
        self._stdin.begin()
        for name in self._outputs:
            if piped:
                reader = threading.Thread(target=self._read, args=(name,), daemon=True)
                reader.start()
                self._readers.append(reader)
            else:
                files[name].close()

    def _read(self, name):
        with getattr(self.process, name) as stream:
            self._contents[name] = stream.read()

    def ends_within(self, timeout_s):
        """Popen.wait() looks only now and then."""
        pidfd = os.pidfd_open(self.pid)
        try:
            return bool(select.select([pidfd], [], [], timeout_s)[0])
        finally:
            os.close(pidfd)

    def cpu_time_s(self):
        """What its first thread has had of a processor, as long as nobody has waited for its end."""
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def wait(self, timeout_s, pipe_patience_s=3):
        """pipe_patience_s: how long others may hold its stdout and stderr when it has ended."""
        if self.ends_within(timeout_s):
            self.cpu_s = self.cpu_time_s()
            self.returncode = self.process.wait()
        else:
            self.timed_out = True
        for reader in self._readers:
            reader.join(0 if self.timed_out else pipe_patience_s)
            self.pipes_held = self.pipes_held or reader.is_alive()
        if self.timed_out or self.pipes_held:
            self._stop()
        self._stdin.end()
        self.read_files()

    def read_files(self):
        """Again, where something may have come since."""
        for name, path in self._outputs.items():
            if not self._readers:
                with open(path, "rb") as file:
                    self._contents[name] = file.read()

    def keep_output(self):
        """What came through pipes too, for who looks at what went wrong."""
        for name, path in self._outputs.items():
            with open(path, "wb") as file:
                file.write(self._contents.get(name, b""))

    def _stop(self):
        """After a hang: the process and everything with its mark, so that the next run has the machine."""
        self.kill({self.pid, *self.survivors()})
        self.process.wait()

    def copies(self):
        """Pids of its snapshots: children without an exit signal."""
        found = []
        try:
            for thread in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{thread}/children", encoding="ascii") as file:
                    found += [pid for pid in file.read().split() if self._is_copy(pid)]
        except OSError:
            pass  # it has ended
        return found

    def parked_copies(self):
        """Its snapshots when it is stopped: one that is being killed is through with it soon, one that is new parks."""
        deadline = time.monotonic() + SETTLED_S
        while (found := self.copies()) and time.monotonic() < deadline:
            if all(self._state(pid) == "S" for pid in found):
                break
            time.sleep(0.002)
        return found

    @staticmethod
    def _state(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rpartition(")")[2].split()[0]
        except OSError:
            return None

    @staticmethod
    def _is_copy(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()  # from the third on
        except OSError:
            return False
        return fields[0] != "Z" and fields[38 - 3] == "0"

    @staticmethod
    def kill(pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    @property
    def stdout(self):
        return self._contents.get("stdout", b"")

    @property
    def stderr(self):
        return self._contents.get("stderr", b"")

    def survivors(self):
        """Pids of the processes that carry the mark; a zombie carries nothing."""
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and self._carries_mark(name)]

    def _carries_mark(self, pid):
        """By any thread: the first one may have ended, and others go on."""
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            return False
        for thread in threads:
            try:
                with open(f"/proc/{pid}/task/{thread}/environ", "rb") as file:
                    if self.mark.encode() in file.read().split(b"\0"):
                        return True
            except OSError:
                continue
        return False
