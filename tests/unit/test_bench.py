#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/bench without a measurement: goals, the choice of figures, what is left on disk, and that CPU time is that of the
process alone."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import types
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "scripts"))

# pylint: disable=wrong-import-position
from benchmarks import picorv32, registry, running  # noqa: E402
from benchmarks.bench import Bench  # noqa: E402
from benchmarks.main import load_figures  # noqa: E402
from benchmarks.output import Output, facts_of, line_of  # noqa: E402
from benchmarks.registry import Row, Table  # noqa: E402

load_figures()


class Goals(unittest.TestCase):
    def test_the_median_decides(self):
        self.assertTrue(Row("", [0, 1, 9], at_most=1).met)
        self.assertFalse(Row("", [0, 2, 9], at_most=1).met)
        self.assertFalse(Row("", [0, 2, 9], at_least=3).met)
        self.assertTrue(Row("", [1], at_least=0.5, at_most=1.5).met)
        self.assertIsNone(Row("", [1]).met)

    def test_a_line_has_all(self):
        line = line_of(facts_of(Row("stall", [1, 2, 4000.4], " ms", at_most=1)))
        self.assertEqual(line, "| stall | at most 1 ms | 2 ms | 1 to 4000 ms | **no** |")


class Choice(unittest.TestCase):
    def names(self, *words, is_full=False):
        return [one.name for one in registry.select(words, is_full)]

    def test_a_word_is_a_name_or_a_beginning(self):
        self.assertEqual(self.names("hook"), ["hook"])
        self.assertGreater(len(self.names("budget")), 5)
        self.assertEqual(self.names("budget-1024"), ["budget-1024"])
        self.assertEqual(len(self.names("hook", "hook")), 1)
        with self.assertRaises(SystemExit):
            self.names("budge")

    def test_long_ones_are_asked_for(self):
        self.assertNotIn("growth-snapshots", self.names())
        self.assertIn("growth-snapshots", self.names(is_full=True))
        self.assertIn("growth-snapshots", self.names("growth"))

    def test_documents_name_figures_that_exist(self):
        commands = []
        for page in ("README.md", os.path.join("scripts", "man", "figures.md")):
            with open(os.path.join(ROOT, page), encoding="utf-8") as file:
                commands += re.findall(r"`(scripts/bench [^`]*)`", file.read())
        self.assertGreater(len(commands), 5)
        for command in commands:
            words = re.sub(r"--\w+ [\d.]+|--\w+", "", command).split()[1:]
            self.assertTrue(self.names(*words), command)


class Turns(unittest.TestCase):
    def test_every_second_round_is_the_other_way_round(self):
        seen = []
        ways = [lambda name=name: seen.append(name) or name for name in "ab"]
        self.assertEqual(Bench("", 2, 1).in_turn(*ways), [["a", "a"], ["b", "b"]])
        self.assertEqual("".join(seen), "abba")


class Beside(unittest.TestCase):
    def test_all_ways_are_at_work_at_once_on_one_core(self):
        meet = threading.Barrier(2, timeout=60)  # who is alone at work waits in vain

        def way(name):
            meet.wait()
            return name, os.sched_getaffinity(0)

        before = os.sched_getaffinity(0)
        first, second = Bench("", 2, 1).side_by_side(lambda: way("a"), lambda: way("b"))
        self.assertEqual(first, [("a", {min(before)})] * 2)
        self.assertEqual(second, [("b", {min(before)})] * 2)
        self.assertEqual(os.sched_getaffinity(0), before)


class Runs(unittest.TestCase):
    def test_cpu_time_is_not_that_of_children(self):
        busy = "x = 0\nwhile time.process_time() < 1: x += 1\n"
        alone = running.run([sys.executable, "-c", "import time\n" + busy])
        child = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', " + repr("import time\n" + busy) + "])"
        parent = running.run([sys.executable, "-c", child])
        self.assertGreater(alone.cpu, 0.9)
        self.assertLess(parent.cpu, alone.cpu / 2)

    def test_the_failure_is_seen_when_the_library_says_it(self):
        text = "import sys, time\nprint('lightsss: emu (pid 1) ends with status 3', file=sys.stderr, flush=True)\ntime.sleep(0.3)\nsys.exit(3)"
        one = running.run([sys.executable, "-c", text], check=False)
        self.assertEqual(one.status, 3)
        self.assertGreaterEqual(one.after_failure, 0.25)
        self.assertIsNone(running.run(["true"]).after_failure)

    def test_a_number_behind_a_word(self):
        one = running.Run(0, 0, 0, "lap_10 2.5\nlap_1 7e-3\n", "forks 3", None, None)
        self.assertEqual((one.said("lap_1"), one.said("lap_10"), one.said("forks", "stderr")), (0.007, 2.5, 3))
        with self.assertRaises(SystemExit):
            one.said("lap_2")


class Left(unittest.TestCase):
    def measure(self, directory, adds, *names):
        output = Output(directory, f"scripts/bench {shlex.join(names)}", adds)
        for name in names:
            output.begin(types.SimpleNamespace(name=name, what=f"what {name} is"))
            output.take(Row(name, [len(names)]))
            output.take(Table(f"table of {name}", ["way"], [["fork"]]))
        output.write()
        with open(os.path.join(directory, "bench.md"), encoding="utf-8") as file:
            return file.read()

    def test_portions_add_up(self):
        with tempfile.TemporaryDirectory() as directory, open(os.devnull, "w", encoding="utf-8") as nowhere:
            stdout, sys.stdout = sys.stdout, nowhere
            try:
                self.measure(directory, False, "one")
                text = self.measure(directory, True, "two", "one")
                last = self.measure(directory, False, "three")
            finally:
                sys.stdout = stdout
        self.assertEqual(text.count("| one |"), 1)
        self.assertIn("`scripts/bench two one` printed", text)
        self.assertIn("| fork |", text)
        self.assertNotIn("`scripts/bench one` printed", text)
        self.assertNotIn("| one |", last)


class Program(unittest.TestCase):
    def test_instructions(self):
        """As an assembler has them."""
        self.assertEqual(picorv32.load(5, 123456789), [0x075BD2B7, 0xD1528293])
        self.assertEqual(picorv32.sw(7, 6, 4), 0x00732223)
        self.assertEqual(picorv32.lw(7, 6, 0), 0x00032383)
        self.assertEqual(picorv32.mul(8, 7, 5), 0x02538433)
        self.assertEqual(picorv32.bnez(5, -24), 0xFE0294E3)


class List(unittest.TestCase):
    def test_list_needs_no_build(self):
        done = subprocess.run([os.path.join(ROOT, "scripts", "bench"), "--list"], capture_output=True, text=True, check=True)
        self.assertEqual(len(done.stdout.splitlines()), len(registry.FIGURES))


if __name__ == "__main__":
    unittest.main()
