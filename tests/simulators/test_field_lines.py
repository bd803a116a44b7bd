#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines of a UART that go to stdout, to a file or to a terminal: LIGHTSSS_MATCH, LIGHTSSS_WATCH."""

import json
import os
import unittest

import field
import wave

WAYS = {"stdout": "stdout", "file": "uart0.log", "stdio": "uart0.log", "bytes": "uart0.log", "pty": "uart0"}


class Lines(field.FieldTest):
    def test_match(self):
        """A line there makes the end a failure; its waveform is that of the oracle."""
        for how, place in WAYS.items():
            with self.subTest(how=how):
                arguments = ("uart", "30000", how, "7000", "20000")
                plain = self.plain(*arguments)
                preloaded = self.preloaded(*arguments, MATCH="^TEST FAILED", WATCH="uart0:uart0.log", WINDOW="1000evals")
                if how != "pty":  # a link to another terminal each time
                    self.assert_same(plain, preloaded)
                report = self.report(preloaded)
                self.assertEqual(
                    report["end"], {**report["end"], "kind": "finish", "status": 0, "eval": 30000, "match": "TEST FAILED at 7000", "match_in": place}
                )
                self.assertEqual(self.assert_wave(preloaded, self.oracle(*arguments)).last_time, 29999)

    def test_no_line(self):
        for how in WAYS:
            with self.subTest(how=how):
                preloaded = self.preloaded("uart", "30000", how, MATCH="^TEST FAILED", WATCH="uart0:uart0.log")
                self.assertEqual((preloaded.returncode, preloaded.stderr), (0, b""))

    def test_trigger(self):
        """Each such line makes a waveform up to the eval at which its end was written; the run is as without."""
        places = (7000, 7400, 20000)
        for how, place in WAYS.items():
            with self.subTest(how=how):
                arguments = ("uart", "30000", how, *map(str, places))
                plain = self.plain(*arguments)
                preloaded = self.preloaded(*arguments, TRIGGER="^TEST FAILED", WATCH="uart0:uart0.log", WINDOW="1000evals")
                if how != "pty":
                    self.assert_same(plain, preloaded)
                oracle = self.oracle(*arguments)
                top = os.path.join(preloaded.directory, "lightsss")
                runs = sorted(os.listdir(top))
                self.assertEqual(runs, [f"uart.{preloaded.pid}" + (f"-{n}" if n > 1 else "") for n in (1, 2, 3)])
                for run, at in zip(runs, places):
                    with open(os.path.join(top, run, "report.json"), encoding="utf-8") as file:
                        report = json.load(file)
                    self.assertEqual(report["replay"]["verdict"], "reproduced", report)
                    expected = {"kind": "trigger", "eval": at, "line": f"TEST FAILED at {at}"}
                    self.assertEqual({key: report["end"][key] for key in expected}, expected)
                    self.assertIn(place, report["end"].values())
                    compared = wave.compare(oracle, os.path.join(top, run, "wave.vcd"), "before")
                    self.assertEqual((compared.first_time, compared.last_time), (at - 1000, at - 1))


if __name__ == "__main__":
    unittest.main()
