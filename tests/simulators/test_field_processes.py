#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a simulator is to the library where it is not simply the process that the user started: its own code that must
not be called, the dynamic loader, forked children, programs that it becomes."""

import json
import os
import signal
import time
import unittest

import field
import wave


class OwnTime(field.FieldTest):
    """sc_time_stamp() takes a lock, which the thread that evaluates has, or the one that fails."""

    def run_both(self, way):
        plain = self.plain("stamp", "30000", way)
        preloaded = self.preloaded("stamp", "30000", way, WINDOW="2000evals")
        self.assert_same(plain, preloaded)
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], 30000)
        compared = self.assert_wave(preloaded, self.oracle("stamp", "30000", "free"))
        self.assertEqual(compared.last_time, 29999)
        return report

    def test_free(self):
        report = self.run_both("free")
        self.assertEqual((report["end"]["time"], report["snapshot"]["time"]), (30000, 0))

    def test_eval_with_the_lock(self):
        report = self.run_both("inside")
        self.assertIn("waits for a lock", str(report["replay"]["notes"]))

    def test_point_with_the_lock(self):
        """It is asked for a few times, a second each, and not for as long as the run goes on."""
        preloaded = self.preloaded("stamp", "30000", "inside", AT="100t")
        said = self.assert_same(self.plain("stamp", "30000", "inside"), preloaded)
        self.assertIn("LIGHTSSS_AT=100t: the testbench does not tell the time", str(said))

    def test_end_with_the_lock(self):
        report = self.run_both("outside")
        self.assertEqual(report["end"]["signal"], "SIGABRT")
        self.assertIsNone(report["end"]["time"])


class Leaves(field.FieldTest):
    """Behind the exit handlers of main() another thread evaluates on: no waveform is opened there any more."""

    def test_exit(self):
        preloaded = self.preloaded("leaves")
        self.assertEqual(preloaded.returncode, 3)
        self.assertNotIn("notes", self.report(preloaded)["replay"])


class Children(field.FieldTest):
    """A testbench forks, and its children simulate."""

    def reports(self, launch, count):
        """{pid: report}; those of killed runs come some time after their end."""
        top = os.path.join(launch.directory, "lightsss")
        deadline = time.monotonic() + field.TIMEOUT_S
        while time.monotonic() < deadline:
            found = {name: self.finished(os.path.join(top, name)) for name in os.listdir(top)} if os.path.isdir(top) else {}
            if len(found) >= count and all(found.values()):
                break
            time.sleep(0.05)
        self.assertEqual(len(found), count, found)
        return {report["pid"]: report for report in found.values()}

    def finished(self, directory):
        """None: it is still being replayed."""
        try:
            with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
                report = json.load(file)
        except OSError:
            return None
        return None if report["replay"].get("why") == "the replay was killed before it was done" else report

    def run_both(self, parent_evals, way, failures=1):
        arguments = [str(parent_evals), "20000", way]
        plain = self.plain("forked", *arguments)
        launch = self.preloaded("forked", *arguments, WINDOW="3000evals")
        self.assertEqual(launch.returncode, plain.returncode)
        self.assertEqual(sorted(launch.stdout.splitlines()), sorted(plain.stdout.splitlines()))
        reports = self.reports(launch, failures)
        for pid, report in reports.items():
            self.assertEqual(report["replay"]["verdict"], "reproduced", report)
            self.assertEqual(os.path.basename(self.run_directory(launch)) if failures == 1 else None,
                             f"forked.{pid}" if failures == 1 else None)
        return launch, reports

    def check_child(self, parent_evals, way, signal_name=None):
        launch, reports = self.run_both(parent_evals, way)
        pid, report = reports.popitem()
        self.assertNotEqual(pid, launch.pid)
        self.assertEqual((report["end"]["eval"], report["end"]["signal"]), (20000, signal_name))
        compared = self.assert_wave(launch, self.oracle("forked", "0", "20000", "exit"))
        self.assertEqual(compared.last_time, 19999)

    def test_child_fails(self):
        for parent_evals in (0, 10000):
            self.check_child(parent_evals, "exit")
            self.check_child(parent_evals, "abort", "SIGABRT")

    def test_child_is_killed(self):
        for parent_evals in (0, 10000):
            self.check_child(parent_evals, "kill", "SIGKILL")

    def test_grandchild_fails(self):
        self.check_child(10000, "again")

    def test_pool(self):
        _, reports = self.run_both(10000, "pool", 4)
        self.assertEqual({report["end"]["eval"] for report in reports.values()}, {20000})

    def test_parent_fails(self):
        """Its snapshots are its own, whatever became of the child."""
        launch, reports = self.run_both(10000, "parent")
        self.assertEqual((list(reports), reports[launch.pid]["end"]["eval"]), ([launch.pid], 20000))

    def test_child_traces(self):
        """What it opens is held back, and its replay writes it."""
        environment = {"LD_PRELOAD": field.LIBRARY, "FIELD_TRACE": "own.vcd"}
        launch = self.launch([field.program("forked"), "10000", "20000", "exit"], environment)
        oracle = self.oracle("forked", "0", "20000", "exit")
        wave.check_empty(os.path.join(launch.directory, "own.vcd"), oracle)
        self.assertEqual(self.report(launch)["wave"]["source"], "testbench")
        compared = self.assert_wave(launch, oracle)
        self.assertEqual(compared.last_time, 19999)

    def test_nothing_to_say(self):
        for way in ("good", "idle"):
            launch = self.preloaded("forked", "10000", "20000", way)
            self.assert_same(self.plain("forked", "10000", "20000", way), launch)
            self.assertNotIn(b"lightsss: ", launch.stderr)


@unittest.skipIf(os.geteuid() != 0, "no namespace can be made here")
class Namespace(field.FieldTest):
    """A PID namespace whose /proc is still the one outside: numbers there are others."""

    def inside(self, script):
        command = ["unshare", "--pid", "--fork", "sh", "-c", script, field.program("base"), field.LIBRARY]
        return self.launch(command, {"LIGHTSSS_INTERVAL": "2000evals", "LIGHTSSS_WINDOW": "500evals"})

    def test_exit(self):
        launch = self.inside('LD_PRELOAD="$1" "$0" 20000 3')
        self.assertEqual(launch.returncode, 3)
        self.assertGreater(self.report(launch)["snapshot"]["number"], 1)
        self.assert_wave(launch, self.oracle("base", "20000", "3"))

    def test_kill(self):
        """The report is written by a copy, while who is the first process there goes on."""
        script = (
            'LD_PRELOAD="$1" "$0" 2000000000 3 & sleep 0.5; kill -9 $!; wait $!; for i in $(seq 600); do\n'
            'grep -q reproduced lightsss/*/report.json 2>/dev/null && exit 0; sleep 0.1; done; exit 1'
        )
        launch = self.inside(script)
        self.assertEqual(launch.returncode, 0, launch.stderr)
        self.assertEqual(self.report(launch)["end"]["signal"], "SIGKILL")


class Sender(field.FieldTest):
    """Who has sent the signal that ends a simulator; and ends that are none."""

    def end_by(self, how, **variables):
        """The child of this shell is the simulator. Returns what it and its copies say."""
        script = 'LD_PRELOAD="$1" "$0" 2000000000 3 & sleep 0.5; kill -$2 $!; wait $!'
        environment = {f"LIGHTSSS_{key}": value for key, value in variables.items()}
        command = ["sh", "-c", script, field.program("base"), field.LIBRARY, how]
        launch = self.launch(command, {"LIGHTSSS_WINDOW": "100evals", **environment})
        deadline = time.monotonic() + field.TIMEOUT_S
        while launch.survivors() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(launch.survivors(), [])
        return launch

    def test_sender(self):
        launch = self.end_by("TERM", INTERVAL="200000evals")
        self.assertEqual(launch.returncode, 128 + signal.SIGTERM)
        self.assertRegex(launch.stderr.decode(), rf"SIGTERM at eval \d+, time \d+, sent by sh \(pid {launch.pid}\)\n")

    def test_no_failure(self):
        for how, on in (("KILL", "-kill"), ("KILL", "-SIGKILL"), ("TERM", "exit,signal,-SIGTERM")):
            launch = self.end_by(how, ON=on, INTERVAL="200000evals")
            self.assertNotIn(b"lightsss: ", launch.stderr)
            self.assertFalse(os.path.exists(os.path.join(launch.directory, "lightsss")))
        launch = self.preloaded("base", "3000", "77", ON="-exit:77")
        self.assertEqual((launch.returncode, launch.stderr), (77, b""))


class Loader(field.FieldTest):
    """The dynamic loader is started, with the simulator as its argument."""

    LOADER = "/lib64/ld-linux-x86-64.so.2"

    def check(self, before, environment):
        plain = self.launch([self.LOADER, field.program("base"), "5000", "3"], {})
        launch = self.launch([*before, field.program("base"), "5000", "3"], environment)
        self.assertTrue(self.assert_same(plain, launch)[0].startswith("lightsss: base (pid "))
        self.assertTrue(os.path.basename(self.run_directory(launch)).startswith("base."))
        self.assertEqual(self.report(launch)["program"], "base")
        self.assert_wave(launch, self.oracle("base", "5000", "3"))

    def test_variable(self):
        self.check([self.LOADER], {"LD_PRELOAD": field.LIBRARY})

    def test_options(self):
        self.check([self.LOADER, "--preload", field.LIBRARY, "--library-path", "/nowhere"], {})

    def test_run(self):
        self.check([field.COMMAND, "run", "--", self.LOADER], {})

    def test_doctor(self):
        launch = self.launch([field.COMMAND, "doctor", "--rehearse", self.LOADER, field.program("base"), "5000"], {})
        self.assertEqual(launch.returncode, 0, launch.stdout)
        self.assertIn(b"Model      Valpha", launch.stdout)


class Directory(field.FieldTest):
    """LIGHTSSS_DIR, where nothing is or nothing can be."""

    def lines(self, launch):
        return [line for line in launch.stderr.decode().splitlines() if line.startswith("lightsss: ")]

    def test_missing(self):
        launch = self.preloaded("base", "3000", "3", DIR="one/two/three")
        self.assertTrue(self.lines(launch)[-1].startswith("lightsss: waveform: "))
        self.assertTrue(os.path.getsize(self.lines(launch)[-1].split(": ", 2)[2]) > 0)

    def on_small_disk(self, used, evals):
        """A disk of 128k, so much of which is used."""
        script = (
            "mkdir small && mount -t tmpfs -o size=128k none small && head -c $1 /dev/zero >small/used 2>/dev/null\n"
            'export LD_PRELOAD="$2" LIGHTSSS_DIR=small/runs; "$3" $4 3; status=$?; unset LD_PRELOAD\n'
            "find small -type f -size 0 -name 'wave*'; exit $status"
        )
        command = ["unshare", "-m", "sh", "-c", script, "sh", used, field.LIBRARY, field.program("base"), evals]
        launch = self.launch(command, {})
        self.assertEqual(launch.returncode, 3, launch.stderr)
        self.assertEqual(launch.stdout.count(b"\n"), 1, launch.stdout)  # and no file of 0 bytes
        return self.lines(launch)

    @unittest.skipIf(os.geteuid() != 0, "nothing can be mounted here")
    def test_full(self):
        lines = self.on_small_disk("1000000", "1000")
        self.assertIn("a failure would leave no waveform", lines[0])
        self.assertIn("no waveform: ", lines[-1])
        lines = self.on_small_disk("60000", "30000")
        self.assertIn("no waveform: ", lines[-1])
        self.assertIn("the report is in", lines[-1])


if __name__ == "__main__":
    unittest.main()
