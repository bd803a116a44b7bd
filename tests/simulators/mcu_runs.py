# SPDX-License-Identifier: MIT
"""Runs of the simulator mcu with several waveforms each: what is the same in tests of points and of all variables together."""

import json
import os
import random
import re
import shutil
import sys
import tempfile
import unittest

from launch import Launch

TIMEOUT_S = 120
FULL = os.environ.get("LIGHTSSS_TEST_FULL") == "1"
LIBRARY = VCD = FST = THREADED = None


class McuRuns(unittest.TestCase):
    evals = 3000  # of a run; an eval has one time, the first is 0
    repeats = 1  # of each simulator, with its tracer held back and without one
    seed = ""

    def one(self, simulator, held, rng):
        """A run that is drawn, checked."""
        raise NotImplementedError

    def all(self, simulator, held):
        for number in range(self.repeats):
            self.one(simulator, held, random.Random(f"{self.seed}{os.path.basename(simulator)}{held}{number}"))

    def test_vcd(self):
        self.all(VCD, False)

    def test_vcd_held(self):
        self.all(VCD, True)

    def test_fst(self):
        self.all(FST, False)

    def test_fst_held(self):
        self.all(FST, True)

    def test_threads(self):
        self.all(THREADED, False)

    def test_threads_held(self):
        self.all(THREADED, True)

    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.mkdtemp(prefix="mcu-runs-")
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.count = 0
        cls.known = {}

    def without(self, simulator, more):
        """The run without the library, which is always the same."""
        key = (simulator, *more)
        if key not in self.known:
            self.known[key] = self.run_once(simulator, list(more), {})
        return self.known[key]

    def oracle(self, simulator, more):
        return os.path.join(self.without(simulator, [*more, "--trace", "own.wave"]).directory, "own.wave")

    def run_once(self, simulator, more, environment, meanwhile=None):
        type(self).count += 1
        command = [simulator, "--cycles", str(self.evals // 2), "--seed", "7", "--report", "100", "--log", "mcu.log", *more]
        made = Launch(os.path.join(self.top, str(self.count)), command, environment, True)
        if meanwhile:
            meanwhile(made)
        made.wait(TIMEOUT_S, TIMEOUT_S)
        self.assertFalse(made.timed_out)
        return made

    def runs(self, made):
        """Directories of this run, in order."""
        top = os.path.join(made.directory, "lightsss")
        names = os.listdir(top) if os.path.isdir(top) else []
        numbers = {int(re.fullmatch(rf".*\.{made.pid}(?:-(\d+))?", name)[1] or 1): name for name in names}
        self.assertEqual(sorted(numbers), list(range(1, len(names) + 1)))
        return [os.path.join(top, numbers[number]) for number in sorted(numbers)]

    def report(self, directory):
        with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
            return json.load(file)


def main():
    """TEST LIBRARY VCD_SIMULATOR FST_SIMULATOR THREADED_SIMULATOR [ARGUMENT OF UNITTEST...]"""
    global LIBRARY, VCD, FST, THREADED
    LIBRARY, VCD, FST, THREADED = (os.path.abspath(path) for path in sys.argv[1:5])
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
