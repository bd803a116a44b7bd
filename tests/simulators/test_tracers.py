#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What testbenches do with waveforms of their own, with the library and without it: test_tracers.py LIBRARY REFUSE
SIMULATOR DUMPVARS_SIMULATOR. Each case runs in a directory of its own; what the simulator wrote without the library is
the oracle for the replay's files."""

import json
import os
import shutil
import sys
import tempfile
import unittest

import campaign
import checks
import wave
from launch import Launch

LIBRARY = REFUSE = SIMULATOR = DESIGN = None
TIMEOUT_S = 120
EVALS = 6000


class Tracers(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="tracers-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)

    def launch(self, name, command, environment):
        made = Launch(os.path.join(self.top, name), command, environment, True)
        made.wait(TIMEOUT_S)
        self.assertFalse(made.timed_out)
        return made

    def run_case(self, case, more=(), simulator=None, before=(), **variables):
        """Without and with the library; end and output must be the same."""
        command = [simulator or SIMULATOR, case, *more]
        environment = {"LD_PRELOAD": LIBRARY, "LIGHTSSS_WINDOW": "all"}
        environment.update({f"LIGHTSSS_{key}": value for key, value in variables.items()})
        self.plain = self.launch("plain", command, {})
        self.with_library = self.launch("preloaded", [*before, *command], environment)
        self.assertEqual(self.with_library.returncode, self.plain.returncode)
        self.assertEqual(self.with_library.stdout, self.plain.stdout)
        own, self.said = checks.split_stderr(self.with_library.stderr)
        self.assertEqual(own, self.plain.stderr)

    def files(self, launch):
        return checks.files_below(launch.directory)

    def check_held(self, *names, missing=()):
        """Of these the run with the library has left the names of the signals; everything else is as without it."""
        expected, got = self.files(self.plain), self.files(self.with_library)
        for name in missing:
            del expected[name]
        for name in names:
            self.assertIn(name, got)
            self.assertEqual(got.pop(name), self.definitions(expected.pop(name)), name)
        self.assertEqual(set(got), set(expected))
        for name, content in expected.items():
            self.assertEqual(got[name], content, name)

    @staticmethod
    def definitions(content):
        """A part that openNext() or rollover has begun has none."""
        if not content.startswith(b"$version"):
            return b""
        return content.partition(b"\n#")[0] + (b"\n" if b"\n#" in content else b"")

    def run_directory(self):
        top = os.path.join(self.with_library.directory, "lightsss")
        self.assertTrue(os.path.isdir(top), self.said)
        return os.path.join(top, os.listdir(top)[0])

    def report(self, verdict="reproduced"):
        with open(os.path.join(self.run_directory(), "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["replay"]["verdict"], verdict)
        return report

    def waves(self):
        return sorted(name for name in os.listdir(self.run_directory()) if name.endswith(".vcd"))

    def oracle(self, names):
        """One waveform of several files, which openNext() made of it."""
        path = os.path.join(self.top, "oracle.vcd")
        with open(path, "wb") as file:
            for name in names:
                file.write(checks.read(os.path.join(self.plain.directory, name)))
        return path

    def check_wave(self, name, *own):
        return wave.compare(self.oracle(own), os.path.join(self.run_directory(), name), "between")

    def test_tail(self):
        self.run_case("one", INTERVAL="2500evals")
        self.check_held("one.vcd")
        report = self.report()
        result = self.check_wave("wave.vcd", "one.vcd")
        self.assertEqual(report["wave"]["source"], "testbench")
        self.assertEqual(report["snapshot"]["eval"], 2500)
        self.assertEqual((result.first_time, result.last_time), (2500, EVALS - 1))
        self.assertEqual((report["wave"]["first_time"], report["wave"]["last_time"]), (2500, EVALS - 1))
        self.assertEqual(sum("held back" in line for line in self.said), 1)

    def test_window(self):
        self.run_case("one", WINDOW="100evals")
        self.report()
        result = self.check_wave("wave.vcd", "one.vcd")
        self.assertEqual((result.first_time, result.last_time), (EVALS - 100, EVALS - 1))

    def test_several(self):
        self.run_case("two", INTERVAL="2500evals")
        self.check_held("first.vcd", "second.vcd")
        self.report()
        self.assertEqual(self.waves(), ["second.vcd", "wave.vcd"])
        whole = self.check_wave("wave.vcd", "first.vcd")
        part = self.check_wave("second.vcd", "second.vcd")
        self.assertLess(part.signals, whole.signals)
        self.assertEqual(part.window_times * 2, whole.window_times)

    def test_one_after_the_other(self):
        """The failure is in the last: that one is the waveform."""
        self.run_case("again")
        self.check_held("before.vcd", "behind.vcd")
        report = self.report()
        self.assertEqual(self.waves(), ["before.vcd", "wave.vcd"])
        self.check_wave("before.vcd", "before.vcd")
        self.check_wave("wave.vcd", "behind.vcd")
        self.assertEqual(report["wave"]["first_eval"], EVALS - 1000 + 1)

    def test_objects_one_after_the_other(self):
        self.run_case("each")
        names = ["part.vcd", "part1999.vcd", "part999.vcd"]
        self.check_held("part2999.vcd", *names)
        self.report()
        self.assertEqual(self.waves(), names + ["wave.vcd"])
        for name in names:
            self.check_wave(name, name)
        self.check_wave("wave.vcd", "part2999.vcd")

    def check_parts(self, first, made=None):
        """All parts of the run are one file in the replay. made: how many of them are there without values."""
        parts = sorted(name for name in self.files(self.plain) if "_cat" in name)
        self.assertGreater(len(parts), 3)
        self.check_held(*first, *parts[:made], missing=parts[made:] if made else ())
        self.report()
        self.assertEqual(self.waves(), ["wave.vcd"])
        self.check_wave("wave.vcd", *first, *parts)

    def test_open_next(self):
        self.run_case("next", INTERVAL="2500evals")
        self.check_parts(["next.vcd"])

    def test_rollover(self):
        """What has no values does not grow: there is no third part."""
        self.run_case("rollover", INTERVAL="2500evals")
        self.check_parts([], 2)

    def test_answers(self):
        """isOpen(), flush(), a time that comes twice: what it prints is compared."""
        self.run_case("questions", INTERVAL="2500evals")
        self.assertIn(b"%Warning: previous dump", self.plain.stdout)
        self.check_held("questions.vcd")
        self.report()
        self.check_wave("wave.vcd", "questions.vcd")

    def test_switched_on(self):
        """Somebody's wish: the file is there as without the library, however near to the failure the snapshot is. The replay has
        our own tracer, and does not touch that file."""
        for interval, window in (("100000evals", "100evals"), ("100000evals", "all"), ("500evals", "100evals"), ("5900evals", "all")):
            with self.subTest(interval=interval, window=window):
                self.run_case("late", INTERVAL=interval, WINDOW=window, SLOTS="1")
                self.assertIn(b"%Warning: previous dump", self.plain.stdout)
                self.check_held()
                report = self.report()
                first = EVALS - 99 if window == "100evals" else report["snapshot"]["eval"] + 1
                self.assertEqual((report["wave"]["source"], report["wave"]["first_eval"]), ("injected", first))
                self.assertEqual(report["wave"]["last_eval"], EVALS)
                self.assertEqual(self.waves(), ["wave.vcd"])
                self.assertFalse([line for line in self.said if "held back" in line])
                shutil.rmtree(self.top)

    def test_switched_on_and_passed(self):
        """The run ends well, and what was wished for is there. What is always traced is held back, as ever."""
        for case, held in (("wish", []), ("wishes", []), ("beside", ["own.vcd"]), ("begun", ["begun.vcd"])):
            for on in ("exit", "all"):
                with self.subTest(case=case, on=on):
                    self.run_case(case, (str(EVALS // 2), "0"), INTERVAL="500evals", ON=on)
                    self.check_held(*held)
                    self.assertEqual(sum("held back" in line for line in self.said), len(held), self.said)
                    if on == "all":
                        self.report()
                    shutil.rmtree(self.top)

    def test_silent(self):
        """A testbench that does not dump where it fails."""
        self.run_case("silent", INTERVAL="2500evals")
        self.check_held("silent.vcd")
        report = self.report()
        self.assertEqual((report["wave"]["source"], report["wave"]["last_eval"]), ("injected", EVALS))
        self.assertEqual(report["wave"]["first_eval"], 2501)

    def test_silent_to_the_end(self):
        self.run_case("silent", WINDOW="100evals")
        self.check_held("silent.vcd")
        report = self.report()
        self.assertEqual((report["wave"]["source"], report["wave"]["last_eval"]), ("injected", EVALS))
        self.assertEqual(report["wave"]["first_eval"], EVALS - 100 + 1)

    def test_not_ours_to_hold(self):
        for case in ("custom", "nowhere", "pipe"):
            with self.subTest(case=case):
                self.run_case(case, INTERVAL="2500evals")
                self.check_held()
                # In a replay the testbench's own tracer is silent, and this one tells how much it wrote.
                report = self.report("diverged" if case == "custom" else "reproduced")
                self.assertEqual(report["wave"]["source"], "injected")
                self.assertFalse([line for line in self.said if "held back" in line])
                shutil.rmtree(self.top)

    def test_left_alone(self):
        """A replay from the first eval on opens everything once more."""
        for case in ("again", "next", "two"):
            with self.subTest(case=case):
                self.run_case(case, HOLD="0")
                self.check_held()
                self.assertEqual(self.report()["wave"]["source"], "injected")
                shutil.rmtree(self.top)

    def test_child(self):
        self.run_case("child", INTERVAL="500evals")
        self.check_held("parent.vcd", "child.vcd")
        self.report()
        self.check_wave("wave.vcd", "parent.vcd")

    def test_forgotten(self):
        """A held tracer whose model is no more must not be played."""
        self.run_case("forgotten", INTERVAL="7000evals", SLOTS="1")
        self.check_held("forgotten.vcd")
        report = self.report()
        self.assertEqual((report["wave"]["source"], report["wave"]["first_eval"]), ("injected", 7001))

    def test_threads(self):
        names = [f"thread{i}.vcd" for i in range(4)]
        for _ in range(5):
            self.run_case("threads", HOLD="1")
            self.check_held(*names)
            self.assertIn(b"4 open", self.plain.stdout)
            shutil.rmtree(self.top)
            self.run_case("threads", HOLD="0")
            self.check_held()
            shutil.rmtree(self.top)

    def test_without_snapshots(self):
        """Nobody would ever write what is held back."""
        for call in ("clone", "memfd_create"):
            with self.subTest(call=call):
                self.run_case("elsewhere", before=[REFUSE, call, "EPERM"])
                self.check_held()
                self.assertIn("elsewhere.vcd", self.files(self.plain))
                self.assertTrue(any("not held back any more" in line for line in self.said), self.said)
                shutil.rmtree(self.top)

    def test_wave_off(self):
        self.run_case("one", WAVE="off")
        self.check_held()

    def test_unasked(self):
        """Without traceEverOn() Verilator refuses, as it did."""
        self.run_case("unasked")
        self.assertIn(b"traceEverOn", self.plain.stdout + self.plain.stderr)

    def test_dumpvars(self):
        for interval in ("2500evals", "100000evals"):
            with self.subTest(interval=interval):
                self.run_case("design", simulator=DESIGN, INTERVAL=interval)
                self.check_held("own.vcd")
                self.assertEqual(self.report()["wave"]["source"], "testbench")
                self.check_wave("wave.vcd", "own.vcd")
                shutil.rmtree(self.top)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    LIBRARY, REFUSE, SIMULATOR, DESIGN = map(os.path.abspath, sys.argv[1:5])
    missing = [path for path in (LIBRARY, REFUSE, SIMULATOR, DESIGN) if not os.path.exists(path)]
    if missing:
        print(f"skipped: there is no {missing[0]}")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
