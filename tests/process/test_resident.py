#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the library itself keeps in memory: the same simulator at the same eval, resident with it and without, is not
more than 2 MB apart. The logs of input are left out: they are as large as the input."""

import os
import re
import shutil
import subprocess
import time
import unittest

from command import FAKE, LIBRARY, PROGRAMS, CommandCase

WAIT_S = 60
MOST_KIB = 2048
LOG_BYTES = 16 << 20  # shared memory that is at least so large is a log of input
MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \d+ *(.*)$")


def resident_kib(smaps):
    total, is_log = 0, False
    for line in smaps.splitlines():
        mapping = MAPPING.match(line)
        if mapping:
            size = int(mapping[2], 16) - int(mapping[1], 16)
            is_log = mapping[3].startswith("/dev/zero") and size >= LOG_BYTES
        elif line.startswith("Rss:") and not is_log:
            total += int(line.split()[1])
    return total


class ResidentCase(CommandCase):
    def measure(self, program, steps, **variables):
        process = subprocess.Popen(
            [program, *steps, "touch:ready", "await:go"],
            cwd=self.work,
            env=self.environment({"LIGHTSSS_WAVE": "off", **variables}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.kill)
        ready, go = (os.path.join(self.work, name) for name in ("ready", "go"))
        give_up = time.monotonic() + WAIT_S
        while not os.path.exists(ready) and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.01)
        with open(f"/proc/{process.pid}/smaps", encoding="utf-8") as file:
            smaps = file.read()
        self.assertEqual("liblightsss" in smaps, "LD_PRELOAD" in variables)
        with open(go, "w", encoding="ascii"):
            pass
        self.assertEqual(process.wait(WAIT_S), 0)
        os.remove(ready)
        os.remove(go)
        return resident_kib(smaps)

    def check(self, program, *steps, **variables):
        without = self.measure(program, steps)
        added = self.measure(program, steps, LD_PRELOAD=LIBRARY, **variables) - without
        print(f"{added} kB more than {without}", flush=True)
        self.assertGreater(added, 0)
        self.assertLess(added, MOST_KIB)

    def test_at_the_first_eval(self):
        self.check(FAKE, "eval:1")

    def test_after_many_snapshots(self):
        steps = ["print:words", "eval:20"] * 10
        self.check(FAKE, *steps, LIGHTSSS_INTERVAL="2evals", LIGHTSSS_SLOTS="4")

    def test_with_threads(self):
        steps = ["thread:sleep:60000"] * 16
        self.check(FAKE, "eval:1", *steps, "eval:40", LIGHTSSS_INTERVAL="10evals")

    def test_with_many_models(self):
        steps = []
        for number in range(40):
            library = os.path.join(self.place, f"model-{number}.so")
            shutil.copy(os.path.join(PROGRAMS, "libfake_model.so"), library)
            steps.append(f"open:{library}")
        self.check(os.path.join(PROGRAMS, "opener"), *steps, "main", "eval:5")


if __name__ == "__main__":
    unittest.main(verbosity=2)
