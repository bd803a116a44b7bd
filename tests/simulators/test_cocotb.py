#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The recipe for cocotb: of six tests in one process the second fails, and the waveform shows the second, whatever the
others do behind it (20 s in the full form). test_cocotb.py BUILD_DIR LIBRARY"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import recipes
import wave

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "scripts", "man", "recipes.md")
BUILD = LIBRARY = None
CYCLES = 15000 if os.environ.get("LIGHTSSS_TEST_FULL") == "1" else 300  # of each test behind it
TRIGGER = re.search("--trigger '(.+?)'", recipes.blocks_of(PAGE, "cocotb")[-1].text)[1]
NS = 1000  # of the waveform's axis


class Cocotb(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="cocotb-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)

    def run_tests(self, name, **environment):
        """(its directory, what it printed)"""
        directory = os.path.join(self.top, name)
        os.mkdir(directory)
        made = subprocess.run(
            [os.path.join(BUILD, "real", "cocotb", "emu"), f"+cycles={CYCLES}"],
            cwd=directory,
            env={**os.environ, "MODULE": "test_six", **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        self.assertIn("TESTS=6 PASS=5 FAIL=1", made.stdout)
        return directory, made.stdout

    def test_second_of_six(self):
        oracle, _ = self.run_tests("plain")
        directory, out = self.run_tests("preloaded", LD_PRELOAD=LIBRARY, LIGHTSSS_TRIGGER=TRIGGER)
        begun_ns, failed_ns = (
            float(re.search(rf"^ *([\d.]+)ns INFO +cocotb.regression +{words}", out, re.MULTILINE)[1])
            for words in ("running second", "second failed")
        )
        runs = os.listdir(os.path.join(directory, "lightsss"))
        self.assertEqual(len(runs), 1)
        run = os.path.join(directory, "lightsss", runs[0])
        with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["end"]["kind"], "trigger")
        self.assertIn("second failed", report["end"]["line"])
        self.assertEqual(report["replay"]["verdict"], "reproduced")
        result = wave.compare(os.path.join(oracle, "dump.vcd"), os.path.join(run, "wave.vcd"), "before")
        self.assertLess(result.first_time, begun_ns * NS)
        self.assertLessEqual(abs(result.last_time - failed_ns * NS), 10 * NS)


if __name__ == "__main__":
    BUILD, LIBRARY = (os.path.abspath(path) for path in sys.argv[1:3])
    built = subprocess.run([os.path.join(HERE, "real"), BUILD, "cocotb", "cocotb", "none", "0", "0"], check=False)
    if built.returncode:
        sys.exit(built.returncode)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
