# SPDX-License-Identifier: MIT
"""Calls whose answer is recorded, in a program that only looks like a simulator; a snapshot every 100 ms."""

import re
import statistics

from ..bench import divide, subtract
from ..registry import Row, figure
from ..running import run

NAMES = {
    "poll": "poll() of a socket that has nothing",
    "recv": "recv() that gets EAGAIN",
    "bytes": "write() and read() of 16 bytes",
    "file": "pread() of a file, which is not recorded",
    "clock": "clock_gettime()",
    "print": "write() of 10 bytes to stdout, a pipe that is read",
    "print_much": "the same of 64 KiB",
}
RECORDED = {"LIGHTSSS_INTERVAL": "100ms", "LIGHTSSS_WAVE": "off"}


def cost(bench, name, variables):
    """Nanoseconds of a call, without and with the library."""
    command = [bench.fake, "eval:1", f"cost:{name}", "eval:1", f"cost:{name}", "eval:1"]

    def best(one):
        return min(map(float, re.findall(rf"{name} (\S+)\n", one.stdout)))

    return [[best(one) for one in runs] for runs in bench.pairs_of(command, variables)]


def add(name, what):
    @figure(f"calls-{name}", f"what recording adds to {what}", needs=["fake_simulator"])
    def measure(bench):
        without, with_it = cost(bench, name, RECORDED)
        goal = {} if name == "print_much" else {"at_most": 100}
        yield Row(f"{what} ({statistics.median(without):.0f} ns), recording adds", subtract(with_it, without), " ns", **goal)
        yield Row("the same: time with / without", divide(with_it, without))

    return measure


for each, words in NAMES.items():
    add(each, words)
