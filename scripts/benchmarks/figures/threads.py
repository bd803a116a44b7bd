# SPDX-License-Identifier: MIT
"""Threads: stopped and let go again for a snapshot, and made by the simulator."""

import statistics

from ..bench import divide, subtract
from ..registry import Row, figure
from ..running import run
from ..workloads import memory
from .calls import cost

STALLED = {"LIGHTSSS_INTERVAL": "20ms", "LIGHTSSS_ON": "finish", "LIGHTSSS_WINDOW": "10evals", "LIGHTSSS_LIMIT": "10ms"}


def stalls_us(bench, *workers):
    """Medians of the stall with so many threads that wait, in turn."""
    works = [memory(bench, 1, "hot", "--workers", str(count)) for count in workers]
    commands = [bench.command(work) for work in works]
    results = bench.in_turn(*(lambda command=command: run(command, bench.library, STALLED) for command in commands))
    return [[one.report["cost"]["stall_us_median"] for one in runs] for runs in results]


@figure("threads", "threads stopped and let go again", needs=["sim_memory"])
def threads(bench):
    alone, three = stalls_us(bench, 0, 3)
    yield Row("three blocked threads add to the stall of a snapshot", subtract(three, alone), " us", at_most=100)


@figure("churn", "a thread that the simulator makes", needs=["fake_simulator"])
def churn(bench):
    """CPU time of a thread that is made, begins and ends at once."""
    without, with_it = cost(bench, "churn", {"LIGHTSSS_WAVE": "off"})
    yield Row(
        f"a thread that is made and joined ({statistics.median(without) / 1000:.1f} us): CPU time with / without",
        divide(with_it, without),
        at_most=1.1,
    )
