#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A simulator that has a program of its own work for it: a replay has no such program, and sees what it answered, by the
same descriptors. And a program that does not answer any more."""

import json
import os
import signal
import subprocess
import time
import unittest

import field
import wave

NEVER = "1000000000evals"
PATIENCE_S = 60


class Child(field.FieldTest):
    def check(self, interval):
        plain = self.plain("child", "2000", "3")
        preloaded = self.preloaded("child", "2000", "3", INTERVAL=interval)
        self.assert_same(plain, preloaded)
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], 2000)
        self.assertEqual(self.assert_wave(preloaded, self.oracle("child", "2000", "3")).last_time, 1999)
        return report

    def test_started_after_the_snapshot(self):
        self.assertEqual(self.check(NEVER)["snapshot"]["eval"], 0)

    def test_started_before_the_snapshot(self):
        self.assertGreater(self.check("100evals")["snapshot"]["eval"], 1)


class Silent(field.FieldTest):
    """The 500th question has no answer."""

    def hanging(self, interval):
        directory = os.path.join(self.top, interval)
        os.mkdir(directory)
        environment = dict(
            os.environ, LD_PRELOAD=field.LIBRARY, LIGHTSSS_HANG="1s", LIGHTSSS_ON="hang", LIGHTSSS_INTERVAL=interval
        )
        with subprocess.Popen(
            [field.program("child"), "2000", "3", "500"],
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        ) as process:
            try:
                lines = self.read_lines(process)
                self.assertIsNone(process.poll(), "it hangs on")
            finally:
                os.killpg(process.pid, signal.SIGKILL)
        runs = os.path.join(directory, "lightsss")
        return lines, os.path.join(runs, os.listdir(runs)[0])

    def read_lines(self, process):
        """To the one that names the waveform."""
        lines, until = [], time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            lines.append(process.stderr.readline())
            if not lines[-1] or "waveform" in lines[-1]:
                break
        return lines

    def check(self, interval):
        lines, directory = self.hanging(interval)
        self.assertRegex(lines[0], r"^lightsss: child \(pid \d+\) hangs: eval 500 was the last that began$")
        self.assertIn("wave.vcd", lines[-1])
        with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["end"]["kind"], "hang")
        self.assertEqual(report["replay"]["verdict"], "reproduced", report)
        self.assertTrue(any("it hangs in read, called from " in note for note in report["replay"]["notes"]), report)
        oracle = self.oracle("child", "500", "0")
        self.assertEqual(wave.compare(oracle, os.path.join(directory, "wave.vcd"), "between").last_time, 499)

    def test_the_snapshot_is_older(self):
        self.check(NEVER)

    def test_the_snapshot_is_younger(self):
        self.check("100evals")


if __name__ == "__main__":
    unittest.main()
