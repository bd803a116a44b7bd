# SPDX-License-Identifier: MIT
"""One run of a program, with the library or without. The CPU time is that of the process itself and its threads: not that
of its snapshots, which a time of all children would count."""

import dataclasses
import glob
import json
import os
import re
import subprocess
import tempfile
import threading
import time


@dataclasses.dataclass
class Run:
    wall: float  # seconds
    cpu: float
    status: int
    stdout: str
    stderr: str
    report: dict | None
    after_failure: float | None  # seconds from the failure to the end

    def said(self, word, of="stdout"):
        """The number behind this word, in what the program printed."""
        found = re.search(rf"\b{word} (-?[\d.e+-]+)", getattr(self, of))
        if not found:
            raise SystemExit(f"bench: nothing says {word!r}:\n{self.stdout}{self.stderr}")
        return float(found[1])


def environment(preload, variables):
    """That of the user, without options of the library."""
    result = {name: value for name, value in os.environ.items() if not name.startswith("LIGHTSSS")}
    result.update(variables or {})
    if preload:
        result["LD_PRELOAD"] = preload
    return result


def cpu_of(pid):
    """Seconds of a process that has ended and is not reaped yet; by the clock that clock_getcpuclockid() names."""
    return time.clock_gettime(~pid << 3 | 2)


def pin_to(cores):
    return (lambda: os.sched_setaffinity(0, cores)) if cores else None


def read_report(directory):
    for path in glob.glob(os.path.join(directory, "lightsss", "*", "report.json")):
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    return None


def wait_for(process, watch):
    """Until it has ended; it is not reaped yet. `watch` is called with its number twice a second meanwhile."""
    if watch is None:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        watch(process.pid)
        time.sleep(0.5)


class Listener(threading.Thread):
    """Reads what comes from a pipe, and when a line of the library says that the simulator fails."""

    def __init__(self, pipe):
        super().__init__()
        self.pipe = pipe
        self.lines = []  # joined at the end: of a million lines that is no time, each added to a text is minutes
        self.failed_at = None
        self.start()

    def run(self):
        with self.pipe:
            for line in self.pipe:
                if self.failed_at is None and re.match(r"lightsss: .* ends with ", line):
                    self.failed_at = time.monotonic()
                self.lines.append(line)

    def text(self):
        """All of it, once the pipe is closed."""
        self.join()
        return "".join(self.lines)


def run(command, preload=None, variables=None, check=True, cores=None, watch=None, keep=None):
    """Runs in a directory of its own, which is gone afterwards; `keep` is called with its name before."""
    with tempfile.TemporaryDirectory(prefix="bench.") as directory, tempfile.TemporaryFile("w+") as out:
        start = time.monotonic()
        # pylint: disable=consider-using-with, subprocess-popen-preexec-fn
        process = subprocess.Popen(
            list(map(str, command)),
            env=environment(preload, variables),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=pin_to(cores),
        )
        err = Listener(process.stderr)
        try:
            wait_for(process, watch)
        except BaseException:  # it is not to outlive a bench that is ended
            process.kill()
            process.wait()
            raise
        end = time.monotonic()
        cpu = cpu_of(process.pid)
        status = process.wait()
        text = err.text()
        out.seek(0)
        after = end - err.failed_at if err.failed_at else None
        result = Run(end - start, cpu, status, out.read(), text, read_report(directory), after)
        if check and status != 0:
            raise SystemExit(f"bench: {' '.join(map(str, command))} ended with {status}:\n{result.stderr}")
        if keep:
            keep(directory)
    return result
