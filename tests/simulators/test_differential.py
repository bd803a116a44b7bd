#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of differential.py, kills.py and simulators.py: what is run, what counts as the beginning of a run, what is kept."""

import argparse
import json
import os
import shutil
import signal
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

import checks
import differential
import kills
import moment
import simulators
from launch import Launch
from row import Row

BUSY = "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done"
SLEEPER = "1"  # a process that sleeps
PARKED = [[SLEEPER]]
TABLE = {
    "emu": {
        "args": [],
        "fail": [],
        "trace": [],
        "wave": "oracle.vcd",
        "rewrites": ["table"],
        "kinds": {"none": {"end": "status 0"}, "exit": {"end": "status 3"}},
    }
}


class Directory(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="differential-test-")
        self.addCleanup(shutil.rmtree, self.top)
        self.row = Row(TABLE, "emu", "/nowhere/emu", False)

    def write(self, *path, text=""):
        path = os.path.join(self.top, *path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class Begun(Directory):
    """What a killed run leaves is the beginning of what a whole one leaves."""

    def setUp(self):
        super().setUp()
        for name in ("plain", "killed"):
            for file in ("log", "table"):
                self.write(name, file, text="one\ntwo\n")
        self.plain = self.launch("plain", b"oh\nmcu: still\n")
        self.killed = self.launch("killed", b"oh\nmcu: stlightsss: emu (pid 1) was killed\nlightsss: waveform\n")
        self.case = SimpleNamespace(row=self.row, plain=self.plain)

    def launch(self, name, stderr):
        return SimpleNamespace(directory=os.path.join(self.top, name), stdout=b"one\ntwo\n", stderr=stderr, returncode=0)

    def check(self):
        kills.check_begun(self.case, self.killed)

    def broken(self, pattern):
        with self.assertRaisesRegex(checks.Failed, pattern):
            self.check()

    def test_good(self):
        self.check()
        self.killed.stdout = b"one\n"
        self.write("killed", "log", text="on")
        self.write("killed", "table", text="other")
        self.check()
        os.unlink(os.path.join(self.top, "killed", "log"))
        self.check()

    def test_stdout(self):
        for wrong in (b"one\ntwo\nthree\n", b"two\n"):
            self.killed.stdout = wrong
            self.broken("stdout: not the beginning")

    def test_a_line_in_two_parts(self):
        for killed in (b"oh\nmcu: st\nlightsss: emu (pid 1) was killed\n", b"oh\nmcu: st\nlightsss: one\nlightsss: two\nill\n"):
            self.killed.stderr = killed
            self.check()
        self.killed.stderr = b"oh\nmcu: st\nill\n"
        self.broken("stderr: not the beginning")

    def test_stderr(self):
        self.killed.stderr = b"oh\nmcu: xlightsss: emu (pid 1) was killed\n"
        self.broken("stderr: not the beginning")

    def test_files(self):
        self.write("killed", "log", text="two")
        self.broken("file log: not the beginning")

    def test_file_too_many(self):
        self.write("killed", "core")
        self.broken("files .'core'., which a whole run does not leave")

    def test_held(self):
        self.row.traces = "held"
        begin = "$var wire 1 ! clk $end\n$enddefinitions $end\n"
        self.write("plain", "oracle.vcd", text=begin + "#0\n1!\n")
        self.check()
        for text in ("$var", begin):
            self.write("killed", "oracle.vcd", text=text)
            self.check()
        self.write("killed", "oracle.vcd", text=begin + "#0\n")
        self.broken("was not held back")
        self.row.traces = "left"
        self.check()
        self.write("killed", "oracle.vcd", text="$vex")
        self.broken("oracle.vcd: not the beginning")


class Replayed(Directory):
    """A waveform that is held back, of a run that was killed: whose dumps are in the replay's?"""

    NAMES = "$scope module TOP $end\n$var wire 1 ! clk $end\n$upscope $end\n$enddefinitions $end\n"

    def replayed(self, *, source="testbench", snapshot=2, values="#2\n1!\n", several=False, dump_evals=1):
        """Killed in eval 3; the testbench dumps each eval, at times from 0."""
        self.row.traces = "held"
        self.row.row = {**self.row.row, "every_eval": True, "several": several, "dump_evals": dump_evals}
        oracle = self.write("plain", "oracle.vcd", text=self.NAMES + "#0\n1!\n#1\n0!\n#2\n1!\n#3\n0!\n")
        mine = self.write("killed", "lightsss", "emu.7", "wave.vcd", text=self.NAMES + values)
        for name in ("replay.stdout", "replay.stderr"):
            self.write("killed", "lightsss", "emu.7", name)
        os.chmod(os.path.dirname(mine), 0o700)
        first = 2 if values.startswith("#2") else 1
        shape = {"path": "wave.vcd", "format": "vcd", "bytes": os.path.getsize(mine), "source": source}
        shape.update(first_eval=first + 1, last_eval=3, first_time=first, last_time=2)
        report = {
            "version": 1,
            "program": "emu",
            "end": {"kind": "signal", "status": None, "signal": "SIGHUP", "eval": 3},
            "snapshot": {"number": 1, "eval": snapshot},
            "replay": {"verdict": "reproduced", "eval": 3, "seconds": 0.1},
            "wave": shape,
            "cost": {"snapshots": 1},
        }
        self.write("killed", "lightsss", "emu.7", "report.json", text=json.dumps(report))
        plain = SimpleNamespace(directory=os.path.dirname(oracle), stdout=b"", stderr=b"", returncode=0)
        directory = os.path.join(self.top, "killed")
        killed = SimpleNamespace(directory=directory, pid=7, stderr=b"lightsss: wave.vcd\n", returncode=-signal.SIGHUP)
        run = SimpleNamespace(kind="none", killed=True, inside=False, window=None)
        return kills.check_replayed(SimpleNamespace(row=self.row, plain=plain, oracle=plain), run, killed)

    def test_testbench(self):
        self.assertEqual(self.replayed(), kills.REPLAYED)

    def test_before_its_dump(self):
        """Killed between the snapshot and the testbench's next dump: the library's own tracer has that one."""
        self.assertEqual(self.replayed(source="injected"), kills.REPLAYED)
        self.assertEqual(self.replayed(source="injected", several=True), kills.UNCOMPARED)
        with self.assertRaisesRegex(checks.Failed, "waveform: "):
            self.replayed(source="injected", values="#2\n0!\n")

    def test_before_its_dump_of_several_evals(self):
        replayed = self.replayed(source="injected", snapshot=1, values="#1\n0!\n#2\n1!\n", several=True, dump_evals=2)
        self.assertEqual(replayed, kills.UNCOMPARED)

    def test_it_has_dumped(self):
        with self.assertRaisesRegex(checks.Failed, "waveform is injected, not testbench"):
            self.replayed(source="injected", snapshot=1, values="#1\n0!\n#2\n1!\n")


class Killed(Directory):
    """A shell that stands for a simulator."""

    def killed(self, script, number, moments_s, copies=(), sudden=False):
        """copies: what each look at the snapshots finds, the last one again and again."""
        found = list(copies)

        def launch(name, environment=None, meanwhile=None, patience_s=3):
            command = ["/bin/sh", "-c", script]
            made = Launch(os.path.join(self.top, name), command, environment or {}, False, held=bool(meanwhile))
            made.copies = lambda: found.pop(0) if len(found) > 1 else list(found[0]) if found else []
            if meanwhile:
                meanwhile(made)
            made.wait(20, patience_s)
            return made

        case = SimpleNamespace(row=self.row, launch=launch, timeout_s=20, plain=launch("plain"))
        run = SimpleNamespace(killed=False)
        try:
            return kills.check_killed(case, run, {}, kills.Killer(number, moments_s, 1, sudden))[0]
        finally:
            shutil.rmtree(os.path.join(self.top, "plain"))
            shutil.rmtree(os.path.join(self.top, "killed"), ignore_errors=True)

    def test_early_and_late(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            self.assertEqual(self.killed("echo one; " + BUSY, number, [0, 0.01]), kills.EARLY)
        self.assertEqual(self.killed("echo one", signal.SIGKILL, [10]), kills.LATE)
        self.assertEqual(self.killed(BUSY, signal.SIGKILL, [0, 0.01], PARKED + [[]]), kills.LATE)

    def test_a_snapshot_that_left_nothing(self):
        with self.assertRaisesRegex(checks.Failed, "nothing is left, and there were the snapshots"):
            self.killed(BUSY, signal.SIGKILL, [0.01], PARKED)

    def test_sudden(self):
        self.assertEqual(self.killed(BUSY, signal.SIGKILL, [0, 0.01], sudden=True), kills.EARLY)
        with self.assertRaisesRegex(checks.Failed, "nothing is left, and there were the snapshots"):
            self.killed(BUSY, signal.SIGKILL, [0, 0.01], PARKED, sudden=True)
        with self.assertRaisesRegex(checks.Failed, "nothing is left, and there were the snapshots"):
            self.killed(BUSY + "; echo one", signal.SIGKILL, [0, 0.01], PARKED, sudden=True)
        self.assertEqual(self.killed("echo one; " + BUSY, signal.SIGKILL, [0, 0.01], PARKED, sudden=True), kills.EARLY)
        with mock.patch("kills.SURE", 0.005):
            self.assertEqual(self.killed(BUSY, signal.SIGKILL, [0, 0.01], PARKED, sudden=True), kills.EARLY)

    def test_a_moment_without_snapshots(self):
        with self.assertRaisesRegex(checks.Failed, "no snapshots for a moment"):
            self.killed(BUSY, signal.SIGKILL, [0, 0.01], PARKED + [[]] + PARKED)

    def test_no_snapshots_left(self):
        with mock.patch("kills.WITHOUT_S", -0.5):
            with self.assertRaisesRegex(checks.Failed, "ran on without snapshots"):
                self.killed(BUSY, signal.SIGKILL, [0, 0.01], PARKED + [[]])

    def test_a_snapshot_that_could_not_be_taken(self):
        with self.assertRaisesRegex(checks.Failed, "no snapshot: the threads"):
            self.killed("echo 'lightsss: no snapshot: the threads' >&2; " + BUSY, signal.SIGKILL, [0.05])

    def test_survived(self):
        with self.assertRaisesRegex(checks.Failed, "ended with status 5"):
            self.killed("trap 'exit 5' TERM; " + BUSY, signal.SIGTERM, [0.03])

    def test_a_report_is_wanted(self):
        with self.assertRaisesRegex(checks.Failed, "lightsss/ holds"):
            self.killed("mkdir -p lightsss/other; " + BUSY, signal.SIGKILL, [0.03])

    def test_killed_behind_its_own_failure(self):
        case = SimpleNamespace(row={"victim": "wrong"}, plain=SimpleNamespace(returncode=-signal.SIGABRT))
        killed = SimpleNamespace(returncode=-signal.SIGKILL)
        for kind, failed in (("abort", True), ("kill", False)):
            self.assertEqual(bool(kills.has_failed_before({"end": {"kind": kind}}, case, killed)), failed)
        case.row = {}
        self.assertFalse(kills.has_failed_before({"end": {"kind": "abort"}}, case, killed))

    def test_the_moment(self):
        """As the kernel tells it, and where it does not."""
        for fault in (None, PermissionError):
            before = len(os.listdir("/proc/self/fd"))
            with mock.patch("moment.task_clock", side_effect=fault, wraps=moment.task_clock):
                launch = Launch(os.path.join(self.top, str(fault)), ["/bin/sh", "-c", BUSY], {}, False, held=True)
                self.assertTrue(moment.await_stop(launch.pid))
                begun_s = launch.cpu_time_s()
                self.assertTrue(moment.stop_at(launch, begun_s + 0.02))
                self.assertGreaterEqual(launch.cpu_time_s(), begun_s + 0.01)  # the kernel's timer may be some milliseconds early
                launch.kill([launch.pid])
                launch.wait(20)
            self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class Tasks(Directory):
    def arguments(self, **more):
        values = {"full": True, "part": 1, "only": None, "seed": 1, "keep": False, "library": self.write("lib", "preload.so"), **more}
        values["build"] = self.top
        return argparse.Namespace(**values)

    def simulator(self, name="emu"):
        return simulators.Simulator(name, self.row, False)

    def test_everybody_has_a_turn(self):
        pair = [self.simulator("a"), self.simulator("b")]
        tasks = [task.key for task in differential.tasks_of(pair, self.arguments())]
        self.assertEqual(len(tasks), len(set(tasks)))
        self.assertEqual(len(tasks), 2 * sum(differential.TASKS_FULL.values()))
        self.assertEqual({key.split()[0] for key in tasks[:2]}, {"a", "b"})
        part = [task.key for task in differential.tasks_of(pair, self.arguments(part=0.25))]
        self.assertEqual(part, tasks[: len(part)])
        self.assertLess(len(part), len(tasks) / 3)

    def test_every_kind_has_a_turn(self):
        names = ("mcu-vcd1", "mcu-fst1", "rounds-models", "mcu-held", "rounds-worker", "calls")
        found = [simulator.name for simulator in differential.spread([self.simulator(name) for name in names])]
        self.assertEqual(found, ["mcu-vcd1", "rounds-models", "calls", "mcu-fst1", "rounds-worker", "mcu-held"])

    def test_all_ways(self):
        args = self.arguments()
        ends = differential.Task(self.simulator(), "ends", 0, args)
        self.assertEqual(sorted(ends.ways()), sorted(differential.WAYS))
        for first in (0, 3, 24):
            three = [differential.Task(self.simulator(), "failures", first + i, args).ways() for i in range(3)]
            self.assertEqual(sorted(sum(three, [])), sorted(differential.WAYS))

    def test_kinds(self):
        args = self.arguments()
        self.assertEqual(differential.Task(self.simulator(), "ends", 1, args).kind(), "none")
        self.assertEqual(differential.Task(self.simulator(), "failures", 5, args).kind(), "exit")

    def test_goes_on(self):
        path = os.path.join(self.top, "log")
        args = self.arguments()
        log = differential.Log(path, args)
        log.add({"task": "a", "counts": {"runs": 1}, "errors": []})
        with open(path, "a", encoding="utf-8") as file:
            file.write('{"task": "cut o')
        self.assertEqual(list(differential.Log(path, args).done), ["a"])
        self.write("lib", "preload.so", text="another library")
        self.assertEqual(differential.Log(path, args).done, {})
        with open(path, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 1)

    def test_summary(self):
        def good(*lines):
            with mock.patch("builtins.print"):
                return differential.summary(lines, [], 0)

        line = {"task": "a", "counts": {"runs": 2, "identical": 2}, "errors": []}
        self.assertTrue(good(line))
        self.assertFalse(good())
        self.assertFalse(good(line, {**line, "errors": ["stdout"]}))


class Simulators(unittest.TestCase):
    def test_arguments(self):
        campaign = {"cmd": ["python3", "/x/campaign.py", "--preload", "lib"]}
        self.assertEqual(simulators.arguments_of(campaign), ["--preload", "lib"])
        self.assertIsNone(simulators.arguments_of({"cmd": ["python3", "/x/test_wave.py"]}))
        command = ["/x/real", "/b", "rocket-fst2", "rocket", "lib", "5", "200"]
        for options, threads in ((["--threads", "2"], True), (["--threads", "1"], False), ([], False)):
            got = simulators.arguments_of({"cmd": command + options})
            self.assertIn("rocket=/b/real/rocket-fst2/emu", got)
            self.assertEqual("--threads" in got, threads)


if __name__ == "__main__":
    unittest.main()
