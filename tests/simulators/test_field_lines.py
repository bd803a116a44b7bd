#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines of a UART that go to stdout, to a file or to a terminal: LIGHTSSS_MATCH, LIGHTSSS_WATCH."""

import unittest

import field

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


if __name__ == "__main__":
    unittest.main()
