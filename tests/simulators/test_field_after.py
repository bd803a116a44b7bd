#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""LIGHTSSS_AFTER where the design itself ends the run: $stop, $fatal and failed assertions."""

import os
import unittest

import field
import wave

STOP, FATAL, ASSERTION, AGAIN, FINISH = "01234"
CYCLE = 700
EVAL = 2 * CYCLE + 2  # in which that cycle's clock rises


class After(field.FieldTest):
    def stopped(self, name, how, *more, evals=100000, after="100evals", verdict="reproduced", **variables):
        """A run with the library, which is otherwise the run without it. Returns its report."""
        arguments = (how, str(CYCLE), str(evals), *more)
        plain = self.plain(name, *arguments)
        self.launched = self.preloaded(name, *arguments, INTERVAL="500evals", SLOTS="1", AFTER=after, **variables)
        self.assertEqual(self.launched.returncode, plain.returncode)
        self.assertEqual(self.launched.stdout, plain.stdout)
        return self.report(self.launched, verdict)

    def assert_stretch(self, name, how, report, count, last_eval=None):
        """count evals came after the failure, and the waveform is the run's up to there, as if nothing had ended it."""
        last_eval = last_eval or EVAL + count
        self.assertEqual(report["replay"]["after_evals"], count, report)
        self.assertEqual(report["replay"]["eval"], EVAL)
        self.assertEqual(report["end"]["eval"], EVAL)
        self.assertEqual(report["wave"]["last_eval"], last_eval)
        oracle = os.path.join(self.top, "oracle.wave")
        self.plain(name, how, str(CYCLE), str(last_eval), FIELD_TRACE=oracle)
        return wave.compare(oracle, os.path.join(self.run_directory(self.launched), report["wave"]["path"]), "between")

    def test_goes_on(self):
        for name, ways in (("stops", (STOP, FATAL, ASSERTION, AGAIN)), ("stops-fst", (STOP, AGAIN)), ("stops-threads", (ASSERTION,))):
            for how in ways:
                for own in ((), ("own",)):
                    with self.subTest(name=name, how=how, own=own):
                        report = self.stopped(name, how, *own)
                        self.assertEqual(report["wave"]["source"], "testbench" if own else "injected")
                        self.assert_stretch(name, how, report, 100)
                        self.assertNotIn("notes", report["replay"])

    def test_view(self):
        """The marker stands where the run has failed, and what came after it is in the pane."""
        for more in ((), ("own",)):
            self.stopped("stops", STOP, *more)
            with open(os.path.join(self.run_directory(self.launched), "wave.gtkw"), encoding="utf-8") as file:
                lines = file.read().splitlines()
            marker = next(line for line in lines if line.startswith("*-")).split()[1]
            start = next(line for line in lines if line.startswith("[timestart]")).split()[1]
            self.assertEqual(int(marker), EVAL - 1)
            self.assertLess(int(start), EVAL - 90)

    def test_window(self):
        """The window is counted back from the failure."""
        for window, first in (("1evals", EVAL), ("50evals", EVAL - 49)):
            report = self.stopped("stops", STOP, WINDOW=window, after="7evals")
            self.assertEqual(report["wave"]["first_eval"], first)
            self.assert_stretch("stops", STOP, report, 7)

    def test_testbench_ends(self):
        """By itself, or where Verilator tells it to."""
        for how, evals, count in ((STOP, EVAL + 30, 30), (FATAL, EVAL, 0), (FINISH, 100000, 20)):
            with self.subTest(how=how, evals=evals):
                report = self.stopped("stops", how, evals=evals)
                self.assert_stretch("stops", how, report, count)
                self.assertIn(f"LIGHTSSS_AFTER: {count} of 100 evals came after the failure", report["replay"]["notes"][0])

    def test_asked_to_finish(self):
        """The verdict stays what it was at the failure."""
        report = self.stopped("stops", AGAIN, evals=10**9, after="1000000000evals", LIMIT="1s")
        self.assertGreater(report["replay"]["after_evals"], 0)
        self.assertTrue(report["replay"]["notes"][0].endswith("then the replay was asked to finish"), report)

    def test_crash_behind_it(self):
        """What becomes of the replay there is none of the verdict's business."""
        report = self.stopped("stops", STOP, f"crashes@{EVAL + 40}")
        self.assert_stretch("stops", STOP, report, 40)

    def test_without(self):
        for after in ("0", "100evals"):
            for how in ("abort", "exit"):
                with self.subTest(how=how, after=after):
                    report = self.stopped("stops", how, after=after)
                    self.assertEqual(report["replay"].get("after_evals"), 0 if after != "0" else None)
                    self.assertEqual(report["wave"]["last_eval"], EVAL)
                    self.assertEqual("notes" in report["replay"], after != "0")
        report = self.stopped("stops", STOP, after="0")
        self.assertEqual(report["wave"]["last_eval"], EVAL)


if __name__ == "__main__":
    unittest.main()
