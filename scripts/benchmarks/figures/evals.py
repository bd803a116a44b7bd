# SPDX-License-Identifier: MIT
"""What happens between snapshots: the counter in front of each eval, and nothing else."""

import os
import re
import shutil
import statistics
import tempfile

from ..bench import subtract
from ..registry import Row, Skip, figure
from ..running import run
from ..workloads import tick

NEVER = {"LIGHTSSS_INTERVAL": "1000000000000evals"}  # one at the first eval, and no more


@figure("hook", "what the hook adds to an eval", needs=["sim_tick_vcd"])
def hook(bench):
    """Many short runs: what else a machine does lasts for longer than one, and meets both of a pair."""
    command = bench.command(tick(bench), bench.seconds / 10)
    without, with_it = bench.pairs_of(command, NEVER, times=10)
    nanoseconds = [[one.said("ns_per_eval") for one in runs] for runs in (without, with_it)]
    yield Row(
        f"hook, per eval of {statistics.median(nanoseconds[0]):.0f} ns", subtract(*reversed(nanoseconds)), " ns", at_most=1
    )


def system_calls(command, bench, variables):
    """How many the simulator and its snapshots make; strace counts them."""
    with tempfile.NamedTemporaryFile("r", prefix="bench.strace.") as summary:
        os.chmod(summary.name, 0o666)
        preload = ["-E", f"LD_PRELOAD={bench.library}"]
        run(["strace", "-f", "-c", "-o", summary.name, *preload, *command], variables=variables)
        return int(re.search(r"^100\.00\s.*?(\d+)(?:\s+\d+)?\s+total$", summary.read(), re.MULTILINE)[1])


@figure("syscalls", "system calls between snapshots", needs=["sim_tick_vcd"])
def syscalls(bench):
    """Those of a long run less those of one half as long are those between the snapshots."""
    if not shutil.which("strace"):
        raise Skip("strace is missing (scripts/setup bench installs it)")
    work = tick(bench)
    count = bench.count_for(work)
    ways = {"by a count of evals": NEVER, "by time": {"LIGHTSSS_INTERVAL": "1000s"}}
    for name, variables in ways.items():
        more = [
            system_calls(work.command(2 * count), bench, variables) - system_calls(work.command(count), bench, variables)
            for _ in range(bench.pairs)
        ]
        per_second = [calls / bench.seconds for calls in more]
        yield Row(f"system calls per second between snapshots {name}", per_second, at_most=0)


