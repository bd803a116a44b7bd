# SPDX-License-Identifier: MIT
"""From the failure to the waveform, and testbenches that trace."""

import statistics

from ..bench import compare, divide, wall
from ..registry import Row, Skip, figure
from ..running import run
from ..workloads import mcu

LONGER = 12  # than other runs: what comes before the window is to count
WINDOW_EVALS = 20000
WINDOW = f"{WINDOW_EVALS}evals"


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


def replayed_dark(bench, work):
    """All of the run is replayed: there is the snapshot of the first eval and no other."""
    cycles = bench.count_for(work)
    failing = work.command(2 * cycles, "--fail", f"return@{cycles}")
    only_first = {"LIGHTSSS_INTERVAL": "1000000000000evals", "LIGHTSSS_WINDOW": "10evals"}
    without, with_it = bench.in_turn(
        lambda: run(failing, check=False), lambda: run(failing, bench.library, only_first, check=False)
    )
    replays = [one.report["replay"]["seconds"] for one in with_it]
    original = [one.wall - one.after_failure for one in with_it]
    yield Row(f"{work.name}, dark replay / its original: wall time", divide(replays, original), at_most=1.05)
    yield Row(f"{work.name}, dark replay / a run without the library", divide(replays, wall(without)))


@figure("dark", "the replay before its window, against the original", needs=["sim_mcu_vcd1"])
def dark(bench):
    yield from replayed_dark(bench, mcu(bench))


def times_ideal(report, dump_seconds):
    """What the replay took, in what its dark part took its original and a testbench's own trace takes for the window."""
    snapshot, wave = report["snapshot"], report["wave"]
    dumped = wave["last_eval"] - wave["first_eval"] + 1
    dark_seconds = snapshot["seconds_back"] * (1 - dumped / snapshot["evals_back"])
    return report["replay"]["seconds"] / (dark_seconds + dump_seconds)


def to_waveform(bench, variables, **goal):
    """The run traced from its start would take as much longer as a tenth of it does."""
    work = mcu(bench)
    cycles = bench.count_for(work, LONGER * bench.seconds)
    part = max(cycles // (10 * LONGER), 1)
    failing = work.command(2 * cycles, "--fail", f"return@{cycles}")
    variables = {"LIGHTSSS_WINDOW": WINDOW, **variables}
    trace = work.command(part, "--trace", "oracle.vcd")
    own = work.command(WINDOW_EVALS // 2, "--trace", "oracle.vcd")
    runs, parts, windows = bench.in_turn(
        lambda: run(failing, bench.library, variables, check=False), lambda: run(trace), lambda: run(own)
    )
    name = " ".join(f"{key}={value}" for key, value in variables.items())
    after = [one.after_failure for one in runs]
    what = f"mcu, failure after {statistics.median(wall(runs)) - statistics.median(after):.2g} s, {name}"
    again = [seconds * cycles / part for seconds in wall(parts)]
    yield Row(f"{what}: failure to the end with the waveform", after, " s")
    yield Row(f"{what}: a rerun traced from its start (reckoned from a part) / that", divide(again, after), **goal)
    window = [times_ideal(one.report, seconds) for one, seconds in zip(runs, wall(windows))]
    yield Row(f"{what}: the replay / (its dark part in the original + the window traced by the testbench)", window, at_most=1.3)
    yield Row(f"{what}: how far back the snapshot lay", [how_far(one.report) for one in runs], " evals")


def how_far(report):
    return report["end"]["eval"] - report["snapshot"]["eval"]


@figure("waveform-oldest", "failure to waveform, the oldest snapshot", needs=["sim_mcu_vcd1"])
def waveform_oldest(bench):
    yield from to_waveform(bench, {})


@figure("waveform-window", "failure to waveform, the youngest snapshot that has the window", needs=["sim_mcu_vcd1"])
def waveform_window(bench):
    if not bench.has_option("LIGHTSSS_BACK"):
        raise Skip("this version has no LIGHTSSS_BACK")
    yield from to_waveform(bench, {"LIGHTSSS_BACK": "window"}, at_least=20)
