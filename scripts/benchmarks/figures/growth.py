# SPDX-License-Identifier: MIT
"""How cost grows: with memory, threads, slots, and snapshots. One run for each point of a curve, whatever --pairs says."""

import os
import statistics

from ..bench import say
from ..registry import Curve, Row, figure
from ..running import run
from ..workloads import memory

REPORTED = {"LIGHTSSS_ON": "finish", "LIGHTSSS_WINDOW": "10evals", "LIGHTSSS_LIMIT": "10ms"}
FOOTPRINTS = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
THREADS = (0, 1, 2, 3, 4, 6, 8)
SLOTS = (1, 2, 4, 8, 16, 32, 64)
SNAPSHOTS = 100000


def footprint_point(bench, mib):
    """A memory that is mostly read, as a RAM model's is: bare copies of one that is written everywhere would not fit."""
    say(f"    {mib} MiB")
    command = bench.command(memory(bench, mib, "read"), 2 * bench.seconds)
    without = run(command)
    ours = run(command, bench.library, REPORTED)
    often = run(command, bench.library, {**REPORTED, "LIGHTSSS_INTERVAL": "500ms"})
    bare = run(command, bench.forks, {"FORKS_MS": "500"})
    return {
        "library, at defaults": ours.cpu / without.cpu,
        "library, every 500 ms": often.cpu / without.cpu,
        "fork() every 500 ms": bare.cpu / without.cpu,
        "stall": often.report["cost"]["stall_us_median"] / 1000,
        "fork": bare.said("fork_us_median", "stderr") / 1000,
        "fork and reap": (bare.said("fork_us_median", "stderr") + bare.said("reap_us_median", "stderr")) / 1000,
    }


@figure("growth-footprint", "cost against memory, 64 MiB to 8 GiB", needs=["sim_memory", "forks"], mib=10000, is_long=True)
def footprint(bench):
    points = [(mib, footprint_point(bench, mib)) for mib in FOOTPRINTS]

    def curve(chart, y_name, key, name):
        return Curve(chart, name, "MiB, mostly read", y_name, [(mib, point[key]) for mib, point in points])

    for key in ("library, at defaults", "library, every 500 ms", "fork() every 500 ms"):
        yield curve("Cost against footprint", "CPU time with / without", key, key)
    for key, name in (("stall", "library: stall"), ("fork", "fork()"), ("fork and reap", "fork() and the death of the oldest")):
        yield curve("Stall against footprint", "ms for each snapshot", key, name)
    for mib, point in points:
        yield Row(f"growth: {mib} MiB mostly read, defaults: CPU time with / without", [point["library, at defaults"]])
        yield Row(f"growth: {mib} MiB mostly read, stall / fork()", [point["stall"] / point["fork"]])


def stall_with(bench, work, variables):
    one = run(bench.command(work, bench.seconds / 2), bench.library, {**REPORTED, **variables})
    return one.report["cost"]["stall_us_median"]


@figure("growth-threads", "stall against threads that wait", needs=["sim_memory"], is_long=True)
def threads(bench):
    points = []
    for count in THREADS:
        work = memory(bench, 1, "hot", "--workers", str(count))
        stalls = [stall_with(bench, work, {"LIGHTSSS_INTERVAL": "20ms"}) for _ in range(bench.pairs)]
        points.append((count, statistics.median(stalls)))
        yield Row(f"growth: stall with {count} threads that wait", stalls, " us")
    yield Curve("Stall against threads", "1 MiB", "threads that wait", "us for each snapshot", points)


@figure("growth-slots", "cost against slots", needs=["sim_memory"], mib=1500, is_long=True)
def slots(bench):
    command = bench.command(memory(bench, 16, "hot"))
    points, stalls = [], []
    for count in SLOTS:
        variables = {**REPORTED, "LIGHTSSS_INTERVAL": "50ms", "LIGHTSSS_SLOTS": str(count)}
        without, with_it = bench.in_turn(lambda: run(command), lambda v=variables: run(command, bench.library, v))
        ratios = [b.cpu / a.cpu for a, b in zip(without, with_it)]
        points.append((count, statistics.median(ratios)))
        stalls.append((count, statistics.median(one.report["cost"]["stall_us_median"] for one in with_it)))
        yield Row(f"growth: {count} slots, a snapshot every 50 ms, 16 MiB written: CPU time with / without", ratios)
    yield Curve("Cost against slots", "a snapshot every 50 ms, 16 MiB written", "slots", "CPU time with / without", points)
    yield Curve("Stall against slots", "16 MiB written", "slots", "us for each snapshot", stalls)


class Watch:
    """What the kernel says of the original while it runs."""

    def __init__(self):
        self.resident_kib, self.descriptors, self.children = [], [], []

    def __call__(self, pid):
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                facts = dict(line.split(":", 1) for line in file)
            self.descriptors.append(len(os.listdir(f"/proc/{pid}/fd")))
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                self.children.append(len(file.read().split()))
            self.resident_kib.append(int(facts["VmRSS"].split()[0]))
        except (OSError, KeyError):  # it has just ended
            pass

    def growth(self, numbers):
        """Last quarter less second one; the first is for what everybody grows by at the start."""
        part = max(len(numbers) // 4, 1)
        return statistics.median(numbers[-part:]) - statistics.median(numbers[part : 2 * part] or numbers)


def left_behind(pids_before):
    return len(set(processes_of("sim_memory")) - pids_before)


def processes_of(name):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                if file.read().strip() == name:
                    yield pid
        except OSError:
            pass


@figure("growth-snapshots", f"{SNAPSHOTS:,} snapshots in one run", needs=["sim_memory"], is_long=True)
def snapshots(bench):
    """Every 200 evals. Fewer where runs are to be short."""
    count = min(SNAPSHOTS, int(SNAPSHOTS * bench.seconds / 5))
    command = memory(bench, 1, "hot").command(count * 200)
    watch, before = Watch(), set(processes_of("sim_memory"))
    one = run(command, bench.library, {**REPORTED, "LIGHTSSS_INTERVAL": "200evals"}, watch=watch)
    what = f"{one.report['cost']['snapshots']:,} snapshots in one run"
    laps = [one.said(f"lap_{lap}") * 1e6 / (count / 10) for lap in range(1, 11)]
    yield Row(f"{what}: a snapshot's time in the last tenth / in the second", [laps[-1] / laps[1]], at_most=1.1)
    yield Row(f"{what}: stall, as the report says", [one.report["cost"]["stall_us_median"]], " us")
    yield Row(f"{what}: resident memory grows by", [watch.growth(watch.resident_kib)], " KiB", at_most=64)
    yield Row(f"{what}: descriptors grow by", [watch.growth(watch.descriptors)], at_most=0)
    yield Row(f"{what}: children grow by", [watch.growth(watch.children)], at_most=0)
    yield Row(f"{what}: children at any time", [max(watch.children)])
    yield Row(f"{what}: processes left behind", [left_behind(before)], at_most=0)
    yield Curve("Snapshots in one run", "time of a snapshot and 200 evals", "tenth of the run", "us", list(enumerate(laps, 1)))
