# SPDX-License-Identifier: MIT
"""Lines that LIGHTSSS_TRIGGER looks for and never finds, in a simulator that prints one by a write of its own every cycle (0.8 us),
or every hundred: beside the same run with the library and without a trigger."""

from ..bench import compare
from ..registry import figure
from ..running import run
from ..workloads import Work

TRIGGER = {"LIGHTSSS_TRIGGER": "Assertion failed|TEST FAILED|^FATAL: [0-9]+"}


@figure("trigger", "what a trigger costs that never comes", needs=["sim_mcu_vcd1"])
def trigger(bench):
    program = (bench.path("tests", "simulators", "sim_mcu_vcd1"), "--cycles")
    for cycles, goal in ((1, {}), (100, {"at_most": 1.01})):
        work = Work(f"mcu, lines {cycles}", program, ("--report", str(cycles)), probe=20000)
        command = bench.command(work)
        without, with_it = bench.in_turn(
            lambda command=command: run(command, bench.library),
            lambda command=command: run(command, bench.library, TRIGGER),
        )
        every = "each cycle" if cycles == 1 else f"{cycles} cycles"
        yield from compare(f"a trigger that never comes, a line for {every}", without, with_it, **goal)
