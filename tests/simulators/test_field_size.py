#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A waveform that would be too large begins later, so that its end is kept."""

import os
import unittest

import field
import wave

KIB = 1024


class SizeTest(field.FieldTest):
    def waves(self, launch):
        return sorted(name for name in os.listdir(self.run_directory(launch)) if name.startswith(("own", "wave.", "wave-")) and name != "wave.gtkw")

    def run_both(self, form, held, arguments, **variables):
        """The run with the library, what its report says of the waveform, and the trace of the run without."""
        name = "wide" if form == "vcd" else "wide-fst"
        plain = self.plain(name, *arguments, "own")
        preloaded = self.preloaded(name, *arguments, *(("own",) if held else ()), **variables)
        self.assertEqual((preloaded.returncode, preloaded.stdout), (plain.returncode, plain.stdout))
        report = self.report(preloaded)
        shape = report["wave"]
        self.assertEqual(shape["source"], "testbench" if held else "injected")
        self.assert_wave(preloaded, os.path.join(plain.directory, "own" + arguments[2]), shape["path"])
        with wave.Wave(os.path.join(self.run_directory(preloaded), shape["path"])) as read:
            self.assertEqual(next(read.times())[0], shape["first_time"])
        said = [line for line in preloaded.stderr.decode().splitlines() if "LIGHTSSS_SIZE" in line]
        noted = [line for line in report["replay"].get("notes", []) if "LIGHTSSS_SIZE" in line]
        self.assertEqual(said, ["lightsss: " + line for line in noted])
        return preloaded, shape, said

    def check(self, form, held, evals, busy_from, size_kib):
        preloaded, shape, said = self.run_both(form, held, (str(evals), str(busy_from), "1"), SIZE=f"{size_kib}K", WINDOW="all")
        self.assertEqual(shape["last_eval"], evals)
        self.assertEqual(self.waves(preloaded), ["wave." + form])
        self.assertEqual(len(said), 1)
        self.assertIn(f"begins at eval {shape['first_eval']} and not at 1: ", said[0])
        self.assertIn(f"LIGHTSSS_SIZE={size_kib}K" if size_kib % KIB else f"LIGHTSSS_SIZE={size_kib // KIB}M", said[0])
        return shape

    def test_too_large(self):
        """The whole would be some 30 times as large as it may be."""
        for form, evals, size_kib in (("vcd", 600, 250), ("fst", 2500, 256)):
            for held in (False, True):
                with self.subTest(form=form, held=held):
                    shape = self.check(form, held, evals, 0, size_kib)
                    self.assertLess(shape["bytes"], size_kib * 1024)
                    if form == "vcd":
                        self.assertGreater(shape["bytes"], size_kib * 1024 // 2)

    def test_busy_late(self):
        """What is large comes only towards the end."""
        for held in (False, True):
            with self.subTest(held=held):
                shape = self.check("vcd", held, 10000, 9700, 512)
                self.assertLess(shape["bytes"], 512 * 1024)
                self.assertGreater(shape["first_eval"], 9700)

    def test_fits(self):
        """What is as large as it may be begins where it was asked to."""
        for form in ("vcd", "fst"):
            for held in (False, True):
                for size, window, first in (("none", "all", 1), ("256K", "8evals", 93)):
                    with self.subTest(form=form, held=held, size=size):
                        _, shape, said = self.run_both(form, held, ("100", "0", "1"), SIZE=size, WINDOW=window)
                        self.assertEqual((shape["first_eval"], shape["last_eval"], said), (first, 100, []))

    def test_rounds(self):
        """Those that ended before count, and are gone where they lie before what is left."""
        for held in (False, True):
            for evals, rounds in ((60, 7), (20, 25)):
                with self.subTest(held=held, evals=evals):
                    arguments = (str(evals), "0", str(rounds))
                    preloaded, shape, said = self.run_both("vcd", held, arguments, SIZE="1M", WINDOW="all")
                    self.assertEqual(len(said), 1)
                    names, directory = self.waves(preloaded), self.run_directory(preloaded)
                    total = sum(os.path.getsize(os.path.join(directory, name)) for name in names)
                    self.assertLess(total, 1 << 20)
                    self.assertGreater(total, 1 << 19)
                    self.assertGreater(len(names), 1 if evals == 20 else 0)
                    self.assertEqual(shape["last_eval"], evals * rounds)


if __name__ == "__main__":
    unittest.main()
