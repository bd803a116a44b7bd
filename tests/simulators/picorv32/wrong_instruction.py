#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Firmware for picorv32 with one wrong instruction, so that its testbench ends in $stop.

    wrong_instruction.py one --firmware GOOD.hex --address ADDRESS --output BROKEN.hex
    wrong_instruction.py many --firmware GOOD.hex --emu EMU --count N --seed S [--before CYCLE] --output DIR

`one` turns the `mulh` of the firmware's hard_mulh(), which is at ADDRESS, into `mulhu`. The firmware
compares what the hardware multiplies with what its own software multiplies, once all else is tested: it
finds the first negative factor, prints ERROR! and stops with an ebreak. The core traps, and the testbench,
which has not seen the magic word of success, says ERROR! and calls $stop: vl_stop, vl_fatal, SIGABRT.

`many` moves that point: it flips one bit of one word that the good run fetched as an instruction (it
says so with +verbose), runs the result, and keeps it if it ends in the same $stop. A wrong word that is
never reached, does no harm, or makes the core run in circles or leave the memory (a $finish) is dropped.
Words are drawn by the time at which the good run first fetched them, so that failures come early and late.
DIR/index.json lists them: which word, and after how many clock cycles the testbench stopped. --before keeps
only those that stop before that cycle: a trace of the whole run, to compare with, has 800 bytes per cycle.
"""

import argparse
import json
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

MULH_A0_A0_A1 = 0x02B51533
MULHU_A0_A0_A1 = 0x02B53533
FETCH = re.compile(rb"^RD: ADDR=([0-9a-f]{8}) DATA=[0-9a-f]{8} INSN$", re.MULTILINE)
TRAP = re.compile(rb"^TRAP after ([0-9]+) clock cycles\nERROR!$", re.MULTILINE)
SLICES = 16  # of the good run; each is drawn equally often


class Firmware:
    """A memory image in the form of $readmemh: one word of 32 bits in each line."""

    def __init__(self, path):
        self.lines = path.read_text().split()
        self.image = bytearray(b"".join(int(line, 16).to_bytes(4, "little") for line in self.lines))

    def read(self, address):
        return int.from_bytes(self.image[address : address + 4], "little")

    def write(self, address, value):
        """With compressed instructions in between, an address may be any multiple of 2."""
        self.image[address : address + 4] = value.to_bytes(4, "little")

    def save(self, path):
        """Leaves the lines of unchanged words as they were, so that a diff shows the wrong word alone."""
        words = [self.read(address) for address in range(0, len(self.image), 4)]
        lines = (
            line if int(line, 16) == word else f"{word:08x}" for line, word in zip(self.lines, words)
        )
        path.write_text("".join(f"{line}\n" for line in lines))


def run(emu, firmware, *arguments, timeout=None):
    """Runs the simulator in a directory of its own. Returns (exit status, stdout)."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [emu.resolve(), f"+firmware={firmware.resolve()}", *arguments],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
        )
    return done.returncode, done.stdout


def one(options):
    firmware = Firmware(options.firmware)
    found = firmware.read(options.address)
    if found != MULH_A0_A0_A1:
        sys.exit(f"{options.firmware}: {found:08x} at {options.address:#x} is not mulh a0,a0,a1")
    firmware.write(options.address, MULHU_A0_A0_A1)
    firmware.save(options.output)


def slices_of_time(fetches):
    """The addresses by the part of the run in which they were fetched first; without empty parts."""
    slices = [[] for _ in range(SLICES)]
    seen = set()
    for number, address in enumerate(fetches):
        if address not in seen:
            seen.add(address)
            slices[number * SLICES // len(fetches)].append(address)
    return [addresses for addresses in slices if addresses]


def fails(emu, firmware, timeout):
    """After how many cycles the run ends in the testbench's $stop; None if it ends otherwise."""
    try:
        status, output = run(emu, firmware, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None
    trap = TRAP.search(output)
    return int(trap[1]) if trap and status == -signal.SIGABRT else None


def many(options):
    started = time.monotonic()
    status, output = run(options.emu, options.firmware, "+verbose")
    timeout = max(2.0, 3 * (time.monotonic() - started))
    slices = slices_of_time([int(address, 16) for address in FETCH.findall(output)])
    if status != 0 or not slices:
        sys.exit(f"{options.emu}: the good firmware does not run")

    draw = random.Random(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    for old in options.output.glob("*.hex"):
        old.unlink()
    cases = []
    while len(cases) < options.count:
        firmware = Firmware(options.firmware)
        address = draw.choice(draw.choice(slices))
        good = firmware.read(address)
        wrong = good ^ 1 << draw.randrange(32)
        firmware.write(address, wrong)
        path = options.output / f"{len(cases):04}.hex"
        firmware.save(path)
        cycles = fails(options.emu, path, timeout)
        if cycles is None or cycles >= options.before:
            path.unlink()
            continue
        words = {"address": f"{address:#x}", "good": f"{good:08x}", "wrong": f"{wrong:08x}"}
        cases.append({"file": path.name, "cycles": cycles, **words})
    index = {"seed": options.seed, "cases": cases}
    (options.output / "index.json").write_text(json.dumps(index, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description="firmware for picorv32 with one wrong instruction")
    commands = parser.add_subparsers(required=True)
    for command in (one, many):
        added = commands.add_parser(command.__name__)
        added.set_defaults(command=command)
        added.add_argument("--firmware", type=pathlib.Path, required=True)
        added.add_argument("--output", type=pathlib.Path, required=True)
        if command is one:
            added.add_argument("--address", type=lambda text: int(text, 0), required=True)
        else:
            added.add_argument("--emu", type=pathlib.Path, required=True)
            added.add_argument("--count", type=int, required=True)
            added.add_argument("--seed", type=int, default=1)
            added.add_argument("--before", type=int, default=sys.maxsize)
    options = parser.parse_args()
    options.command(options)


if __name__ == "__main__":
    main()
