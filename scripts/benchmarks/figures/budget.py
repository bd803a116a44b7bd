# SPDX-License-Identifier: MIT
"""Runs at default settings: is the budget kept, and does the report say what pairs of runs show? With and without the library
at once on one core, as one hundredth is what is asked for; but where the simulator has threads that wait for each other."""

import statistics

from ..bench import compare, compare_cpu, cpu, divide
from ..registry import Row, figure
from ..running import run
from ..workloads import endless_picorv32, mcu, memory, rocket, tick

# The report is there where the end counts as a failure; its replay is stopped at once.
REPORTED = {"LIGHTSSS_ON": "finish", "LIGHTSSS_WINDOW": "10evals", "LIGHTSSS_LIMIT": "10ms"}
LONGER = 4  # than other runs: the first snapshot is a part of each run
TOLD_APART = 0.003  # less than this of a run no pair of runs shows

WORKS = {
    "tick": (tick, ["sim_tick_vcd"], 0),
    "mcu": (mcu, ["sim_mcu_vcd1"], 0),
    "picorv32": (endless_picorv32, [], 0),
    "rocket1": (lambda bench: rocket(bench, 1), [], 0),
    "rocket2": (lambda bench: rocket(bench, 2), [], 0),
    "64": (lambda bench: memory(bench, 64), ["sim_memory"], 200),
    "1024": (lambda bench: memory(bench, 1024), ["sim_memory"], 3000),
    "1024-huge": (lambda bench: memory(bench, 1024, "random", "--pages", "huge"), ["sim_memory"], 3000),
    "4096": (lambda bench: memory(bench, 4096), ["sim_memory"], 9000),
    "4096-read": (lambda bench: memory(bench, 4096, "read"), ["sim_memory"], 9000),
}
ADDITIONS = {"1024-huge": ", huge pages", "4096-read": ", mostly read"}


def said_and_measured(what, without, with_it):
    """Where the pairs show anything. A run that is too short for its first snapshot has no report."""
    told = [pair for pair in zip(without, with_it) if pair[1].report is not None]
    if not told:
        return
    without, with_it = zip(*told)
    shares = [one.report["cost"]["share"] for one in with_it]
    measured = [ratio - 1 for ratio in divide(cpu(with_it), cpu(without))]
    said = Row(f"{what}: share that the report says", shares)
    yield said
    if Row("", measured).median > TOLD_APART:
        yield Row(f"{what}: share said / measured", divide(shares, measured), at_least=1 / 1.5, at_most=1.5)
    yield Row(f"{what}: snapshots", [one.report["cost"]["snapshots"] for one in with_it])


def budget(bench, make, addition):
    work = make(bench)
    command = bench.command(work, LONGER * bench.seconds)
    measure = bench.in_turn if work.threads > 1 else bench.side_by_side
    without, with_it = measure(lambda: run(command), lambda: run(command, bench.library, REPORTED))
    what = f"{work.name}{addition}, {statistics.median(cpu(without)):.2g} s at default settings"
    yield from (compare if work.threads > 1 else compare_cpu)(what, without, with_it, at_most=1.01)
    yield from said_and_measured(what, without, with_it)


def add(name, make, needs, mib):
    @figure(f"budget-{name}", f"the budget at default settings: {name}", needs=needs, mib=mib, is_long=mib > 4000)
    def measure(bench):
        yield from budget(bench, make, ADDITIONS.get(name, ""))

    return measure


for each, facts in WORKS.items():
    add(each, *facts)
