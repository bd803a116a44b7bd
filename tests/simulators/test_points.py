#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Waveforms up to points of a run that goes on (LIGHTSSS_AT, LIGHTSSS_TRIGGER), of a real model, compared with the run that is
traced from its start: test_points.py LIBRARY VCD_SIMULATOR FST_SIMULATOR THREADED_SIMULATOR."""

import os
import random
import re
import signal
import time

import checks
import kills
import mcu_runs
import wave
from mcu_runs import FULL, TIMEOUT_S

EVALS = 6000 if FULL else 2400  # of a run; an eval has one time, the first is 0
POINTS = 4 if FULL else 2  # of a run
INTERVALS = ("37evals", "1000evals", "5ms", "auto")
WINDOWS = (None, "all", "100evals", "3evals")
AFTERS = (0, 0, 1, 100)


def drawn(rng):
    """(variables, evals after a point)"""
    after = rng.choice(AFTERS)
    values = {
        "INTERVAL": rng.choice(INTERVALS),
        "SLOTS": rng.choice(("1", "2", "16")),
        "BACK": rng.choice(("oldest", "window")),
        "WINDOW": rng.choice(WINDOWS),
        "AFTER": f"{after}evals" if after else None,
    }
    return {f"LIGHTSSS_{key}": value for key, value in values.items() if value}, after


class Points(mcu_runs.McuRuns):
    evals = EVALS
    repeats = 25 if FULL else 1

    def assert_same(self, plain, made):
        """Our lines come from other processes, when they come."""
        self.assertEqual(made.returncode, plain.returncode, made.stderr)
        self.assertEqual(made.stdout, plain.stdout)
        self.assertEqual(kills.own_stderr(made.stderr, plain.stderr), plain.stderr)
        checks.check_gone(made)

    def assert_wave(self, oracle, directory, report, last, whole):
        """It ends with that eval. whole: that is the end of the run."""
        shape = report["wave"]
        self.assertIsNotNone(shape, report)
        path = os.path.join(directory, shape["path"])
        result = wave.compare(oracle, path, "between" if whole else "before")
        self.assertEqual(result.last_time, last - 1, report)
        self.assertEqual(shape["last_eval"], last)
        self.assertEqual(result.window_times, shape["last_eval"] - shape["first_eval"] + 1)
        return result

    def points_of(self, rng):
        return sorted(rng.sample(range(1, EVALS + 1), POINTS))

    def asked(self, points, rng):
        """By eval or by time."""
        words = [f"{point}evals" if rng.random() < 0.6 or point == 1 else f"{point - 1}t" for point in points]
        rng.shuffle(words)
        return ",".join(words)

    def one(self, simulator, held, rng):
        trace = ["--trace", "own.wave"] if held else []
        more, status = rng.choice((([], 0), (["--fail", f"exit@{rng.randrange(1, EVALS // 2)}"], 2)))
        failed_at = 2 * int(more[1].partition("@")[2]) if more else EVALS
        plain, oracle = self.without(simulator, more), self.oracle(simulator, more)
        points = self.points_of(rng)
        variables, after = drawn(rng)
        variables.update(LD_PRELOAD=mcu_runs.LIBRARY, LIGHTSSS_AT=self.asked(points, rng))
        with self.subTest(simulator=os.path.basename(simulator), more=more, held=held, **variables):
            made = self.run_once(simulator, [*more, *trace], variables)
            self.assertEqual(plain.returncode, status)
            self.assert_same(plain, made)
            runs = self.runs(made)
            come = [point for point in points if point <= failed_at]
            self.assertEqual(len(runs), len(come) + (status != 0), made.stderr)
            said = made.stderr.decode()
            self.assertEqual("the run has ended before" in said, come != points, said)
            for point, directory in zip(come, runs):
                self.check_one(oracle, directory, point, min(after, failed_at - point), variables, failed_at)
            if len(runs) > len(come):
                report = self.report(runs[-1])
                self.assertEqual(report["end"]["kind"], "exit")
                self.assertEqual(report["replay"]["verdict"], "reproduced")
                self.assert_wave(oracle, runs[-1], report, failed_at, True)

    def check_one(self, oracle, directory, point, after, variables, end):
        report = self.report(directory)
        self.assertIn(report["end"]["kind"], ("at", "trigger"), report)
        self.assertEqual(report["end"]["point_eval"], point, report)
        self.assertEqual(report["replay"]["verdict"], "reproduced", report["replay"])
        self.assert_wave(oracle, directory, report, point + after, point + after == end)
        limit = checks.window_limit(variables.get("LIGHTSSS_WINDOW"))
        wanted = min(limit or EVALS, point - report["snapshot"]["eval"])
        self.assertEqual(report["wave"]["first_eval"], point - wanted + 1, report)
        with open(os.path.join(directory, "wave.gtkw"), encoding="utf-8") as file:
            view = file.read()
        marked = re.search(r"^\*-\S+ (\S+) (\S+) -1", view, re.MULTILINE)
        self.assertEqual((marked[1], marked[2]), (str(point - 1), str(point - 1)), view)
        self.assertIn("[markername] A" + report["end"].get("line", "LIGHTSSS_AT"), view)
        return report

    def triggered(self, simulator, held, rng):
        """The testbench prints to stderr before the evals of these cycles."""
        cycles = rng.sample(range(300, EVALS // 2, 400), 3)
        variables, after = drawn(rng)
        words = "|".join(f"{cycle}" for cycle in cycles)
        variables.update(LD_PRELOAD=mcu_runs.LIBRARY, LIGHTSSS_TRIGGER=f"still running at cycle ({words})$")
        with self.subTest(simulator=os.path.basename(simulator), held=held, **variables):
            plain, oracle = self.without(simulator, []), self.oracle(simulator, [])
            made = self.run_once(simulator, ["--trace", "own.wave"] if held else [], variables)
            self.assert_same(plain, made)
            runs = self.runs(made)
            self.assertEqual(len(runs), 3, made.stderr)
            for cycle, directory in zip(sorted(cycles), runs):
                report = self.check_one(oracle, directory, 2 * cycle, min(after, EVALS - 2 * cycle), variables, EVALS)
                self.assertEqual(report["end"]["kind"], "trigger")
                self.assertEqual(report["end"]["line"], f"mcu: still running at cycle {cycle}")
                self.assertEqual(report["end"]["line_in"], "stderr")

    def test_triggers(self):
        for number in range(34 if FULL else 1):  # three triggers each
            for simulator in (mcu_runs.VCD, mcu_runs.FST, mcu_runs.THREADED):
                for held in (False, True):
                    name = f"{os.path.basename(simulator)}{held}{number}"
                    self.triggered(simulator, held, random.Random(f"triggers{name}"))

    def test_killed(self):
        """In the middle: what had begun goes on, what had not is lost, and the kill is a failure as ever."""
        for number in range(20 if FULL else 1):
            for simulator in (mcu_runs.VCD, mcu_runs.FST):
                rng = random.Random(f"killed{number}")
                oracle = self.oracle(simulator, [])
                points = self.points_of(rng)
                variables, _ = drawn(rng)
                asked = ",".join(f"{point}evals" for point in points)
                variables.update(LD_PRELOAD=mcu_runs.LIBRARY, LIGHTSSS_AT=asked, LIGHTSSS_WINDOW="500evals")
                with self.subTest(simulator=os.path.basename(simulator), **variables):
                    delay_s = rng.uniform(0.01, 0.2)
                    made = self.run_once(simulator, [], variables, lambda made, s=delay_s: self.kill(made, s))
                    checks.check_gone(made, TIMEOUT_S)
                    self.check_killed(oracle, made, points)

    @staticmethod
    def kill(made, delay_s):
        time.sleep(delay_s)
        try:
            os.kill(made.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def check_killed(self, oracle, made, points):
        kinds = []
        for directory in self.runs(made):
            report = self.report(directory)
            kinds.append(report["end"]["kind"])
            self.assertEqual(report["replay"]["verdict"], "reproduced", report)
            if kinds[-1] == "at":
                self.assertIn(report["end"]["point_eval"], points)
            if report["wave"] is not None:
                path = os.path.join(directory, report["wave"]["path"])
                result = wave.compare(oracle, path, "before")
                self.assertEqual(result.last_time, report["wave"]["last_eval"] - 1, report)
        self.assertLessEqual(kinds.count("kill"), 1)
        if "kill" in kinds:
            self.assertEqual(made.returncode, -signal.SIGKILL, made.stderr)
        elif made.returncode == -signal.SIGKILL and kinds:  # at the end of its end the copies are gone
            self.assertIn(b"cycles, checksum", made.stdout.splitlines()[-1])


if __name__ == "__main__":
    mcu_runs.main()
