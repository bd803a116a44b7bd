# SPDX-License-Identifier: MIT
"""Other ways to keep the state of a simulator, in the same run: the testbench's own fork(), Verilator's --savable, CRIU,
gdb's generate-core-file, and a full trace from the start. A snapshot each second, two are kept."""

import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

from ..bench import say
from ..registry import Table, figure
from ..running import run
from ..workloads import memory, size

EACH = {"LIGHTSSS_INTERVAL": "1s", "LIGHTSSS_WINDOW": "200000evals"}
HEAD = ["way", "time of a snapshot", "CPU time with / without", "wall time", "memory held", "failure to waveform", "remark"]


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def resident_kib(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


class Held:
    """What the copies of a process hold beside what it has itself: the most that was seen."""

    def __init__(self):
        self.mib = 0

    def __call__(self, pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                family = [pid, *map(int, file.read().split())]
            held = sum(map(pss_kib, family)) - resident_kib(pid)
            self.mib = max(self.mib, held / 1024)
        except (OSError, StopIteration):
            pass


class Case:
    """A simulator that fails after some seconds, and what a run without anything takes."""

    def __init__(self, bench, mib):
        self.bench = bench
        self.work = memory(bench, mib, "hot", "--hot", str(min(mib // 4, 64)), "--accesses", "40")
        self.count = bench.count_for(self.work, 2 * bench.seconds)
        self.command = self.work.command(self.count, "--fail", str(self.count))
        self.plains = [run(self.work.command(self.count))]
        self.loop = self.plains[0].said("wall")

    def runs(self, way):
        """In turn with runs of the simulator alone."""
        runs, self.plains = self.bench.in_turn(way, lambda: run(self.work.command(self.count)))
        return runs

    def slower(self, runs, after=lambda one: 0):
        """CPU and wall, as ratios; the way to the waveform is not counted."""
        pairs = list(zip(runs, self.plains))
        of_cpu = statistics.median(one.cpu / plain.cpu for one, plain in pairs)
        of_wall = statistics.median((one.wall - after(one)) / plain.wall for one, plain in pairs)
        return [f"{of_cpu:.3f}", f"{of_wall:.3f}"]


def median(numbers, form):
    return format(statistics.median(numbers), form)


def library(case, variables, name):
    held = Held()
    runs = case.runs(lambda: run(case.command, case.bench.library, {**EACH, **variables}, check=False))
    run(case.work.command(case.count), case.bench.library, {**EACH, **variables}, watch=held)
    after = [one.after_failure for one in runs]
    stalls = [one.report["cost"]["stall_us_median"] / 1000 for one in runs]
    bound = case.slower(runs, lambda one: one.after_failure)
    window = runs[0].report["wave"] and f"{runs[0].report['wave']['bytes'] / 1e6:.0f} MB, the last 200,000 evals at most"
    return [name, median(stalls, ".2f") + " ms", *bound, f"{held.mib:.0f} MiB", median(after, ".2f") + " s", window or ""]


def own_fork(case):
    held = Held()
    command = [*case.command, "--peer", "fork"]
    runs = case.runs(lambda: run(command, check=False))
    run(case.work.command(case.count, "--peer", "fork"), watch=held)
    after = [one.said("peer_wave_s") for one in runs]
    taken = [one.said("peer_ms") for one in runs]
    remark = f"source code in the testbench; {runs[0].said('peer_wave_mib'):.0f} MB, all since the copy"
    bound = case.slower(runs, lambda one: one.said("peer_wave_s"))
    return ["own fork()", median(taken, ".2f") + " ms", *bound, f"{held.mib:.0f} MiB", median(after, ".2f") + " s", remark]


def savable(case):
    command = [*case.command, "--peer", "save"]
    runs = case.runs(lambda: run(command, check=False))
    after = [one.said("peer_wave_s") for one in runs]
    taken = [one.said("peer_ms") for one in runs]
    kept = f"{runs[0].said('peer_files_mib'):.0f} MiB"
    bound = case.slower(runs, lambda one: one.said("peer_wave_s"))
    remark = "the testbench must save all that it has itself, files and random numbers included"
    return ["--savable to tmpfs", median(taken, ".1f") + " ms", *bound, kept, median(after, ".2f") + " s", remark]


class FromOutside(threading.Thread):
    """Calls a command for a process, a second after the last call, as long as it is there."""

    def __init__(self, make):
        super().__init__()
        self.make, self.pid, self.took, self.bytes, self.error = make, None, [], 0, ""

    def __call__(self, pid):
        if self.pid is None:
            self.pid = pid
            self.start()

    def run(self):
        with tempfile.TemporaryDirectory(prefix="bench.", dir="/dev/shm") as directory:
            while os.path.exists(f"/proc/{self.pid}/exe"):
                self.once(os.path.join(directory, str(len(self.took) % 2)))
                time.sleep(1)
            self.bytes = sum(os.path.getsize(os.path.join(top, one)) for top, _, files in os.walk(directory) for one in files)

    def once(self, name):
        begin = time.monotonic()
        done = subprocess.run(self.make(self.pid, name), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            self.took.append(time.monotonic() - begin)
        elif os.path.exists(f"/proc/{self.pid}/exe"):
            self.error = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["it failed"]


def absent(name, why):
    return [name, *["not measured"] * 5, why]


def from_outside(case, name, make, remark):
    outside = FromOutside(make)
    one = run(case.work.command(case.count), watch=outside)
    outside.join()
    case.plains = [run(case.work.command(case.count))]
    if not outside.took:
        return absent(name, "".join(outside.error))
    taken = f"{statistics.median(outside.took) * 1000:.0f} ms"
    return [name, taken, *case.slower([one]), f"{outside.bytes / (1 << 20):.0f} MiB", "none", remark]


def gcore(case):
    name = "gdb, generate-core-file to tmpfs"
    if not shutil.which("gdb"):
        return absent(name, "gdb is missing (scripts/setup bench installs it)")

    def make(pid, path):
        return ["gdb", "-p", str(pid), "-nx", "-batch", "-ex", f"generate-core-file {path}"]

    return from_outside(case, name, make, "a core cannot run on: no waveform")


def criu(case):
    name = "CRIU to tmpfs"
    program = shutil.which("criu") or shutil.which("criu", path="/usr/sbin:/sbin")
    if program is None:
        return absent(name, "criu is missing (scripts/setup bench installs it)")
    check = subprocess.run([program, "check"], capture_output=True, text=True, check=False)
    if check.returncode != 0:
        errors = [line for line in (check.stdout + check.stderr).splitlines() if "Error" in line and "exited" not in line]
        return absent(name, f"`criu check` says here: {errors[0] if errors else check.returncode}")

    def make(pid, path):
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
        return [program, "dump", "--tree", str(pid), "--leave-running", "--shell-job", "--images-dir", path]

    return from_outside(case, name, make, "what was traced must have been traced from the start")


def full_trace(case):
    """A part of the run is enough to know, and does not fill the disk."""
    part = max(case.count // 10, 1)
    sizes = []

    def keep(directory):
        sizes.append(os.path.getsize(os.path.join(directory, "all.vcd")))

    runs, plains = case.bench.in_turn(
        lambda: run([*case.work.command(part), "--trace", "all.vcd"], keep=keep), lambda: run(case.work.command(part))
    )
    of_cpu, of_wall = ([getattr(a, key) / getattr(b, key) for a, b in zip(runs, plains)] for key in ("cpu", "wall"))
    whole = f"{sizes[0] * case.count / part / 1e6:.0f} MB on disk for {case.loop:.0f} s (reckoned from a tenth)"
    return ["a full trace from the start", "none", median(of_cpu, ".3f"), median(of_wall, ".3f"), "none", "0 s", whole]


def ways(case):
    yield "library", lambda: library(case, {}, "lightsss, a snapshot each second")
    if case.bench.has_option("LIGHTSSS_BACK"):
        yield "library", lambda: library(case, {"LIGHTSSS_BACK": "window"}, "the same, LIGHTSSS_BACK=window")
    yield "library", lambda: library(case, {"LIGHTSSS_INTERVAL": "auto"}, "lightsss at its defaults")
    for way in (own_fork, savable, criu, gcore, full_trace):
        yield way.__name__, lambda way=way: way(case)


def add(mib):
    @figure(f"peers-{mib}", f"other ways to keep a state, {size(mib)}", needs=["sim_memory"], mib=mib * 4, is_long=mib >= 1024)
    def measure(bench):
        case = Case(bench, mib)
        lines = []
        for name, way in ways(case):
            say(f"    {name}")
            lines.append(way())
        title = f"Peers, {size(mib)} of memory, a quarter of it written (64 MiB at most), a run of {case.loop:.2g} s:"
        yield Table(title, HEAD, lines)


for each_mib in (64, 1024):
    add(each_mib)
