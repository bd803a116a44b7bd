# SPDX-License-Identifier: MIT
"""Lines that LIGHTSSS_TRIGGER looks for and never finds, in a simulator that prints one for each cycle: beside the same run
with the library and without a trigger."""

from ..bench import compare
from ..registry import figure
from ..running import run
from ..workloads import Work

TRIGGER = {"LIGHTSSS_TRIGGER": "Assertion failed|TEST FAILED|^FATAL: [0-9]+"}


@figure("trigger", "what a trigger costs that never comes", needs=["sim_mcu_vcd1"])
def trigger(bench):
    program = (bench.path("tests", "simulators", "sim_mcu_vcd1"), "--cycles")
    for what, more in (("buffered", ()), ("a write for each part", ("--words", "none"))):
        work = Work(f"mcu, {what}", program, ("--report", "1", *more), probe=20000)
        command = bench.command(work)
        without, with_it = bench.in_turn(
            lambda command=command: run(command, bench.library),
            lambda command=command: run(command, bench.library, TRIGGER),
        )
        yield from compare(f"a line per cycle ({what}), a trigger that never comes", without, with_it, at_most=1.03)
