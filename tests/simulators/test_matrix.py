#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of matrix.py: which cells there are and which wait, what the page's tables say of a result, and
that these tables have the rows of matrix.json."""

import argparse
import json
import os
import re
import shutil
import tempfile
import unittest
from unittest import mock

import campaign
import checks
import matrix

TABLE = {
    "releases": [
        {"name": "4.038", "suite": "bullseye", "words": "old"},
        {"name": "5.020", "words": "other", "not_run": "nobody packs it"},
        {"name": "5.048", "suite": "sid", "words": "new", "moving": True},
    ],
    "formats": {"vcd": {"words": "VCD", "options": []}, "fst": {"words": "FST", "options": []}},
    "threads": {"1": {"options": []}, "2": {"options": ["--threads", "2"]}},
    "ways": {"injected": {"words": "ours"}, "held": {"words": "its own", "needs": "LIGHTSSS_HOLD"}},
    "cannot": [{"release": "4.038", "format": "fst", "threads": "2", "why": "it hangs by itself"}],
    "builds": [
        {"name": "-O0", "options": []},
        {"name": "stripped", "options": [], "says": "is stripped"},
        {"name": "strange", "options": [], "dark": "too new"},
        {"name": "broken", "options": [], "dark": "it crashes", "fixed": "5.006"},
        {"name": "still broken", "options": [], "dark": "it crashes", "fixed": "5.010"},
        {"name": "-flto", "options": [], "skip": "inlined"},
    ],
}


def result_of(release, results):
    """results: {(format, way, threads): result}; the rest works."""
    cells = [
        {"format": f, "way": w, "threads": t, "result": results.get((f, w, t), "works")}
        for f, w, t in matrix.cells_of(TABLE)
    ]
    return {"release": release, "cells": cells}


class Cells(unittest.TestCase):
    def test_all(self):
        self.assertEqual(len(matrix.cells_of(TABLE)), 8)

    def test_available(self):
        self.assertTrue(matrix.available("LIGHTSSS_INTERVAL"))
        self.assertFalse(matrix.available("LIGHTSSS_WAKE"))

    def test_why_not(self):
        def why(release, *cell):
            return matrix.why_not(TABLE, release, cell)

        self.assertIsNone(why("4.038", "fst", "injected", "1"))
        self.assertEqual(why("4.038", "fst", "injected", "2"), ("cannot", "it hangs by itself"))
        self.assertIsNone(why("5.048", "fst", "injected", "2"))
        with mock.patch.object(matrix, "available", lambda _: False):
            self.assertEqual(why("5.048", "fst", "held", "2"), ("skipped", "LIGHTSSS_HOLD is not acted on yet"))
            self.assertIsNone(why("5.048", "fst", "injected", "2"))
        with mock.patch.object(matrix, "available", lambda _: True):
            self.assertIsNone(why("5.048", "fst", "held", "2"))


class RealTable(unittest.TestCase):
    """matrix.json names what there is."""

    def test_names(self):
        table = matrix.read_json(matrix.HERE, "matrix.json")
        rows = matrix.read_json(matrix.HERE, "simulators.json")
        used = [many[key] for many in table["threads"].values() for key in ("row", "also") if key in many]
        used += [build["row"] for build in table["builds"] if "row" in build]
        for name in used:
            self.assertIn(name, rows)
        kinds = [kind for way in table["ways"].values() for kind in way.get("kinds", [])]
        kinds += [kind for many in table["threads"].values() for kind in many.get("without", [])]
        for kind in kinds:
            self.assertIn(kind, rows["mcu"]["kinds"])
        for build in table["builds"]:
            self.assertIn(build.get("way", "injected"), table["ways"])
            self.assertIn(build.get("threads", "1"), table["threads"])
            self.assertIn(build.get("format", "vcd"), [*table["formats"], "none"])


class Running(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="matrix-test-")
        self.addCleanup(shutil.rmtree, self.top)
        args = argparse.Namespace(build=self.top, preload="none", cell=None, failures=None, keep=False)
        self.runner = matrix.Runner(args, "sid", "5.048", "verilator")
        self.path = os.path.join(self.top, "result.json")

    def cell(self, error=None, reason=None):
        work = mock.Mock(side_effect=error)
        with mock.patch("builtins.print"):
            self.runner.cell("x", {"format": "vcd"}, reason, work)
        return work

    def finish(self):
        with mock.patch("builtins.print"):
            return self.runner.finish(self.path)

    def test_results(self):
        self.cell()
        self.cell(matrix.Skipped("no clang"))
        self.assertFalse(self.cell(reason=("cannot", "why")).called)
        self.assertEqual(self.finish(), 0)
        self.cell(campaign.Failed("stdout"))
        self.assertEqual(self.finish(), 1)
        with open(self.path, encoding="utf-8") as file:
            kept = json.load(file)
        self.assertEqual([cell["result"] for cell in kept["cells"]], ["works", "skipped", "cannot", "failed"])
        self.assertEqual([cell["why"] for cell in kept["cells"]], [None, "no clang", "why", "stdout"])

    def test_nothing_ran(self):
        self.assertEqual(self.finish(), 1)

    def test_a_part_does_not_replace_the_whole(self):
        self.runner.args.cell = "vcd-*"
        self.cell()
        self.assertEqual(self.finish(), 0)
        self.assertFalse(os.path.exists(self.path))
        self.assertTrue(self.runner.wanted("vcd-held-1"))
        self.assertFalse(self.runner.wanted("fst-held-1"))

    def test_a_broken_build_is_built_once(self):
        build = mock.Mock(make=mock.Mock(side_effect=campaign.Failed("does not build")))
        build.name = "vcd1"
        for _ in range(2):
            with self.assertRaisesRegex(campaign.Failed, "does not build"):
                self.runner.executable(build)
        self.assertEqual(build.make.call_count, 1)

    def test_pretend(self):
        path = os.path.join(self.top, "emu")
        for content, right in ((b"x\0005.048 2026-04-26\0y", b"x\0009.999 2026-04-26\0y"), (b"nothing", None)):
            with open(path, "wb") as file:
                file.write(content)
            if right is None:
                with self.assertRaisesRegex(campaign.Failed, "0 texts"):
                    matrix.pretend_release(path, "9.999")
            else:
                self.assertEqual(checks.read(matrix.pretend_release(path, "9.999")), right)


class Tables(unittest.TestCase):
    def test_releases(self):
        results = {
            "4.038": result_of("4.038", {("fst", "injected", "2"): "cannot", ("vcd", "injected", "1"): "failed"}),
            "5.048": result_of("5.052", {("vcd", "held", "1"): "skipped", ("vcd", "held", "2"): "skipped"}),
        }
        lines = matrix.release_table(TABLE, results)
        self.assertEqual(lines[0], "| waveform | 4.038 (old) | 5.020 (other) | 5.052 (new) |")
        self.assertEqual(lines[2], "| VCD, ours | 2 | not run | 1, 2 |")
        self.assertEqual(lines[3], "| VCD, its own | 1, 2 | not run | not yet |")
        self.assertEqual(lines[4], "| FST, ours | 1 | not run | 1, 2 |")
        self.assertIn("5.020: nobody packs it.", lines)
        self.assertIn("4.038, fst, 2: it hangs by itself.", lines)

    def test_failed(self):
        results = {"4.038": result_of("4.038", {key: "failed" for key in matrix.cells_of(TABLE)})}
        self.assertIn("| VCD, ours | no | not run | not run |", matrix.release_table(TABLE, results))

    def test_builds(self):
        cells = {name: {"release": "5.006", "result": "works"} for name in ("stripped", "strange", "broken", "still broken")}
        cells["-O0"] = {"release": "5.006", "result": "failed"}
        cells["-flto"] = {"release": "5.006", "result": "skipped", "why": "inlined"}
        self.assertEqual(
            matrix.build_table(TABLE, cells)[2:],
            [
                "| -O0 | 5.006 | no |",
                "| stripped | 5.006 | no snapshots; one line says: is stripped |",
                "| strange | 5.006 | no waveform; the last line says: too new |",
                "| broken | 5.006 | works |",
                "| still broken | 5.006 | no waveform; the last line says: it crashes |",
                "| -flto | 5.006 | not yet: inlined |",
            ],
        )

    def test_between(self):
        text = "a\n<!-- m: x -->\nold\n<!-- end of m -->\nb\n"
        self.assertEqual(matrix.between(text, "m", ["new"]), "a\n<!-- m: x -->\n\nnew\n\n<!-- end of m -->\nb\n")
        with self.assertRaises(SystemExit):
            matrix.between(text, "other", [])


class Page(unittest.TestCase):
    """scripts/man/releases.md has what the present matrix.json would make, whatever the results were."""

    def setUp(self):
        self.table = matrix.read_json(matrix.HERE, "matrix.json")
        with open(matrix.PAGE, encoding="utf-8") as file:
            self.page = file.read()

    def rows(self, mark):
        text = re.search(rf"<!-- {mark}: .*?-->\n(.*?)<!-- end of {mark} -->", self.page, re.DOTALL).group(1)
        lines = [line for line in text.split("\n") if line.startswith("| ")]
        return [[word.strip() for word in line.strip("|").split("|")] for line in lines]

    def test_releases(self):
        head, *rows = self.rows("matrix of releases")
        for title, release in zip(head[1:], self.table["releases"], strict=True):
            name = r"\d\.\d{3}" if release.get("moving") else re.escape(release["name"])
            self.assertRegex(title, rf"^{name} \({release['words']}\)$")
        expected = [
            f"{form['words']}, {way['words']}"
            for form in self.table["formats"].values()
            for way in self.table["ways"].values()
        ]
        self.assertEqual([row[0] for row in rows], expected)
        for row in rows:
            for words in row[1:]:
                self.assertRegex(words, r"^(\d(, \d)*|not run|not yet|cannot be)$", "the page shows a failure")

    def test_builds(self):
        rows = self.rows("matrix of builds")[1:]
        self.assertEqual([row[0] for row in rows], [row["name"] for row in self.table["builds"]])
        for row in rows:
            self.assertNotEqual(row[2], "no", "the page shows a failure")


if __name__ == "__main__":
    unittest.main()
