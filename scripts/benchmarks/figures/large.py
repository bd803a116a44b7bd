# SPDX-License-Identifier: MIT
"""Large memory: what copy-on-write costs after a snapshot, and what huge pages give."""

import os
import statistics

from ..bench import cpu, divide, subtract, wall
from ..registry import Row, figure
from ..running import run
from ..workloads import memory

LONGER = 6  # than other runs: huge pages are for runs that earn their price back
EACH_MS = 1000
TOLD_APART_MS = 2  # what is less than this for each snapshot is lost among differences between runs


def resident(runs):
    return [one.said("resident_kb") for one in runs]


def huge_rows(what, without, with_it, goal):
    yield Row(f"{what}: CPU time without / with", divide(cpu(without), cpu(with_it)), **goal)
    yield Row(f"{what}: wall time without / with", divide(wall(without), wall(with_it)))
    yield Row(f"{what}: resident memory with / without", divide(resident(with_it), resident(without)), at_most=1.05)
    yield Row(f"{what}: huge pages at the end", [one.said("huge_kb") / 1024 for one in with_it], " MiB")


def faster(bench, work, what, goal):
    command = bench.command(work, LONGER * bench.seconds)
    ways = [lambda: run(command), lambda: run(command, bench.library)]
    if bench.has_option("LIGHTSSS_HUGE"):
        ways.append(lambda: run(command, bench.library, {"LIGHTSSS_HUGE": "0"}))
    without, with_it, *off = bench.in_turn(*ways)
    of_all = f"{what}, {statistics.median(cpu(without)):.2g} s"
    yield from huge_rows(of_all, without, with_it, goal)
    if off:
        yield from huge_rows(f"{of_all}, LIGHTSSS_HUGE=0", without, off[0], {})


@figure("faster", "1 GiB that is accessed at random: faster than without the library", needs=["sim_memory"], mib=3000)
def faster_random(bench):
    yield from faster(bench, memory(bench, 1024), "1 GiB of random accesses", {"at_least": 1.3})


@figure("sparse", "8 GiB of which little is touched: it is not filled up", needs=["sim_memory"], mib=1000)
def sparse(bench):
    work = memory(bench, 8192, "sparse", "--hot", "64")
    yield from faster(bench, work, "8 GiB of which 64 MiB are touched", {})


def slowdown_ms(runs, without, count, seconds):
    """For each snapshot."""
    more = subtract(seconds(runs), seconds(without), 1000)
    return [one / max(count(each), 1) for one, each in zip(more, runs)]


def copies(bench, mib, hot, cores, goal):
    """The same period for both; two copies parked. With one core alone, what copies do is on the simulator's time."""
    command = bench.command(memory(bench, mib, "hot", "--hot", hot), 2 * bench.seconds)
    each = {"LIGHTSSS_INTERVAL": f"{EACH_MS}ms", "LIGHTSSS_ON": "finish", "LIGHTSSS_WINDOW": "10evals", "LIGHTSSS_LIMIT": "10ms"}
    without, library, forks = bench.in_turn(
        lambda: run(command, cores=cores),
        lambda: run(command, bench.library, each, cores=cores),
        lambda: run(command, bench.forks, {"FORKS_MS": str(EACH_MS)}, cores=cores),
    )
    where = "no core is free" if cores else "a core is free"
    for seconds, word, bound in ((cpu, "CPU time", goal), (loop, "wall time", goal)):
        ours = slowdown_ms(library, without, lambda one: one.report["cost"]["snapshots"], seconds)
        bare = slowdown_ms(forks, without, lambda one: one.said("forks", "stderr"), seconds)
        what = f"slowdown by a snapshot, {hot} of {mib} MiB written, {where}"
        yield Row(f"{what}: {word}", ours, " ms")
        yield Row(f"the same by fork(): {word}", bare, " ms")
        if min(bare) > TOLD_APART_MS:
            yield Row(f"{what}: {word} / that of fork()", divide(ours, bare), at_most=bound)


def loop(runs):
    """Wall time without what comes before the first eval and after the last."""
    return [one.said("wall") for one in runs]


def add(mib, hot):
    for name, cores, goal in (("free", None, 0.6), ("busy", {min(os.sched_getaffinity(0))}, 1.05)):

        @figure(f"cow-{hot}-{name}", f"copy-on-write, {hot} MiB written: {name}", needs=["sim_memory", "forks"], mib=mib * 3)
        def measure(bench, cores=cores, goal=goal):
            yield from copies(bench, mib, str(hot), cores, goal)


for each_mib, each_hot in ((64, 16), (1024, 128), (1024, 1024)):
    add(each_mib, each_hot)
