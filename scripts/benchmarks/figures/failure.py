# SPDX-License-Identifier: MIT
"""From the failure to the waveform, and testbenches that trace."""

from ..bench import compare, divide, wall
from ..registry import Row, figure
from ..running import run
from ..workloads import mcu


@figure("wake", "woken to first dumped eval", needs=["sim_mcu_vcd1"])
def wake(bench):
    command = mcu(bench).command(200000, "--fail", "return@1000")
    runs = [run(command, bench.library, {"LIGHTSSS_WINDOW": "all"}, check=False) for _ in range(bench.pairs)]
    yield Row("woken to first dumped eval", [one.report["replay"]["seconds_to_first_dump"] * 1000 for one in runs], " ms", at_most=50)


@figure("traced", "traced from the start, for comparison", needs=["sim_mcu_vcd1"])
def traced(bench):
    command = bench.command(mcu(bench), bench.seconds / 10)
    without, with_trace = bench.in_turn(lambda: run(command), lambda: run([*command, "--trace", "oracle.vcd"]))
    yield Row("for comparison: mcu traced from the start / not traced", divide(wall(with_trace), wall(without)))


@figure("held", "a testbench that always traces, held back", needs=["sim_mcu_vcd1"])
def held(bench):
    command = bench.command(mcu(bench))
    without, with_it = bench.in_turn(lambda: run(command), lambda: run([*command, "--trace", "held.vcd"], bench.library))
    yield from compare("mcu that always traces, held back; against never traced", without, with_it, at_most=1.05)
