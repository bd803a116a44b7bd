# SPDX-License-Identifier: MIT
"""Simulators that figures run: a command for so much work, be it evals or cycles."""

import dataclasses
import os

from . import picorv32
from .registry import Skip


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    program: tuple  # the command up to the amount of work
    rest: tuple = ()  # and behind it
    probe: int = 200000  # takes some tenths of a second
    most: int = 10**12
    threads: int = 1  # that wait for each other at every eval

    def command(self, count, *more):
        return [*self.program, str(count), *self.rest, *more]


def tick(bench):
    return Work("tick", (bench.path("tests", "bench", "tick", "sim_tick_vcd"), "--evals"), probe=2000000)


def mcu(bench, *more):
    return Work("mcu", (bench.path("tests", "simulators", "sim_mcu_vcd1"), "--cycles"), ("--quiet", *more))


def memory(bench, mib, mode="random", *more):
    """The bench's own simulator with so much memory; tests/bench/memory/main.cpp says what modes there are."""
    program = bench.path("tests", "bench", "memory", "sim_memory")
    return Work(f"memory of {size(mib)}", (program, "--mib", str(mib), "--mode", mode, *more, "--evals"))


def size(mib):
    return f"{mib // 1024} GiB" if mib >= 1024 and mib % 1024 == 0 else f"{mib} MiB"


def real(bench, name, folder, *options):
    """The emu of a simulator that the tests build from PyPI's packages."""
    program = bench.path("real", name, "emu")
    if not os.path.exists(program):
        words = " ".join(["tests/simulators/real", "BUILD", name, folder, "none 1 1", *options])
        raise Skip(f"{name} is not built; `{words}` builds it")
    return program


def rocket(bench, threads):
    name, form = {1: ("rocket-vcd1", "vcd"), 2: ("rocket-fst2", "fst")}[threads]
    program = real(bench, name, "rocket", "--threads", str(threads), "--format", form)
    return Work(f"Rocket, {threads} thread{'s' * (threads > 1)}", (program, "--cycles"), probe=2000, most=450000, threads=threads)



@dataclasses.dataclass(frozen=True)
class Picorv32(Work):
    """Its work is told by the program that it runs."""

    folder: str = ""

    def command(self, count, *more):
        path = os.path.join(self.folder, f"{count}.hex")
        os.makedirs(self.folder, exist_ok=True)
        picorv32.write(path, count)
        return [*self.program, f"+firmware={path}", *more]


def endless_picorv32(bench):
    program = real(bench, "picorv32", "picorv32")
    return Picorv32("picorv32", (program,), probe=10000, folder=bench.path("bench", "picorv32"))
