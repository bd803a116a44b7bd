#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wave.gtkw and `lightsss view`: what GTKWave shows of a failure."""

import os
import re
import shutil
import subprocess
import time
import unittest

import field
import screen
import wave

FRAME_PIXELS = 200
PANE_PIXELS = 676  # of a real one
SHOWN_EVALS = 100
PATIENCE_S = 40
STEADY_S = 0.3
TRACE_PIXELS = 12  # an edge is at least as high
ROW_PIXELS = 23


class View:
    """What a save file says."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            text = file.read()
        zoom, marker = re.search(r"^\*(\S+) (\d+) -1", text, re.MULTILINE).groups()
        self.per_frame = int(2.0 ** -float(zoom))
        self.marker = int(marker)
        self.start = int(re.search(r"^\[timestart\] (\d+)$", text, re.MULTILINE)[1])
        self.end = self.start + self.per_frame * PANE_PIXELS / FRAME_PIXELS
        self.dump = re.search(r'^\[dumpfile\] "(.*)"$', text, re.MULTILINE)[1]
        self.signals = re.findall(r"^@2[28]\n(.*)$", text, re.MULTILINE)


def is_trace(red, green, blue):
    return green > 180 and red < 100 and blue < 100


def is_marker(red, green, blue):
    return red > 200 and 60 < green < 190 and 60 < blue < 190


def is_pane(red, green, blue):
    return red < 40 and green < 40


class Pane:
    """Where a picture has GTKWave's waves: the wide part that is black, below the traces; its left edge, its right, and
    in it the marker and the clock, which is the first trace."""

    def __init__(self, picture):
        self.picture = picture
        low = 2 * picture.height // 3
        row = [x for x in range(picture.width) if picture.is_at(x, low, is_pane)]
        self.left, self.right = (row[0], row[-1]) if len(row) > PANE_PIXELS // 2 else (0, -1)
        columns = range(self.left, self.right + 1)
        self.markers = [
            x for x in columns if all(picture.is_at(x, y, is_marker) for y in range(low - 100, low + 100))
        ]
        traces = [y for y in range(low) if any(picture.is_at(x, y, is_trace) for x in columns)]
        self.top = traces[0] if traces else 0
        self.clock = [x for x in columns if self._edge(x, self.top)]
        self.values = [x for x in columns if self._high(x, self.top + ROW_PIXELS)]

    def _edge(self, x, top):
        """A vertical line of its own."""
        return all(self.picture.is_at(x, y, is_trace) for y in range(top + 2, top + 2 + TRACE_PIXELS))

    def _high(self, x, top):
        return any(self.picture.is_at(x, y, is_trace) for y in range(top, top + ROW_PIXELS))


def names_in(path):
    """As GTKWave shows them."""
    with wave.Wave(path) as read:
        return {name + found[2] for name, found in read.signals.items()}


class ViewCase(field.FieldTest):
    def check(self, launch):
        directory = self.run_directory(launch)
        view, shape = View(os.path.join(directory, "wave.gtkw")), self.report(launch)["wave"]
        self.assertEqual(view.dump, shape["path"])
        self.assertEqual(shape["bytes"], os.path.getsize(os.path.join(directory, view.dump)))
        self.assertEqual(view.marker, shape["last_time"])
        self.assertGreaterEqual(view.start, shape["first_time"])
        self.assertLess(view.marker, view.end)
        shown, evals = view.marker - view.start, shape["last_eval"] - shape["first_eval"] + 1
        per_eval = (shape["last_time"] - shape["first_time"]) / evals
        self.assertAlmostEqual(shown, min(SHOWN_EVALS, evals) * per_eval, delta=3 * per_eval + 2)
        self.assertGreater(shown, (view.end - view.start) * 0.88 - 4)
        self.assertGreater(len(view.signals), 1)
        self.assertFalse(set(view.signals) - names_in(os.path.join(directory, view.dump)))
        return view


class ViewTest(ViewCase):
    def test_vcd(self):
        view = self.check(self.preloaded("base", "50000", "3"))
        self.assertEqual(view.signals, ["TOP.clk", "TOP.d[31:0]", "TOP.q[31:0]"])

    def test_changed_last(self):
        """Of a VCD, too, what changed at the failure and is no port."""
        view = self.check(self.preloaded("base", "49999", "3"))
        self.assertEqual(view.signals[:3], ["TOP.clk", "TOP.d[31:0]", "TOP.q[31:0]"])
        self.assertIn("TOP.alpha.a[9:0]", view.signals[3:])

    def test_fst(self):
        view = self.check(self.preloaded("asks-fst", "--fail", "exit@3000"))
        self.assertEqual(view.signals, ["TOP.clk", "TOP.n[31:0]"])

    def test_short(self):
        for evals in ("1", "2", "7", "99"):
            self.check(self.preloaded("base", evals, "3"))

    def test_killed(self):
        """The replay itself makes the view of a run that is gone."""
        self.check(self.preloaded("paced", "30000", "1", "-12", "kill"))


@unittest.skipUnless(shutil.which("gtkwave") and shutil.which("Xvfb"), "no GTKWave, or no Xvfb")
class PictureTest(ViewCase):
    @classmethod
    def setUpClass(cls):
        cls.screen = screen.Screen()
        cls.addClassCleanup(cls.screen.close)

    def show(self, directory, *options):
        viewer = subprocess.Popen(
            ["gtkwave", *options, "wave.gtkw"],
            cwd=directory,
            env={**os.environ, "DISPLAY": self.screen.name, "HOME": self.top},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(viewer.communicate)
        self.addCleanup(viewer.kill)
        return viewer

    def pane(self, directory):
        """Of GTKWave's window when its picture stays as it is."""
        viewer, before, end = self.show(directory), None, time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            time.sleep(STEADY_S)
            picture = self.screen.picture()
            if before is not None and picture.rows == before.rows:
                pane = Pane(picture)
                if pane.right > 0 and pane.top > 0:
                    viewer.kill()
                    viewer.wait()
                    return pane
            before = picture
        self.fail("no waves are shown")

    def test_picture(self):
        """The marker stands inside the pane, and the traces fill the pane up to it."""
        rows = [(50, 1, -12), (30000, 1, -9), (30000, 1000, -12), (30000, 33, -9), (50, 5, -9), (30000, 5, -12)]
        rows += [(30000, 100000, -12), (7, 1000, -9), (200000, 1, -12)]  # GTKWave counts in floats
        cases = [(name, row) for name in ("paced", "paced-fst") for row in rows]
        for name, row in field.often(cases[:5] + cases[9:12], cases):
            with self.subTest(name=name, row=row):
                preloaded = self.preloaded(name, *map(str, row))
                self.check(preloaded)
                self.look_at(self.pane(self.run_directory(preloaded)), min(row[0], SHOWN_EVALS))

    def look_at(self, pane, evals):
        self.assertEqual(len(pane.markers), 1, (pane.left, pane.right, pane.markers))
        marker = pane.markers[0]
        self.assertGreater(marker - pane.left, 0.85 * (pane.right - pane.left))
        self.assertLess(marker, pane.right - 4)
        edges = [x for x in pane.clock if x < marker - 2]
        self.assertAlmostEqual(len(edges), evals - 1, delta=2)
        wide = (marker - pane.left) / evals
        self.assertLess(edges[0] - pane.left, 2.5 * wide)
        self.assertLess(max(b - a for a, b in zip(edges, edges[1:])), 1.5 * wide + 2)
        self.assertLess(max(b - a for a, b in zip([pane.left, *pane.values], [*pane.values, pane.right])), 12)

    def ask(self, start):
        """What GTKWave itself says that it shows: marker, begin, names. start: a function of words to put in front of its
        own, which runs it in the directory of the test."""
        script = os.path.join(self.top, "show.tcl")
        with open(script, "w", encoding="ascii") as file:
            file.write(
                'puts "shown [gtkwave::getMarker] [gtkwave::getWindowStartTime]"\n'
                "for {set i 0} {$i < [gtkwave::getTotalNumTraces]} {incr i} {\n"
                'puts "trace [gtkwave::getTraceNameFromIndex $i]" }\n'
                "gtkwave::/File/Quit\n"
            )
        said = start("-S", script).communicate(timeout=PATIENCE_S)[0]
        shown = re.search(r"^shown (\d+) (\d+)$", said, re.MULTILINE)
        self.assertTrue(shown, said)
        return [int(number) for number in shown.groups()], re.findall(r"^trace (.*)$", said, re.MULTILINE)

    def check_shown(self, view, start):
        shown, traces = self.ask(start)
        self.assertEqual(shown, [view.marker, view.start])
        self.assertEqual(traces, [re.sub(r"^(\w+\.)*", "", signal) for signal in view.signals])

    def test_signals(self):
        """It shows the signals that the save file names."""
        for name, more in (("base", ("49999", "3")), ("asks-fst", ("--fail", "exit@3000"))):
            preloaded = self.preloaded(name, *more)
            view = self.check(preloaded)
            self.check_shown(view, lambda *words, run=preloaded: self.show(self.run_directory(run), *words))

    def test_command(self):
        """`lightsss view` in the directory of the run: the newest one."""
        for name, more in (("base", ("49999", "3")), ("asks-fst", ("--fail", "exit@3000"))):
            preloaded = self.preloaded(name, *more)
            view = self.check(preloaded)

            def start(*words, directory=preloaded.directory):
                viewer = os.path.join(self.top, "gtkwave-with-words")
                with open(viewer, "w", encoding="utf-8") as file:
                    file.write("#!/bin/sh\nexec gtkwave " + " ".join(words) + ' "$@"\n')
                os.chmod(viewer, 0o755)
                return self.start(["--viewer", viewer], directory)

            self.check_shown(view, start)

    def start(self, words, directory):
        viewer = subprocess.Popen(
            [field.COMMAND, "view", *words],
            cwd=directory,
            env={**os.environ, "DISPLAY": self.screen.name, "HOME": self.top, "LIGHTSSS_DIR": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(viewer.communicate)
        self.addCleanup(viewer.kill)
        return viewer


if __name__ == "__main__":
    unittest.main()
