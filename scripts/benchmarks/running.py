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
import time


@dataclasses.dataclass
class Run:
    wall: float  # seconds
    cpu: float
    status: int
    stdout: str
    stderr: str
    report: dict | None

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


def run(command, preload=None, variables=None, check=True, cores=None, keep=None):
    """Runs in a directory of its own, which is gone afterwards; `keep` is called with its name before."""
    with tempfile.TemporaryDirectory(prefix="bench.") as directory, tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile(
        "w+"
    ) as err:
        start = time.monotonic()
        # pylint: disable=consider-using-with, subprocess-popen-preexec-fn
        process = subprocess.Popen(
            list(map(str, command)),
            env=environment(preload, variables),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=pin_to(cores),
        )
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        wall = time.monotonic() - start
        cpu = cpu_of(process.pid)
        status = process.wait()
        out.seek(0)
        err.seek(0)
        result = Run(wall, cpu, status, out.read(), err.read(), read_report(directory))
        if check and status != 0:
            raise SystemExit(f"bench: {' '.join(map(str, command))} ended with {status}:\n{result.stderr}")
        if keep:
            keep(directory)
    return result
