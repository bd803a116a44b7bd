# SPDX-License-Identifier: MIT
"""What the tests of tests/simulators/field share: a run without the library, the same with it, and the oracle, which
the testbench traces itself from its start (FIELD_TRACE)."""

import json
import os
import shutil
import tempfile
import unittest

import checks
import wave
from launch import Launch

LIBRARY = os.environ["LIGHTSSS_TEST_LIBRARY"]
COMMAND = os.environ["LIGHTSSS_TEST_COMMAND"]
PROGRAMS = os.environ["LIGHTSSS_TEST_FIELD"]
TIMEOUT_S = 120


def program(name):
    return os.path.join(PROGRAMS, name)


def often(short, full):
    """How many times, in the short and in the full form of a test."""
    return full if os.environ.get("LIGHTSSS_TEST_FULL") else short


class FieldTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="field-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.count = 0

    def launch(self, command, environment, timeout_s=TIMEOUT_S, patience_s=3):
        """Runs to its end; {name: value} beside the inherited environment. patience_s: for the replay of a run that
        was killed."""
        self.count += 1
        made = Launch(os.path.join(self.top, str(self.count)), command, environment, True)
        made.wait(timeout_s, patience_s)
        self.assertFalse(made.timed_out, command)
        return made

    def plain(self, name, *arguments, **environment):
        return self.launch([program(name), *arguments], environment)

    def preloaded(self, name, *arguments, environment=None, **variables):
        """variables: of the library, without LIGHTSSS_."""
        ours = {f"LIGHTSSS_{key}": value for key, value in variables.items()}
        return self.launch([program(name), *arguments], {"LD_PRELOAD": LIBRARY, **ours, **(environment or {})})

    def assert_same(self, plain, preloaded):
        """Status, output and files are those of the run without the library. Returns our lines of stderr."""
        own, said = checks.split_stderr(preloaded.stderr)
        self.assertEqual(preloaded.returncode, plain.returncode)
        self.assertEqual(preloaded.stdout, plain.stdout)
        self.assertEqual(own, plain.stderr)
        self.assertEqual(checks.files_below(preloaded.directory), checks.files_below(plain.directory))
        return said

    def run_directory(self, launch):
        top = os.path.join(launch.directory, "lightsss")
        self.assertTrue(os.path.isdir(top), launch.stderr)
        self.assertEqual(len(os.listdir(top)), 1, os.listdir(top))
        return os.path.join(top, os.listdir(top)[0])

    def report(self, launch, verdict="reproduced"):
        with open(os.path.join(self.run_directory(launch), "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["replay"]["verdict"], verdict, report)
        return report

    def oracle(self, name, *arguments, **environment):
        """Path of the waveform of the same run, traced from its start."""
        path = os.path.join(self.top, "oracle.vcd")
        self.plain(name, *arguments, FIELD_TRACE=path, **environment)
        return path

    def assert_wave(self, launch, oracle, name="wave.vcd"):
        """The waveform is a stretch of the oracle's, to its end. Returns the comparison."""
        return wave.compare(oracle, os.path.join(self.run_directory(launch), name), "between")
