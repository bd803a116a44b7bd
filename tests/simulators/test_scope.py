#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""LIGHTSSS_SCOPE and LIGHTSSS_DEPTH on a model whose names are of every kind, and `lightsss doctor --scopes`:
test_scope.py LIBRARY COMMAND VCD_SIMULATOR FST_SIMULATOR."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import wave

LIBRARY = COMMAND = VCD = FST = None
CYCLES = "60"
TIMEOUT_S = 120
LAST_TIME = 120


class Scope(unittest.TestCase):
    oracles = {}

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="scope-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.count = 0

    def run_in(self, words, **variables):
        """Returns the process, and where it ran."""
        self.count += 1
        work = os.path.join(self.top, str(self.count))
        os.mkdir(work)
        inherited = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("LIGHTSSS")}
        made = subprocess.run(
            words,
            cwd=work,
            env={**inherited, **variables},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return made, work

    def oracle(self, simulator, name="own"):
        if simulator not in Scope.oracles:
            made, work = self.run_in([simulator, CYCLES, "own"], SCOPE_CLOSES="1")
            self.assertEqual(made.returncode, -6, made.stderr)
            kept = tempfile.mkdtemp(prefix="scope-oracle-")
            self.addClassCleanup(shutil.rmtree, kept, ignore_errors=True)
            Scope.oracles[simulator] = shutil.copytree(work, kept, dirs_exist_ok=True)
        return os.path.join(Scope.oracles[simulator], name)

    def failing(self, simulator, *arguments, **variables):
        """Returns the run directory; lines of the library are in self.said."""
        options = {f"LIGHTSSS_{key}": value for key, value in {"INTERVAL": "1h", "WINDOW": "50evals", **variables}.items()}
        made, work = self.run_in([simulator, CYCLES, *arguments], LD_PRELOAD=LIBRARY, **options)
        self.assertEqual(made.returncode, -6, made.stderr)
        self.said = [line for line in made.stderr.split("\n") if "lightsss: LIGHTSSS_" in line]
        (run,) = glob.glob(os.path.join(work, "lightsss", "*"))
        with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
            self.report = json.load(file)
        self.assertEqual(self.report["replay"]["verdict"], "reproduced", made.stderr)
        return run

    def check(self, simulator, run, scopes, file=None, own="own"):
        """The window has these signals of the oracle and no others, with its values."""
        path = os.path.join(run, file or self.report["wave"]["path"])
        return wave.compare(self.oracle(simulator, own), path, "between", expect_last_time=LAST_TIME, scopes=scopes)

    def test_names(self):
        table = (
            ("TOP.scope.a_near", None, [("TOP.scope.a_near", None)]),
            ("TOP.scope.a_near.pair,TOP.clk", None, [("TOP.scope.a_near.pair", None), ("TOP.clk", None)]),
            ("TOP.scope.g_lane[1],TOP.clk", None, [("TOP.scope.g_lane[1]", None), ("TOP.clk", None)]),
            ("TOP.scope.g_lane[1],TOP.clk", "2", [("TOP.scope.g_lane[1]", 2), ("TOP.clk", None)]),
            ("TOP.clk", None, [("TOP.clk", None)]),
            ("TOP.scope", "1", [("TOP.scope", 1)]),
            ("TOP.scope.z_wide,TOP.scope.sum,TOP.clk", None, [("TOP.scope.z_wide", None), ("TOP.scope.sum", None), ("TOP.clk", None)]),
        )
        for simulator in (VCD, FST):
            for value, depth, scopes in table:
                with self.subTest(simulator=simulator, value=value, depth=depth):
                    more = {} if depth is None else {"DEPTH": depth}
                    run = self.failing(simulator, SCOPE=value, **more)
                    self.assertEqual(self.said, [])
                    self.check(simulator, run, scopes)

    def test_testbench_traces(self):
        """Its own tracers dump what was chosen, whatever it has chosen; one of them nothing at all."""
        for simulator in (VCD, FST):
            for chosen in ((), ("TOP.scope",)):
                with self.subTest(simulator=simulator, chosen=chosen):
                    run = self.failing(simulator, "held", *chosen, SCOPE="TOP.scope.a_near")
                    self.assertEqual(self.said, [])
                    self.assertEqual(self.report["wave"]["source"], "testbench")
                    self.check(simulator, run, [("TOP.scope.a_near", None)])
                    if simulator == VCD:  # an FST without signals is no whole one
                        with wave.Wave(os.path.join(run, "held.second")) as second:
                            self.assertEqual(second.signals, {})
                            self.assertEqual([changes for _, changes in second.groups() if changes], [])

    def test_depth_alone(self):
        for simulator in (VCD, FST):
            run = self.failing(simulator, "held", DEPTH="1")
            self.check(simulator, run, [("TOP", 2)])
            self.check(simulator, run, [("second", 2)], "held.second", "own.second")

    def everything(self, simulator, line, **variables):
        """All is dumped, and this line says why."""
        run = self.failing(simulator, "held", **variables)
        self.assertEqual(self.said, ["lightsss: " + line])
        self.assertIn(line, self.report["replay"]["notes"])
        self.check(simulator, run, None)

    def test_what_cannot_be(self):
        for simulator in (VCD, FST):
            self.everything(
                simulator,
                "LIGHTSSS_SCOPE: there is no TOP.scope.a_naer, the nearest is TOP.scope.a_near: everything is dumped",
                SCOPE="TOP.clk,TOP.scope.a_naer",
            )
            self.everything(
                simulator,
                "LIGHTSSS_SCOPE: Verilator takes the dot in a name of scope.odd.name for its end: everything is dumped",
                SCOPE="scope.odd.name",
            )
            self.everything(
                simulator,
                "LIGHTSSS_DEPTH: so near below TOP.scope.g_lane[0] there is no signal: everything is dumped",
                SCOPE="TOP.scope.g_lane[0]",
                DEPTH="1",
            )

    def test_begun_anew(self):
        """A waveform that becomes too large begins anew, with the same choice."""
        run = self.failing(VCD, SCOPE="TOP.scope.a_near", WINDOW="all", SIZE="3K")
        self.assertGreater(self.report["wave"]["first_eval"], 1)
        self.check(VCD, run, [("TOP.scope.a_near", None)])

    def test_doctor(self):
        """The names of all scopes, each once; what is asked for in vain is told, too."""
        names = {}
        for own in ("own", "own.second"):
            with wave.Wave(self.oracle(VCD, own)) as oracle:
                for name in oracle.signals:
                    parts = name.split(".")
                    for i in range(1, len(parts)):
                        names[".".join(parts[:i])] = None
        for simulator in (VCD, FST):
            made, work = self.run_in([COMMAND, "doctor", "--scopes", simulator, CYCLES])
            self.assertEqual((made.returncode, made.stderr), (0, ""))
            listed = made.stdout.split("\n")[:-1]
            self.assertEqual(len(set(listed)), len(listed))
            self.assertIn("TOP.scope.a_near.pair", listed)
            self.assertEqual(set(listed), set(names))
            self.assertEqual(os.listdir(work), [])
        made, _ = self.run_in([COMMAND, "doctor", "--rehearse", "--scope", "TOP.scop", VCD, CYCLES])
        self.assertIn("Note       LIGHTSSS_SCOPE: there is no TOP.scop, the nearest is TOP.scope: everything", made.stdout)
        self.assertEqual(made.returncode, 0)


if __name__ == "__main__":
    LIBRARY, COMMAND, VCD, FST = map(os.path.abspath, sys.argv[1:5])
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
