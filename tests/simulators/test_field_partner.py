#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Simulators that take their input from memory that another process writes: the replay says that this is not recorded,
within seconds, and leaves the waveform of what it ran."""

import os
import re
import signal
import subprocess
import time
import unittest

import field
import wave

EVALS = 400000
INTERVAL = "100000evals"
# A replay of this that is waited for in vain takes longer than a minute.
SECONDS = 45


class Partner(field.FieldTest):
    def start_partner(self, how):
        path = os.path.join(self.top, f"ring.{how}.{time.monotonic_ns()}")
        partner = subprocess.Popen([field.program("ring_partner"), path, how])
        self.addCleanup(partner.wait)
        self.addCleanup(partner.kill)
        return path, partner

    def oracle_of(self, how):
        path, partner = self.start_partner(how)
        oracle = self.oracle("ring", path, how, str(EVALS))
        partner.kill()
        return oracle

    def compare(self, launch, oracle):
        wave.compare(oracle, os.path.join(self.run_directory(launch), "wave.vcd"), "killed")

    def check_stop(self, launch, partner, path):
        """What is told and left; the partner goes on. Returns the report."""
        report = self.report(launch, "incomplete")
        why = report["replay"]["why"]
        self.assertRegex(why, r"waits for another process \(ring_partner, pid \d+\)")
        self.assertIn(f"pid {partner.pid}", why)
        self.assertIn(path[:40], why)
        self.assertIn("not recorded", why)
        self.assertLess(report["replay"]["seconds"], SECONDS)
        self.assertIsNone(partner.poll())
        stopped = int(re.search(r"stopped at eval (\d+)", why)[1])
        self.assertLess(report["snapshot"]["eval"], stopped)
        self.assertEqual(report["wave"]["last_eval"], stopped)
        return report

    def check_window(self, report):
        stopped = report["wave"]["last_eval"]
        self.assertEqual(report["wave"]["first_eval"], max(report["snapshot"]["eval"] + 1, stopped - 999))

    def check(self, how):
        oracle = self.oracle_of(how)
        path, partner = self.start_partner(how)
        arguments = ("ring", path, how, str(EVALS))
        plain = self.plain(*arguments)
        partner.kill()
        path, partner = self.start_partner(how)
        begun = time.monotonic()
        preloaded = self.preloaded("ring", path, how, str(EVALS), WINDOW="1000evals", INTERVAL=INTERVAL)
        self.assertLess(time.monotonic() - begun, 2 * SECONDS)
        self.assert_same(plain, preloaded)
        self.check_window(self.check_stop(preloaded, partner, path))
        self.compare(preloaded, oracle)
        self.assertEqual(preloaded.stderr.count(b"the oldest checkpoint"), 1, preloaded.stderr)

    def test_waits_by_condition(self):
        self.check("waits")

    def test_looks_again_and_again(self):
        self.check("looks")

    def test_partner_has_ended(self):
        """Nobody is left who has the memory, too."""
        path, partner = self.start_partner("looks")
        preloaded = self.preloaded("ring", path, "looks", str(EVALS), str(partner.pid), WINDOW="1000evals",
                                   INTERVAL=INTERVAL)
        report = self.report(preloaded, "incomplete")
        self.assertIn("waits for another process, with which it shares memory", report["replay"]["why"])
        self.assertLess(report["replay"]["seconds"], SECONDS)
        self.check_window(report)

    def test_killed(self):
        oracle = self.oracle_of("waits")
        path, partner = self.start_partner("waits")
        ours = {"LD_PRELOAD": field.LIBRARY, "LIGHTSSS_WINDOW": "1000evals", "LIGHTSSS_INTERVAL": INTERVAL}
        command = [field.program("ring"), path, "waits", str(EVALS), "kill"]
        preloaded = self.launch(command, ours, patience_s=2 * SECONDS)
        self.assertEqual(preloaded.returncode, -signal.SIGKILL)
        self.check_window(self.check_stop(preloaded, partner, path))
        self.compare(preloaded, oracle)

    def test_too_large(self):
        """The window would shrink towards an end that the replay does not come to: it shrinks towards the stop."""
        oracle = self.oracle_of("waits")
        path, partner = self.start_partner("waits")
        preloaded = self.preloaded("ring", path, "waits", str(EVALS), WINDOW="all", SIZE="256K", INTERVAL=INTERVAL)
        report = self.check_stop(preloaded, partner, path)
        self.assertGreater(report["wave"]["first_eval"], report["snapshot"]["eval"] + 1000)
        self.assertLess(report["wave"]["bytes"], 256 * 1024)
        self.assertGreater(report["wave"]["bytes"], 128 * 1024)
        self.assertIn(f"begins at eval {report['wave']['first_eval']} and not at", report["replay"]["notes"][-1])
        self.assertEqual([name for name in os.listdir(self.run_directory(preloaded)) if name.endswith(".vcd")], ["wave.vcd"])
        self.compare(preloaded, oracle)


if __name__ == "__main__":
    unittest.main()
