# SPDX-License-Identifier: MIT
"""How long a snapshot holds the simulator up, against a bare fork() of the same process."""

import statistics

from ..bench import divide
from ..registry import Row, figure
from ..running import run
from ..workloads import mcu, memory, size
from .evals import NEVER


def goal(mib):
    """Nothing is asked of what lies between."""
    if mib >= 4096:
        return 0.1
    return 0.25 if mib >= 1024 else 1.15 if mib < 64 else None


def stall(bench, work, period_ms, at_most):
    """Two copies parked, in either. The library's mappings make a fork of the process dearer, so that a fork is measured
    with the library loaded, and without it as well."""
    command = bench.command(work)
    each = {"LIGHTSSS_INTERVAL": f"{period_ms}ms", "LIGHTSSS_ON": "finish", "LIGHTSSS_WINDOW": "10evals", "LIGHTSSS_LIMIT": "10ms"}
    forks = {"FORKS_MS": str(period_ms)}
    library, loaded, alone = bench.in_turn(
        lambda: run(command, bench.library, each),
        lambda: run(command, f"{bench.forks}:{bench.library}", {**NEVER, **forks}),
        lambda: run(command, bench.forks, forks),
    )
    stalls = [one.report["cost"]["stall_us_median"] for one in library]
    bare = [one.said("fork_us_median", "stderr") for one in alone]
    what = f"stall of a snapshot, {work.name} ({statistics.median(stalls):.0f} us)"
    yield Row(f"{what} / bare fork() without the library ({statistics.median(bare):.0f} us)", divide(stalls, bare), at_most=at_most)
    yield Row(f"{what} / bare fork() with it", divide(stalls, [one.said("fork_us_median", "stderr") for one in loaded]))
    yield Row(f"{what} / fork() and the death of the oldest", divide(stalls, [fork_and_reap(one) for one in alone]))


def fork_and_reap(one):
    return one.said("fork_us_median", "stderr") + one.said("reap_us_median", "stderr")


@figure("stall-mcu", "stall of a snapshot of a small simulator", needs=["sim_mcu_vcd1", "forks"])
def stall_mcu(bench):
    yield from stall(bench, mcu(bench), 100, goal(0))


def add(mib, mode):
    name = f"stall-{mib}" + ("" if mode == "random" else f"-{mode}")
    about = f"stall of a snapshot of {size(mib)}, access: {mode}"

    @figure(name, about, needs=["sim_memory", "forks"], mib=mib * 9 // 4, is_long=mib >= 4096)
    def measure(bench):
        work = memory(bench, mib, mode, "--accesses", "1")
        yield from stall(bench, work, 500 if mib >= 1024 else 100, goal(mib))

    return measure


for each_mib, each_mode in ((32, "random"), (256, "random"), (1024, "random"), (1024, "read"), (4096, "random"), (4096, "read")):
    add(each_mib, each_mode)
