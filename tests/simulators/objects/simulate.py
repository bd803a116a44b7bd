#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A testbench in Python: opens the mcu with ctypes, has threads of its own, and fails where it is told to.

    simulate.py LIBRARY --seed S --fail KIND@CYCLE [--trace FILE]
"""

import argparse
import ctypes
import os
import queue
import signal
import sys
import threading
import time

CYCLES = 3000


class Mcu:
    def __init__(self, path, trace):
        self.library = ctypes.CDLL(os.path.abspath(path))
        self.library.mcu_open.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(self.library.mcu_open(trace.encode()))

    def cycle(self, number, seed):
        for clk in (0, 1):
            checksum = self.library.mcu_step(self.handle, clk, number < 5, ctypes.c_ulonglong(seed))
        return checksum & 0xFFFFFFFF

    def die(self):
        self.library.mcu_die(self.handle)

    def end(self, kind):
        self.library.mcu_end(self.handle, kind.encode())

    def close(self):
        self.library.mcu_close(self.handle)


class Workers:
    """One thread that waits for work, and one that never rests for long. Both are there at every snapshot."""

    def __init__(self):
        self.jobs, self.results = queue.Queue(), queue.Queue()
        self.ticks = 0
        for work in (self.consume, self.tick):
            threading.Thread(target=work, daemon=True).start()

    def consume(self):
        while True:
            self.results.put(self.jobs.get() * 3)

    def tick(self):
        while True:
            time.sleep(0.0005)
            self.ticks += 1

    def ask(self, number):
        self.jobs.put(number)
        return self.results.get(timeout=60)


def fail(mcu, kind):
    if kind == "raise":
        mcu.close()
        raise RuntimeError("the model is wrong")
    if kind == "assert":
        mcu.close()
        assert mcu.library is None, "the model is wrong"
    if kind == "exit":
        mcu.close()
        sys.exit(2)
    if kind == "_exit":
        mcu.close()
        sys.stdout.flush()
        os._exit(3)
    if kind == "kill":
        mcu.close()
        os.kill(os.getpid(), signal.SIGTERM)
    if kind == "segv_eval":
        mcu.die()
    elif kind != "none":
        mcu.end(kind)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fail", default="none@0")
    parser.add_argument("--trace", default="")
    args = parser.parse_args()
    kind, at = args.fail.split("@")
    workers = Workers()
    mcu = Mcu(args.library, args.trace)
    for number in range(CYCLES):
        if number == int(at):
            fail(mcu, kind)
        checksum = mcu.cycle(number, args.seed)
        if number % 100 == 0:
            print(f"cycle {number} checksum {checksum:08x} answer {workers.ask(number)}")
    mcu.close()


main()
