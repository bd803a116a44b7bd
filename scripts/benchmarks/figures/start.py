# SPDX-License-Identifier: MIT
"""Processes that end soon, and what the library itself keeps: regressions have thousands of them."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from ..bench import ROOT, cpu, subtract, wall
from ..registry import Row, figure
from ..running import run
from ..workloads import mcu, memory
from .evals import NEVER

TIMES = 10  # as many as other figures have pairs


def start(bench, what, command, goal):
    without, with_it = [], []
    for _ in range(TIMES * bench.pairs):
        without.append(run(command))
        with_it.append(run(command, bench.library))
    of_all = f"{what} from its start to its end ({statistics.median(cpu(without)) * 1000:.1f} ms of CPU time)"
    yield Row(f"{of_all}, the library adds", subtract(cpu(with_it), cpu(without), 1000), " ms", **goal)
    yield Row("the same, wall time", subtract(wall(with_it), wall(without), 1000), " ms")


def add(name, what, make, needs, goal):
    @figure(f"start-{name}", f"CPU time of a whole process: {what}", needs=needs)
    def measure(bench):
        yield from start(bench, what, make(bench), goal)

    return measure


add("true", "true, no simulator,", lambda bench: ["true"], [], {"at_most": 0.5})
add("bash", "bash -c :", lambda bench: ["bash", "-c", ":"], [], {"at_most": 0.5})
add("make", "make, nothing to do,", lambda bench: ["make", "-nsf", "/dev/null", "--eval", "all:"], [], {"at_most": 0.5})
add("python", "python3 -S -E -c 0,", lambda bench: ["python3", "-S", "-E", "-c", "0"], [], {"at_most": 0.5})
add("mcu", "mcu, 100 cycles,", lambda bench: mcu(bench).command(100), ["sim_mcu_vcd1"], {"at_most": 1.65})


OBJECTS = 200


@figure("start-objects", f"CPU time of a process with {OBJECTS} shared objects and no model", needs=["nothing"])
def objects(bench):
    with tempfile.TemporaryDirectory(prefix="bench.") as directory:
        paths = [os.path.join(directory, f"lib{number}.so") for number in range(OBJECTS)]
        for path in paths:
            shutil.copy(bench.path("tests", "process", "libnothing.so"), path)
        without, with_it = bench.in_turn(
            lambda: run(["true"], ":".join(paths)),
            lambda: run(["true"], ":".join([*paths, bench.library])),
        )
    what = f"true with {OBJECTS} shared objects ({statistics.median(cpu(without)) * 1000:.1f} ms of CPU time), the library adds"
    yield Row(what, subtract(cpu(with_it), cpu(without), 1000), " ms", at_most=0.5)


@figure("resident", "resident memory of the library itself", needs=["sim_memory"])
def resident(bench):
    command = memory(bench, 1, "hot").command(1000000)
    runs = bench.pairs_of(command, NEVER)
    without, with_it = [[one.said("resident_kb") for one in way] for way in runs]
    yield Row("resident memory that the library adds, its code included", subtract(with_it, without, 1 / 1024), " MiB", at_most=2)


@figure("start-symbols", "a start of 500 MB with a million symbols", needs=["fake_simulator"])
def symbols(bench):
    """Against the same program without them; both with the library."""
    large = bench.path("bench", "large_simulator")
    make = os.path.join(ROOT, "tests", "process", "large_program.py")
    subprocess.run([sys.executable, make, bench.fake, large], check=True)
    variables = {"LIGHTSSS_WAVE": "off"}
    try:
        small_runs, large_runs = bench.in_turn(
            lambda: run([bench.fake, "eval:1"], bench.library, variables),
            lambda: run([large, "eval:1"], bench.library, variables),
            times=2,
        )
    finally:
        os.remove(large)
    what = "500 MB and a million symbols add to the start"
    yield Row(what, subtract(wall(large_runs), wall(small_runs), 1000), " ms", at_most=150)
    yield Row(f"{what}: CPU time", subtract(cpu(large_runs), cpu(small_runs), 1000), " ms")
