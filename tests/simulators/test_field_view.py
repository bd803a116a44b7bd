#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wave.gtkw: what GTKWave shows of a failure."""

import os
import re
import shutil
import subprocess
import unittest

import field
import wave

FRAME_PIXELS = 200
PANE_PIXELS = 676  # of a real one


class View:
    """What a save file says."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            text = file.read()
        zoom, marker = re.search(r"^\*(\S+) (\d+) -1", text, re.MULTILINE).groups()
        self.per_frame = 2.0 ** -float(zoom)
        self.marker = int(marker)
        self.start = int(re.search(r"^\[timestart\] (\d+)$", text, re.MULTILINE)[1])
        self.end = self.start + self.per_frame * PANE_PIXELS / FRAME_PIXELS
        self.dump = re.search(r'^\[dumpfile\] "(.*)"$', text, re.MULTILINE)[1]
        self.signals = re.findall(r"^@2[28]\n(.*)$", text, re.MULTILINE)


def names_in(path):
    """As GTKWave shows them."""
    with wave.Wave(path) as read:
        return {name + found[2] for name, found in read.signals.items()}


class ViewTest(field.FieldTest):
    def check(self, launch):
        directory = self.run_directory(launch)
        view, shape = View(os.path.join(directory, "wave.gtkw")), self.report(launch)["wave"]
        self.assertEqual(view.dump, shape["path"])
        self.assertEqual(view.marker, shape["last_time"])
        self.assertGreaterEqual(view.start, shape["first_time"])
        self.assertLess(abs(view.end - view.marker), 0.1 * (view.marker - view.start) + 4)
        if view.start == shape["first_time"]:
            self.assertLess(view.marker, view.end)
        shown, evals = view.marker - view.start, shape["last_eval"] - shape["first_eval"] + 1
        per_eval = (shape["last_time"] - shape["first_time"]) / evals
        self.assertAlmostEqual(shown, min(100, evals) * per_eval, delta=2)
        self.assertGreater(len(view.signals), 1)
        self.assertFalse(set(view.signals) - names_in(os.path.join(directory, view.dump)))
        return view

    def test_vcd(self):
        view = self.check(self.preloaded("base", "50000", "3"))
        self.assertEqual(view.signals, ["TOP.clk", "TOP.d[31:0]", "TOP.q[31:0]"])

    def test_fst(self):
        view = self.check(self.preloaded("asks-fst", "--fail", "exit@3000"))
        self.assertEqual(view.signals, ["TOP.clk", "TOP.n[31:0]"])

    def test_short(self):
        for evals in ("1", "2", "7", "99"):
            self.check(self.preloaded("base", evals, "3"))

    @unittest.skipUnless(shutil.which("gtkwave") and shutil.which("xvfb-run"), "no GTKWave, or no Xvfb")
    def test_gtkwave(self):
        """A real one takes the file, and shows what it says."""
        for name, more in (("base", ("50000", "3")), ("asks-fst", ("--fail", "exit@3000"))):
            preloaded = self.preloaded(name, *more)
            view, directory = self.check(preloaded), self.run_directory(preloaded)
            script = os.path.join(self.top, "show.tcl")
            with open(script, "w", encoding="ascii") as file:
                file.write(
                    'puts "shown [gtkwave::getMarker] [gtkwave::getWindowStartTime] [gtkwave::getWindowEndTime]"\n'
                    "for {set i 0} {$i < [gtkwave::getTotalNumTraces]} {incr i} {\n"
                    'puts "trace [gtkwave::getTraceNameFromIndex $i]" }\n'
                    "gtkwave::/File/Quit\n"
                )
            command = ["xvfb-run", "-a", "gtkwave", "-S", script, "wave.gtkw"]
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
            shown = re.search(r"^shown (\d+) (\d+) (\d+)$", done.stdout, re.MULTILINE)
            self.assertTrue(shown, done.stdout + done.stderr)
            marker, start, end = map(int, shown.groups())
            self.assertEqual(marker, view.marker)
            self.assertAlmostEqual(end - start, view.marker - view.start, delta=0.06 * (view.marker - view.start))
            traces = re.findall(r"^trace (.*)$", done.stdout, re.MULTILINE)
            self.assertEqual(["TOP." + trace for trace in traces], view.signals)


if __name__ == "__main__":
    unittest.main()
