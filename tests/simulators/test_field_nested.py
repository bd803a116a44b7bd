#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A design that calls its testbench from inside of its first eval, where that evaluates the design (svsim's do)."""

import os
import unittest

import field
import wave

INNER, OUTER = 5000, 2000


class Nested(field.FieldTest):
    def check(self, name, how, end, own, **variables):
        """What evaluates inside is replayed and dumped like what evaluates outside. The first eval is that around them."""
        arguments = (str(INNER), str(OUTER), f"{how}@{end}", *own)
        plain = self.plain(name, *arguments)
        preloaded = self.preloaded(name, *arguments, INTERVAL="300evals", SLOTS="2", **variables)
        self.assertEqual((preloaded.returncode, preloaded.stdout), (plain.returncode, plain.stdout))
        report = self.report(preloaded)
        # A clock does not rise in every eval.
        failing = end + 1 if how != "crash" else end + 1 + (end % 2 == 0)
        self.assertEqual(report["end"]["eval"], failing)
        self.assertLessEqual(failing - report["snapshot"]["eval"], 601)
        self.assertEqual(report["wave"]["last_eval"], failing)
        self.assertEqual(report["wave"]["source"], "testbench" if own else "injected")
        oracle = self.oracle(name, str(INNER), str(OUTER))  # which goes on
        place = "before" if how == "exit" else "cut"
        return wave.compare(oracle, os.path.join(self.run_directory(preloaded), report["wave"]["path"]), place)

    def test_ends(self):
        for name in ("nested", "nested-threads"):
            for how in ("abort", "crash", "exit"):
                for end in (2500, 4999, 5600):
                    with self.subTest(name=name, how=how, end=end):
                        self.check(name, how, end, ())

    def test_own(self):
        """A waveform of the testbench's own is held back, and written by the replay."""
        for end in (2500, 5600):
            with self.subTest(end=end):
                self.check("nested", "exit", end, ("own",))

    def test_window(self):
        self.check("nested", "exit", 4000, (), WINDOW="50evals")

    def test_ends_well(self):
        """As without the library, exceptions that leave an inner eval included."""
        arguments = (str(INNER), str(OUTER), "throws")
        plain = self.plain("nested", *arguments)
        for variables in ({}, {"INTERVAL": "1evals", "SLOTS": "16"}, {"INTERVAL": "7evals"}):
            self.assertEqual(self.assert_same(plain, self.preloaded("nested", *arguments, **variables)), [])


if __name__ == "__main__":
    unittest.main()
