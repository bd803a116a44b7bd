#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a simulator is to the library where it is not simply the process that the user started: its own code that must
not be called, the dynamic loader, forked children, programs that it becomes."""

import os
import signal
import unittest

import field


class OwnTime(field.FieldTest):
    """sc_time_stamp() takes a lock, which the thread that evaluates has, or the one that fails."""

    def run_both(self, way):
        plain = self.plain("stamp", "30000", way)
        preloaded = self.preloaded("stamp", "30000", way, WINDOW="2000evals")
        self.assert_same(plain, preloaded)
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], 30000)
        compared = self.assert_wave(preloaded, self.oracle("stamp", "30000", "free"))
        self.assertEqual(compared.last_time, 29999)
        return report

    def test_free(self):
        report = self.run_both("free")
        self.assertEqual((report["end"]["time"], report["snapshot"]["time"]), (30000, 0))

    def test_eval_with_the_lock(self):
        report = self.run_both("inside")
        self.assertIn("waits for a lock", str(report["replay"]["notes"]))

    def test_end_with_the_lock(self):
        report = self.run_both("outside")
        self.assertEqual(report["end"]["signal"], "SIGABRT")
        self.assertIsNone(report["end"]["time"])


if __name__ == "__main__":
    unittest.main()
