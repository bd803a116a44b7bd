#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays of a real model that are called into (LIGHTSSS_WAKE_CALL), stopped (LIGHTSSS_LIMIT), killed, have no room for their
waveform, or have their directory taken away: test_replays.py LIBRARY REFUSE BROKEN_HEAP VCD_SIMULATOR FST_SIMULATOR THREADED_SIMULATOR."""

import glob
import json
import os
import pathlib
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import wave

LIBRARY = REFUSE = BROKEN_HEAP = VCD = FST = THREADED = None
TIMEOUT_S = 120


def is_of(pid, session):
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return False


class Replays(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="replays-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.count = 0

    def run_failing(self, simulator, arguments, status, before=None, directory=None, **variables):
        """Returns the report, and the run directory."""
        self.count += 1
        work = os.path.join(self.top, str(self.count))
        os.mkdir(work)
        directory = directory or os.path.join(work, "lightsss")
        inherited = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("LIGHTSSS")}
        environment = {"LD_PRELOAD": LIBRARY, "LIGHTSSS_INTERVAL": "1h", "LIGHTSSS_DIR": directory}
        environment.update({f"LIGHTSSS_{key}": value for key, value in variables.items()})
        made = subprocess.run(
            [simulator, *arguments],
            cwd=work,
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            preexec_fn=before,
        )
        self.assertEqual(made.returncode, status, made.stderr)
        self.said = made.stderr
        self.out = made.stdout
        runs = os.listdir(directory)
        self.assertEqual(len(runs), 1)
        run = os.path.join(directory, runs[0])
        with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
            return json.load(file), run

    def check_readable(self, report, run):
        path = os.path.join(run, report["wave"]["path"])
        with wave.Wave(path) as read:
            self.assertGreater(sum(1 for _ in read.times()), 10)

    def test_within_the_first_eval(self):
        """Whichever of the model's threads dies there, there is a waveform of that moment."""
        for simulator in (VCD, FST, THREADED):
            for place, status in (("segv_eval", -signal.SIGSEGV), ("throw_eval_uncaught", -signal.SIGABRT)):
                with self.subTest(simulator=simulator, place=place):
                    report, run = self.run_failing(
                        simulator, ["--cycles", "1000", "--fail", f"{place}@17"], status, INTERVAL="1evals", SLOTS="1"
                    )
                    self.assertEqual(report["replay"]["verdict"], "reproduced")
                    self.assertEqual(report["snapshot"]["eval"], report["end"]["eval"] - 1)
                    self.assertEqual(report["wave"]["first_eval"], report["end"]["eval"])
                    self.assertEqual(report["wave"]["last_eval"], report["end"]["eval"])
                    with wave.Wave(os.path.join(run, report["wave"]["path"])) as read:
                        self.assertGreater(sum(1 for _ in read.times()), 0)

    def replay_output(self, run):
        with open(os.path.join(run, "replay.stdout"), encoding="utf-8") as file:
            return file.read()

    def test_wake_call(self):
        for simulator in (VCD, FST, THREADED):
            report, run = self.run_failing(
                simulator,
                ["--report", "0", "--fail", "return@300"],
                1,
                WAKE_CALL='mcu_report_every(2); mcu_throw("not now"); no_such_function()',
            )
            self.assertEqual(report["replay"]["verdict"], "reproduced")
            notes = "\n".join(report["replay"]["notes"])
            self.assertRegex(notes, r"mcu_throw\(\) ended with SIGABRT")
            self.assertRegex(notes, r"there is no function no_such_function")
            self.assertNotIn("mcu_report_every", notes)
            self.assertIn("cycle 296 checksum", self.replay_output(run))
            self.assertNotIn("cycle 296", self.out)
            self.assertIn("there is no function no_such_function in the program", self.said)
            self.check_readable(report, run)

    def print_words(self, how, terminal, preload):
        """(status, output, what a file got, report)"""
        work = tempfile.mkdtemp(dir=self.top)
        variables = {"LD_PRELOAD": LIBRARY, "LIGHTSSS_MATCH": "^TEST FAILED", "LIGHTSSS_LOG": "quiet"} if preload else {}
        ours, theirs = pty.openpty() if terminal else os.pipe()
        with subprocess.Popen(
            [VCD, "--cycles", "200", "--report", "50", "--words", how],
            cwd=work,
            env={**os.environ, **variables},
            stdin=theirs if terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as made:
            os.close(theirs)
            out = b""
            try:
                while more := os.read(ours, 65536):
                    out += more
            except OSError:  # how a terminal ends
                pass
            os.close(ours)
            status = made.wait(TIMEOUT_S)
        reports = glob.glob(os.path.join(work, "lightsss", "*", "report.json"))
        files = [pathlib.Path(path).read_bytes() for path in glob.glob(os.path.join(work, "words.log"))]
        if not reports:
            return (status, out, files), None
        with open(reports[0], encoding="utf-8") as file:
            return (status, out, files), json.load(file)

    def run_back(self, back):
        """Snapshots every 1000 evals, four of them; the failure is at eval 8500. Returns how many thousands of evals the
        snapshot lay back, and what was dumped."""
        options = {"INTERVAL": "1000evals", "SLOTS": "4", "WINDOW": "1500evals", "BACK": back}
        report, run = self.run_failing(VCD, ["--cycles", "5000", "--quiet", "--fail", "exit@4250"], 2, **options)
        self.assertEqual(report["replay"]["verdict"], "reproduced")
        self.assertEqual(report["snapshot"]["evals_back"], report["end"]["eval"] - report["snapshot"]["eval"])
        with open(os.path.join(run, "wave.vcd"), "rb") as file:
            values = file.read().partition(b"$enddefinitions")[2]
        self.assertEqual(report["wave"]["last_eval"] - report["wave"]["first_eval"], 1499)
        return report["snapshot"]["evals_back"] // 1000, values

    def test_back(self):
        """The waveform is the same, whichever snapshot it is."""
        far, oldest = self.run_back("oldest")
        self.assertEqual(far, 3)
        for back, thousands in (("window", 1), ("2000evals", 2), ("1h", 3)):
            self.assertEqual(self.run_back(back), (thousands, oldest), back)

    def test_words(self):
        """By every way in which C++ prints, to a pipe and to a terminal: seen, and printed as ever."""
        ways = "cout cout-unsynced cerr cerr-unsynced clog clog-unsynced parts parts-unsynced".split()
        for how in ways + "printf freopen full none cout-unsynced-last".split():
            for terminal in (False, True):
                with self.subTest(how, terminal=terminal):
                    plain, _ = self.print_words(how, terminal, False)
                    preloaded, report = self.print_words(how, terminal, True)
                    self.assertEqual(preloaded, plain)
                    self.assertIsNotNone(report)
                    self.assertTrue(report["end"]["match"].startswith("TEST FAILED"), report)
                    self.assertEqual((report["end"]["status"], report["replay"]["verdict"]), (0, "reproduced"))

    def run_to_limit(self, simulator):
        """On a busy machine a short limit may come before there is anything to see."""
        for limit in ("300ms", "2s", "10s"):
            arguments = ["--cycles", "100000000", "--quiet", "--fail", "_exit@400000"]
            report, run = self.run_failing(simulator, arguments, 3, WINDOW="all", LIMIT=limit)
            if report["wave"] and report["wave"]["last_eval"] > 100:
                break
        return report, run

    def test_limit(self):
        for simulator in (VCD, FST):
            report, run = self.run_to_limit(simulator)
            self.assertEqual(report["replay"]["verdict"], "incomplete")
            self.assertRegex(report["replay"]["why"], r"^the replay was stopped at eval \d+ of 800000, at LIGHTSSS_LIMIT")
            self.assertLess(report["wave"]["last_eval"], 800000)
            self.check_readable(report, run)

    def wait_for_steps(self, directory, seconds):
        """Until the replay has written a part of its waveform. Returns the report, and the run directory."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            for path in glob.glob(os.path.join(directory, "*", "report.json")):
                with open(path, encoding="utf-8") as file:
                    report = json.load(file)
                if report["wave"] and report["wave"]["last_eval"]:
                    return report, os.path.dirname(path)
            time.sleep(0.02)
        self.fail("the replay wrote nothing out")

    def test_all_killed(self):
        """A batch system: SIGTERM, and soon SIGKILL to all there is. What was written out by then can be read."""
        for simulator in (VCD, FST):
            work = os.path.join(self.top, os.path.basename(simulator))
            os.mkdir(work)
            directory = os.path.join(work, "lightsss")
            environment = {"LD_PRELOAD": LIBRARY, "LIGHTSSS_WINDOW": "all", "LIGHTSSS_DIR": directory}
            with subprocess.Popen(
                [simulator, "--quiet", "--cycles", "1000000000"],
                cwd=work,
                env={**os.environ, **environment, "LIGHTSSS_INTERVAL": "1h"},
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as made:
                time.sleep(2)
                made.send_signal(signal.SIGTERM)
                report, run = self.wait_for_steps(directory, 60)
                left = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if is_of(pid, made.pid)]
                self.assertEqual(len(left), 3)  # it, the replay and its spare
                for pid in left:
                    os.kill(pid, signal.SIGSTOP)
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
                self.assertEqual(made.wait(), -signal.SIGKILL)
            self.assertEqual(report["end"]["signal"], "SIGTERM")
            self.assertEqual(report["replay"]["verdict"], "incomplete")
            self.assertEqual(report["replay"]["why"], "the replay was killed before it was done")
            path = os.path.join(run, report["wave"]["path"])
            with wave.Wave(path, cut=True) as cut:
                last_time = max(time for time, _ in cut.times())
            self.assertGreaterEqual(last_time, report["wave"]["last_time"] - 2)
            arguments = ["--quiet", "--cycles", str(last_time // 2 + 2), "--trace", "own"]
            subprocess.run([simulator, *arguments], cwd=work, stdout=subprocess.DEVNULL, check=True)
            wave.compare(os.path.join(work, "own"), path, "killed")

    def test_broken_heap(self):
        """malloc() finds the failure, and keeps its lock: an FST cannot be closed, but lacks no more than the last eval."""
        environment = {"LD_PRELOAD": f"{LIBRARY}:{BROKEN_HEAP}", "LIGHTSSS_INTERVAL": "1h", "LIGHTSSS_WINDOW": "all"}
        for simulator, verdict in ((VCD, "reproduced"), (FST, "incomplete")):
            work = os.path.join(self.top, os.path.basename(simulator))
            os.mkdir(work)
            made = subprocess.run(
                [simulator, "--quiet", "--cycles", "9000", "--fail", "kill@3000"],
                cwd=work,
                env={**os.environ, **environment, "LIGHTSSS_DIR": work},
                capture_output=True,
                text=True,
                timeout=50,
                check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
            )
            self.assertEqual(made.returncode, -signal.SIGABRT, made.stderr)
            self.assertIn("malloc()", made.stderr)
            (path,) = glob.glob(os.path.join(work, "*", "report.json"))
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
            self.assertEqual(report["replay"]["verdict"], verdict, report)
            self.assertEqual(report["replay"]["eval"], 6000)
            if verdict == "incomplete":
                self.assertRegex(report["replay"]["why"], "the waveform could not be closed")
            with wave.Wave(os.path.join(os.path.dirname(path), report["wave"]["path"]), cut=True) as cut:
                self.assertGreaterEqual(max(time for time, _ in cut.times()), report["wave"]["last_time"] - 2)

    def small_disk(self):
        disk = os.path.join(self.top, "disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", disk], check=False)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted (needs root)")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        return disk

    def test_full_disk_of_killed(self):
        """The replay has nobody who writes the report for it."""
        disk = self.small_disk()
        environment = {"LD_PRELOAD": LIBRARY, "LIGHTSSS_INTERVAL": "1h", "LIGHTSSS_WINDOW": "all", "LIGHTSSS_DIR": disk}
        made = subprocess.run(
            [VCD, "--quiet", "--cycles", "100000", "--fail", "kill@50000"],
            cwd=self.top,
            env={**os.environ, **environment},
            capture_output=True,  # whose end is that of the replay
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        self.assertEqual(made.returncode, -signal.SIGKILL, made.stderr)
        (path,) = glob.glob(os.path.join(disk, "*", "report.json"))
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["replay"]["verdict"], "incomplete", report)
        self.assertRegex(report["replay"]["why"], r"disk full|No space left on device")
        self.assertEqual(report["wave"]["path"], "wave.vcd")

    def test_limit_of_file_sizes(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        for simulator in (VCD, FST):
            report, _ = self.run_failing(
                simulator, ["--quiet", "--cycles", "100000", "--fail", "_exit@50000"], 3, limit, WINDOW="all"
            )
            self.assertEqual(report["replay"]["verdict"], "incomplete")
            self.assertRegex(report["replay"]["why"], r"limit of file sizes|disk full")

    def test_full_disk(self):
        disk = self.small_disk()
        for simulator, held in ((VCD, False), (FST, False), (VCD, True), (FST, True)):
            arguments = ["--quiet", "--cycles", "100000", "--fail", "_exit@50000"]
            directory = os.path.join(disk, "lightsss")
            if held:
                arguments += ["--trace", "own"]
            report, _ = self.run_failing(simulator, arguments, 3, directory=directory, WINDOW="all")
            self.assertEqual(report["replay"]["verdict"], "incomplete", report)
            self.assertRegex(report["replay"]["why"], r"disk full|No space left on device")
            self.assertEqual(report["end"]["eval"], 100000)
            shutil.rmtree(directory)

    def test_full_disk_at_a_flush(self):
        """What fails is our own writing out, not a dump of the testbench: its next one would find the tracer locked for
        good. There is no room for a report either."""
        disk = self.small_disk()
        with open(os.path.join(disk, "filler"), "wb") as filler:
            filler.write(bytes(396 * 1024))
        environment = {"LD_PRELOAD": LIBRARY, "LIGHTSSS_INTERVAL": "1h", "LIGHTSSS_WINDOW": "all", "LIGHTSSS_DIR": disk}
        made = subprocess.run(
            [VCD, "--quiet", "--cycles", "100000", "--fail", "_exit@50000", "--trace", "own"],
            cwd=self.top,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        self.assertEqual(made.returncode, 3, made.stderr)
        self.assertIn("replay incomplete: the replay's files could not be written to their end", made.stderr)

    def take_away(self, directory, victim, taken):
        """Moves the run directory away as soon as the replay has begun, and puts another in its place where names lead
        to the victim's file."""
        while True:
            for run in os.listdir(directory):
                path = os.path.join(directory, run)
                if os.path.exists(os.path.join(path, "replay.stdout")):
                    os.rename(path, os.path.join(directory, "away"))
                    os.mkdir(path)
                    for name in ("wave.vcd", "wave.fst", "report.json", "wave.gtkw"):
                        os.symlink(victim, os.path.join(path, name))
                    taken.append(path)
                    return
            time.sleep(0.0005)

    def run_taken_away(self, command, arguments):
        self.count += 1
        directory = os.path.join(self.top, f"dir{self.count}")
        victim = os.path.join(self.top, "victim")
        taken = []
        os.mkdir(directory)
        with open(victim, "w", encoding="utf-8") as file:
            file.write("precious")
        thread = threading.Thread(target=self.take_away, args=(directory, victim, taken), daemon=True)
        thread.start()
        arguments = [*command[1:], "--quiet", "--cycles", "100000", "--fail", "_exit@50000", *arguments]
        environment = {**os.environ, "LD_PRELOAD": LIBRARY, "LIGHTSSS_INTERVAL": "1h", "LIGHTSSS_DIR": directory}
        environment["LIGHTSSS_WINDOW"] = "100evals"
        made = subprocess.run(
            [command[0], *arguments], cwd=self.top, env=environment, capture_output=True, text=True, check=False
        )
        thread.join(10)
        self.assertEqual(made.returncode, 3, made.stderr)
        self.assertEqual(len(taken), 1)
        with open(victim, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")
        away = os.path.join(directory, "away")
        with open(os.path.join(away, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["replay"]["verdict"], "reproduced", report)
        self.check_readable(report, away)
        self.assertIn(f"waveform: {away}/wave.", made.stderr)

    def test_directory_taken_away(self):
        """Whoever may write to LIGHTSSS_DIR gets nothing of the run, and cannot lead it elsewhere."""
        for command in ([VCD], [FST], [REFUSE, "seccomp", "EPERM", VCD]):
            for arguments in ([], ["--trace", "own"]):
                with self.subTest(command=command, arguments=arguments):
                    self.run_taken_away(command, arguments)


if __name__ == "__main__":
    LIBRARY, REFUSE, BROKEN_HEAP, VCD, FST, THREADED = (os.path.abspath(path) for path in sys.argv[1:7])
    unittest.main(argv=sys.argv[:1] + sys.argv[7:])
