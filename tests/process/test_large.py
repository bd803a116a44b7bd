#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A simulator of 500 MB with a million symbols: its model is found, and the memory that this took is given back. How
long it takes is scripts/bench's business."""

import os
import re
import time
import unittest

import large_program
from command import FAKE, LIBRARY, CommandCase

WAIT_S = 60
MOST_KIB = 24 << 10  # the symbols and their names are 95 MB


class LargeCase(CommandCase):
    def memory_kib(self, program):
        """Resident at the first eval: now, and at most so far."""
        variables = {"LD_PRELOAD": LIBRARY, "LIGHTSSS_WAVE": "off", "LIGHTSSS_LOG": "debug"}
        process = self.start("eval:1", "touch:ready", "await:go", command=program, **variables)
        self.addCleanup(process.kill)
        ready, go = (os.path.join(self.work, name) for name in ("ready", "go"))
        give_up = time.monotonic() + WAIT_S
        while not os.path.exists(ready) and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.01)
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            status = file.read()
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
            mapped = [line for line in file if line.rstrip().endswith(os.path.basename(program))]
        with open(go, "w", encoding="ascii"):
            pass
        said = process.communicate(timeout=WAIT_S)[1]
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("model Vfoo, Verilator 5.006", said)
        os.remove(ready)
        os.remove(go)
        sizes = [[int(number, 16) for number in line.split()[0].split("-")] for line in mapped]
        self.assertLess(sum(end - start for start, end in sizes), 16 << 20, mapped)
        return [int(re.search(rf"^{key}:\s+(\d+) kB", status, re.M)[1]) for key in ("VmRSS", "VmHWM")]

    def test_its_symbols_are_read_and_let_go(self):
        large = os.path.join(self.place, "large")
        large_program.make(FAKE, large)
        self.assertGreater(os.path.getsize(large), 499 << 20)
        small_now, small_most = self.memory_kib(FAKE)
        now, most = self.memory_kib(large)
        self.assertLess(now, small_now + 512)
        self.assertLess(most, small_most + MOST_KIB)


if __name__ == "__main__":
    unittest.main(verbosity=2)
