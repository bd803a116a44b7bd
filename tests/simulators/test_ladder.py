#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A ladder of snapshots (LIGHTSSS_AGES) below real models, each failure beside one that is traced from the start:
test_ladder.py LIBRARY TABLE NAME=SIMULATOR[+threads]... Each NAME is a row of TABLE."""

import itertools
import json
import os
import random
import shutil
import sys
import tempfile
import unittest

import campaign
import checks
import kills
from row import Row, Run

LIBRARY = TABLE = None
SIMULATORS = []
AGES = (200, 800)
INTERVAL = 47
CYCLES = 1200  # of two evals
BACK = {"oldest": None, "window": 100, "200evals": 200, "800evals": 800}
KINDS = ("exit", "kill", "abort", "segv_eval")
FULL = bool(os.environ.get("LIGHTSSS_TEST_FULL"))


def row_of(name):
    row, _, rest = name.partition("=")
    executable, _, threads = rest.partition("+")
    with open(TABLE, encoding="utf-8") as file:
        return Row(json.load(file), row, executable, bool(threads))


class Ladder(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(self.id())

    def prepare(self, name, kind):
        """A failure late enough for every age, and not later."""
        row = row_of(name)
        run = Run(row, kind, self.id(), 0)
        run.cycle, run.length = self.rng.randint(900, CYCLES - 100), CYCLES
        run.interval, run.slots, run.window = f"{INTERVAL}evals", None, "100evals"
        top = tempfile.mkdtemp(prefix="ladder-")
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        return campaign.Case(run, row, top)

    def environment(self, case, back):
        ages = ",".join(f"{age}evals" for age in AGES) + ",first"
        more = {"LIGHTSSS_AGES": ages, "LIGHTSSS_BACK": back}
        return case.run.environment(LIBRARY, {**case.row.get("env", {}), **more})

    def youngest(self, report, age):
        """Of those that are at least so old; None: of any age."""
        old = [snapshot for snapshot in report["snapshots"] if snapshot["age_evals"] >= (age or 0)]
        return old[0] if age is None else old[-1]

    def check_report(self, launch, case, back):
        with open(os.path.join(checks.run_directory(launch, case.row), "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        parked = report["snapshots"]
        self.assertLessEqual(len(parked), 2 + 2 * len(AGES) + 1)
        self.assertEqual(parked[0]["number"], 1)
        for snapshot in parked:
            self.assertEqual(snapshot["age_evals"], report["end"]["eval"] - snapshot["eval"])
        for age in AGES:
            self.assertLessEqual(self.youngest(report, age)["age_evals"], 2 * age)
        self.assertEqual(report["snapshot"]["number"], self.youngest(report, BACK[back])["number"])

    def check_failure(self, name, kind, back):
        case = self.prepare(name, kind)
        launch = case.check_preloaded(case.run, self.environment(case, back), f"preloaded-{back}")
        self.check_report(launch, case, back)

    def test_failures(self):
        """Whichever snapshot replays, the waveform is the oracle's. In the short form each simulator meets two of them."""
        draws = list(itertools.product(KINDS, BACK)) if FULL else list(zip(KINDS, BACK))
        for i, name in enumerate(SIMULATORS):
            for kind, back in draws if FULL else draws[i % 2 :: 2]:
                with self.subTest(name, kind=kind, back=back):
                    self.check_failure(name, kind, back)

    def test_killed(self):
        """From outside, at some moment: the ladder may not be whole yet, but what replays is right."""
        for i, name in enumerate(SIMULATORS):
            for back in BACK if FULL else [("oldest", "200evals")[i % 2]]:
                with self.subTest(name, back=back):
                    case = self.prepare(name, "none")
                    environment = self.environment(case, back)
                    whole_s = case.launch("whole", environment).cpu_s
                    moment_s = self.rng.uniform(0.5, 0.95) * whole_s
                    killer = kills.Killer(kills.SIGNALS[0], [moment_s], whole_s, False)
                    kills.check_killed(case, case.run, environment, killer)


if __name__ == "__main__":
    LIBRARY, TABLE = (os.path.abspath(path) for path in sys.argv[1:3])
    SIMULATORS = sys.argv[3:]
    unittest.main(argv=sys.argv[:1])
