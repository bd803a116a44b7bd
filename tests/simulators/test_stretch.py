#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All that says which stretch of a run is dumped, drawn together: points and triggers, what comes after them, old snapshots,
scopes, a size, files that are kept and watched, and how the run ends. Of a real model, compared with the run that is traced
from its start: test_stretch.py LIBRARY VCD_SIMULATOR FST_SIMULATOR THREADED_SIMULATOR."""

import os

import checks
import kills
import mcu_runs
import wave
from mcu_runs import FULL, TIMEOUT_S

EVALS = mcu_runs.McuRuns.evals
SCOPES = {
    "TOP.mcu.u_alu": ["TOP.mcu.u_alu"],
    "TOP.mcu.u_scrambler,TOP.mcu.u_regfile": ["TOP.mcu.u_scrambler", "TOP.mcu.u_regfile"],
}
CHOICES = {
    "INTERVAL": ("37evals", "1000evals", "5ms", "auto"),
    "SLOTS": (None, "1", "2", "16"),
    "BACK": (None, "oldest", "window", "500evals"),
    "WINDOW": (None, "all", "100evals", "3evals"),
    "AFTER": (None, None, "1evals", "100evals"),
    "AGES": (None, "300evals", "300evals,1000evals,first"),
    "SCOPE": (None, None, *SCOPES),
    "SIZE": (None, None, "200K", "40K"),
    "FILES": (None, "0", "1M"),
    "TRIGGERS": (None, "1", "2"),
}
ENDS = ((None, 0), (None, 0), ("exit", 2), ("abort", -6), ("segv_eval", -11), ("kill", -9))


class Drawn:
    """A run, and what is wanted of it."""

    def __init__(self, rng):
        self.values = {key: value for key, values in CHOICES.items() if (value := rng.choice(values))}
        self.after = int(self.values.get("AFTER", "0evals")[: -len("evals")])
        self.points = rng.sample([eval_ for eval_ in range(2, EVALS, 2) if eval_ % 100], rng.randrange(3))
        self.cycles = sorted(rng.sample(range(300, EVALS // 2, 400), rng.randrange(4)))
        self.fail, self.status = rng.choice(ENDS)
        self.more = ["--fail", f"{self.fail}@{rng.randrange(1, EVALS // 2)}"] if self.fail else []
        if self.points:
            self.values["AT"] = ",".join(f"{point}evals" if rng.random() < 0.5 or point == 1 else f"{point - 1}t" for point in self.points)
        if self.cycles:
            self.values["TRIGGER"] = "running at cycle (" + "|".join(map(str, self.cycles)) + ")$"

    def environment(self):
        return {"LD_PRELOAD": mcu_runs.LIBRARY, **{f"LIGHTSSS_{key}": value for key, value in self.values.items()}}

    def wanted(self, end):
        """[(kind, eval)] of the waveforms that a run makes which ends with that eval, its failure aside."""
        cycles = [cycle for cycle in self.cycles if 2 * cycle <= end][: int(self.values.get("TRIGGERS", "4"))]
        return sorted([(point, "at") for point in self.points if point <= end] + [(2 * cycle, "trigger") for cycle in cycles])

    @property
    def scopes(self):
        return [(scope, None) for scope in SCOPES[self.values["SCOPE"]]] if "SCOPE" in self.values else None


class Stretch(mcu_runs.McuRuns):
    repeats = 60 if FULL else 1
    seed = os.environ.get("LIGHTSSS_TEST_SEED", "1")

    def check_wave(self, drawn, oracle, directory, report, end):
        """end: how the window ends, as wave.compare() knows it."""
        shape = report["wave"]
        self.assertIsNotNone(shape, report)
        path = os.path.join(directory, shape["path"])
        wave.compare(oracle, path, end, scopes=drawn.scopes)
        size = drawn.values.get("SIZE")
        if size:
            most = int(size[:-1]) * 1024
            self.assertLessEqual(os.path.getsize(path), most if shape["format"] == "vcd" else most + most // 4 + 65536)
        else:
            limit = checks.window_limit(drawn.values.get("WINDOW")) or EVALS
            point = report["end"].get("point_eval", report["end"]["eval"])
            first = point - min(limit, point - report["snapshot"]["eval"]) + 1
            self.assertIn(shape["first_eval"], (first, first + 1), report)

    def check_files(self, drawn, plain, directory, report):
        """The log as far as the testbench had come."""
        kept = os.path.join(directory, "files", "mcu.log")
        if drawn.values.get("FILES") == "0":
            self.assertFalse(os.path.exists(os.path.dirname(kept)))
        elif os.path.exists(kept):
            self.assertTrue(checks.read(os.path.join(plain.directory, "mcu.log")).startswith(checks.read(kept)))
            self.assertIn("files/mcu.log", [file["name"] for file in report["files"]])

    def check_point(self, drawn, plain, oracle, directory, wanted, end):
        report = self.report(directory)
        point, kind = wanted
        last = min(point + drawn.after, end)
        self.assertEqual((report["end"]["kind"], report["end"]["point_eval"]), (kind, point), report)
        self.assertEqual(report["replay"]["verdict"], "reproduced", report["replay"])
        self.assertEqual(report["wave"]["last_eval"], last, report)
        ends = "between" if last == EVALS else "inside" if last == end and drawn.fail == "segv_eval" else "before"
        self.check_wave(drawn, oracle, directory, report, ends)
        self.check_files(drawn, plain, directory, report)
        if kind == "trigger":
            self.assertEqual(report["end"]["line"], f"mcu: still running at cycle {point // 2}")

    def check_failure(self, drawn, plain, oracle, directory):
        report = self.report(directory)
        kind = {"exit": "exit", "abort": "abort", "segv_eval": "signal", "kill": "kill"}[drawn.fail]
        self.assertEqual(report["end"]["kind"], kind, report)
        self.assertEqual(report["replay"]["verdict"], "reproduced", report["replay"])
        self.assertGreaterEqual(report["wave"]["last_eval"], report["end"]["eval"] - 1)
        self.check_wave(drawn, oracle, directory, report, "inside" if drawn.fail == "segv_eval" else "any")
        self.check_files(drawn, plain, directory, report)

    def one(self, simulator, held, rng):
        drawn = Drawn(rng)
        with self.subTest(simulator=os.path.basename(simulator), held=held, more=drawn.more, **drawn.environment()):
            plain = self.without(simulator, drawn.more)
            self.assertEqual(plain.returncode, drawn.status)
            oracles = [self.oracle(simulator, more) for more in ([], drawn.more)]
            made = self.run_once(simulator, [*drawn.more, *(["--trace", "own.wave"] if held else [])], drawn.environment())
            checks.check_gone(made, TIMEOUT_S)
            self.assertEqual((made.returncode, made.stdout), (plain.returncode, plain.stdout), made.stderr)
            self.assertEqual(kills.own_stderr(made.stderr, plain.stderr), plain.stderr)
            self.assertEqual(*(checks.read(os.path.join(run.directory, "mcu.log")) for run in (made, plain)))
            end = 2 * int(drawn.more[1].partition("@")[2]) if drawn.fail else EVALS
            end += 2 if drawn.fail == "segv_eval" else 0
            self.check_runs(drawn, plain, oracles, made, end)

    def check_runs(self, drawn, plain, oracles, made, end):
        runs = self.runs(made)
        wanted = drawn.wanted(end)
        if drawn.fail == "kill":  # what had not begun is lost, and what had replays beside
            runs.sort(key=lambda directory: self.report(directory)["end"]["kind"] == "kill")
            wanted = wanted[: len(runs) - 1]
        self.assertEqual(len(runs), len(wanted) + (drawn.fail is not None), made.stderr)
        for point, directory in zip(wanted, runs):
            is_last = drawn.fail == "segv_eval" and min(point[0] + drawn.after, end) == end
            self.check_point(drawn, plain, oracles[is_last], directory, point, end)
        if drawn.fail:
            self.check_failure(drawn, plain, oracles[1], runs[-1])

    def test_nothing_changes(self):
        """An mcu_runs.FST whose blocks are to be written while nothing changes of what it shows."""
        oracle = self.oracle(mcu_runs.FST, [])
        scope = "TOP.mcu.u_alu"
        variables = {"AT": "1366evals", "WINDOW": "all", "SIZE": "200K", "SCOPE": scope, "INTERVAL": "1h"}
        for held in (False, True):
            more = ["--trace", "own.wave"] if held else []
            environment = {f"LIGHTSSS_{key}": value for key, value in variables.items()}
            made = self.run_once(mcu_runs.FST, more, {"LD_PRELOAD": mcu_runs.LIBRARY, **environment})
            (directory,) = self.runs(made)
            wave.compare(oracle, os.path.join(directory, "wave.fst"), "before", scopes=[(scope, None)])

if __name__ == "__main__":
    mcu_runs.main()
