#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kept snapshots of real models: each replays several times, some of them at once, with windows that are drawn, and every
waveform is that stretch of a run that is traced from its start. Then nothing is left of them.
test_kept.py LIBRARY VCD_SIMULATOR FST_SIMULATOR THREADED_SIMULATOR WORLD_SIMULATOR COMMAND."""

import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import checks
import feed
import mcu_runs
import wave
from launch import Launch
from mcu_runs import FULL, TIMEOUT_S

REPLAYS = 20 if FULL else 2
AT_ONCE = 2
SCOPES = (None, None, "TOP.mcu.u_alu", "TOP.mcu.u_scrambler,TOP.mcu.u_regfile")
ENDS = {"exit": "any", "abort": "any", "segv": "any", "segv_eval": "inside", "kill": "any"}
COMMAND = WORLD = None


def load(directory):
    with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
        return json.load(file)


def await_that(what):
    deadline = time.monotonic() + TIMEOUT_S
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError("it never came true")
        time.sleep(0.02)


def is_kept(directory):
    try:
        return load(directory).get("kept") is not None
    except (FileNotFoundError, json.JSONDecodeError):
        return False


class Asked:
    """A stretch that is drawn."""

    def __init__(self, rng, snapshot_eval, end_eval):
        self.scope, self.until = rng.choice(SCOPES), None
        if rng.random() < 0.6 and end_eval > snapshot_eval + 2:
            self.until = rng.randrange(snapshot_eval + 2, end_eval)
        last = self.until or end_eval
        self.first = snapshot_eval + 1
        self.words = []
        if rng.random() < 0.5:
            self.first = rng.randrange(snapshot_eval + 1, last + 1)
            self.words += ["--from", f"{self.first}evals"]
        else:
            window = rng.choice((1, 3, 100, 5000))
            self.first = max(last - window + 1, self.first)
            self.words += ["--window", f"{window}evals"]
        if self.until:
            self.words += ["--until", f"{self.until}evals"]

    def choose(self):
        """For a model with these names."""
        if self.scope:
            self.words += ["--scope", self.scope]
        return self

    @property
    def scopes(self):
        return [(scope, None) for scope in self.scope.split(",")] if self.scope else None


class Several:
    """Of a kept snapshot: replays one after the other and at once."""

    def replay(self, directory, words):
        run = subprocess.run([COMMAND, "replay", *words, directory], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
        self.assertEqual(run.returncode, 0, (words, run.stdout))
        return os.path.dirname(run.stdout.decode().rpartition("waveform: ")[2].strip())

    def at_once(self, directory, several):
        """Their run directories, in order."""
        found = [None] * len(several)

        def one(place):
            found[place] = self.replay(directory, several[place].words)

        threads = [threading.Thread(target=one, args=(place,)) for place in range(len(several))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def check_stretch(self, asked, directory, first_report, oracles, end):
        """oracles: traces of a run up to a stretch's end, and up to its own."""
        self.assertIsNotNone(directory, asked.words)
        report = load(directory)
        self.assertEqual(report["replay"]["verdict"], "reproduced", report["replay"])
        later = [one["number"] for one in first_report["kept"]["later"] if "--from" in asked.words and one["eval"] < asked.first]
        self.assertEqual(report["snapshot"]["number"], (later or [first_report["snapshot"]["number"]])[-1], (asked.words, first_report["kept"]))
        self.assertIn(report["wave"]["first_eval"], (asked.first, asked.first + 1), (asked.words, report))
        if asked.until:
            self.assertEqual((report["end"]["kind"], report["end"]["eval"]), ("request", asked.until))
            self.assertEqual(report["wave"]["last_eval"], asked.until, report)
        else:
            self.assertEqual(report["end"], first_report["end"])
        path = os.path.join(directory, report["wave"]["path"])
        wave.compare(oracles[asked.until is None], path, "before" if asked.until else end, scopes=asked.scopes)

    def check_kept(self, rng, directory, oracles, end, has_scopes=True):
        first = load(directory)
        self.assertEqual(first["replay"]["verdict"], "reproduced", first["replay"])
        for _ in range(0, REPLAYS, AT_ONCE):
            several = [Asked(rng, first["snapshot"]["eval"], first["end"]["eval"]) for _ in range(AT_ONCE)]
            for asked in several:
                asked.scope = asked.choose().scope if has_scopes else None
            for asked, below in zip(several, self.at_once(directory, several)):
                self.check_stretch(asked, below, first, oracles, end)
                shutil.rmtree(below)

    def let_go(self, rng, made, directory):
        """By one way or another: nothing is left."""
        kept = load(directory)["kept"]
        pid = kept["pid"]  # the others go with it
        self.assertEqual(sorted(made.survivors()), sorted([pid, *(later["pid"] for later in kept["later"])]))
        way = rng.choice(("drop", "kill", "remove"))
        if way == "drop":
            subprocess.run([COMMAND, "drop", directory], stdout=subprocess.DEVNULL, check=True)
        elif way == "kill":
            os.kill(pid, rng.choice((signal.SIGKILL, signal.SIGTERM)))
        else:
            shutil.rmtree(directory)
        checks.check_gone(made, TIMEOUT_S)


class Mcu(Several, mcu_runs.McuRuns):
    repeats = 8 if FULL else 1
    seed = os.environ.get("LIGHTSSS_TEST_SEED", "1")

    def test_run_that_goes_on(self):
        """A trigger's snapshot stays as it was, whatever the run does behind it."""
        for number in range(8 if FULL else 1):
            rng = random.Random(f"{self.seed}trigger{number}")
            self.trigger(rng.choice((mcu_runs.VCD, mcu_runs.FST, mcu_runs.THREADED)), rng)

    def trigger(self, simulator, rng):
        environment = {
            "LD_PRELOAD": mcu_runs.LIBRARY,
            "LIGHTSSS_PARK": "10m",
            "LIGHTSSS_INTERVAL": rng.choice(("37evals", "1000evals", "auto")),
            "LIGHTSSS_TRIGGER": f"running at cycle {rng.randrange(300, self.evals // 2, 400)}$",
        }
        with self.subTest(simulator=os.path.basename(simulator), **environment):
            plain, oracle = self.without(simulator, []), self.oracle(simulator, [])
            made = self.run_once(simulator, [], environment)
            self.assertEqual((made.returncode, made.stdout), (plain.returncode, plain.stdout), made.stderr)
            (directory,) = self.runs(made)
            self.check_kept(rng, directory, [oracle, oracle], "before")
            self.let_go(rng, made, directory)

    def one(self, simulator, held, rng):
        kind, cycle = rng.choice(list(ENDS)), rng.randrange(1, self.evals // 2)
        more = ["--fail", f"{kind}@{cycle}"]
        environment = {
            "LD_PRELOAD": mcu_runs.LIBRARY,
            "LIGHTSSS_PARK": "10m",
            "LIGHTSSS_INTERVAL": rng.choice(("37evals", "1000evals", "5ms", "auto")),
            "LIGHTSSS_SLOTS": rng.choice(("1", "2", "16")),
        }
        with self.subTest(simulator=os.path.basename(simulator), held=held, more=more, **environment):
            plain = self.without(simulator, more)
            oracles = [self.oracle(simulator, given) for given in ([], more)]
            made = self.run_once(simulator, [*more, *(["--trace", "own.wave"] if held else [])], environment)
            self.assertEqual((made.returncode, made.stdout), (plain.returncode, plain.stdout), made.stderr)
            self.assertFalse(made.pipes_held)
            (directory,) = self.runs(made)
            await_that(lambda: is_kept(directory))
            self.check_kept(rng, directory, oracles, ENDS[kind])
            self.let_go(rng, made, directory)


class World(Several, unittest.TestCase):
    """What it is told from outside is told to each replay again, when all of that has long gone."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="kept-world-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.stimulus = os.path.join(self.top, "stimulus")
        with open(self.stimulus, "wb") as file:
            file.write(feed.stimulus("kept"))

    def run_one(self, name, source, stdin, more, environment):
        peer = feed.Peer(self.stimulus) if source == "tcp" else None
        sources = {"tcp": f"tcp:{peer.port}" if peer else "", "popen": "popen:5"}
        journal = [] if stdin in ("pipe", "pty") else ["--journal"]
        command = [WORLD, "--cycles", "3000", *journal, "--source", sources.get(source, source), *more]
        made = Launch(os.path.join(self.top, name), command, environment, True, feed.Stdin(stdin, self.stimulus))
        made.wait(TIMEOUT_S, TIMEOUT_S)
        if peer:
            peer.close()
        return made

    def one(self, source, stdin=None):
        rng = random.Random(f"{source}{stdin}")
        for number in range(8 if FULL else 1):
            kind, cycle = rng.choice(("return", "exit", "abort", "segv")), rng.randrange(100, 2900)
            more = ["--fail", f"{kind}@{cycle}"]
            environment = {
                "LD_PRELOAD": mcu_runs.LIBRARY,
                "LIGHTSSS_PARK": "10m",
                "LIGHTSSS_INTERVAL": rng.choice(("37evals", "1000evals", "auto")),
            }
            with self.subTest(source=source, stdin=stdin, more=more, **environment):
                plain = self.run_one(f"plain{number}", source, stdin, [*more, "--trace", "own.vcd"], {})
                made = self.run_one(f"made{number}", source, stdin, more, environment)
                self.assertEqual((made.returncode, made.stdout), (plain.returncode, plain.stdout), made.stderr)
                directory = os.path.join(made.directory, "lightsss", f"{os.path.basename(WORLD)}.{made.pid}")
                oracle = os.path.join(plain.directory, "own.vcd")
                self.check_kept(rng, directory, [oracle, oracle], "any", has_scopes=False)
                self.let_go(rng, made, directory)

    def test_file(self):
        self.one(f"getline:{self.stimulus}")

    def test_mapped_file(self):
        self.one(f"mmap:{self.stimulus}")

    def test_pipe(self):
        self.one("fgets:-", "pipe")

    def test_terminal(self):
        self.one("read:-", "pty")

    def test_network(self):
        self.one("tcp")

    def test_program(self):
        self.one("popen")


class Storm(mcu_runs.McuRuns):
    """Whoever is there is killed, stopped by a signal, dropped or left without its directory, at any time: every command
    ends and says why, no replay goes another way, and nothing is left."""

    repeats = 40 if FULL else 1
    evals = 60000
    seed = os.environ.get("LIGHTSSS_TEST_SEED", "1")

    def all(self, simulator, held):
        if FULL or not held:
            super().all(simulator, held)

    def begin(self, rng):
        environment = {
            "LD_PRELOAD": mcu_runs.LIBRARY,
            "LIGHTSSS_PARK": rng.choice(("1s", "20s", "60s")),
            "LIGHTSSS_INTERVAL": rng.choice(("3ms", "20ms", "1000evals")),
            "LIGHTSSS_WINDOW": rng.choice(("100evals", "20000evals")),
            "LIGHTSSS_SIZE": rng.choice(("1G", "100K")),
            "LIGHTSSS_SLOTS": rng.choice(("1", "2", "5")),
        }
        if rng.random() < 0.3:
            environment["LIGHTSSS_TRIGGER"] = "running at cycle (2000|4000|9000)$"
        type(self).count += 1
        return environment

    def strike(self, made, rng):
        left = made.survivors()
        if left:
            numbers = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGCONT)
            self.send(rng.choice(left), rng.choice(numbers))

    @staticmethod
    def send(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    @staticmethod
    def directories(made):
        """Some may be gone by now."""
        return sorted(glob.glob(os.path.join(glob.escape(made.directory), "lightsss", "*")))

    def start(self, *words):
        return subprocess.Popen([COMMAND, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def disturb(self, made, commands, rng):
        runs, what = self.directories(made), rng.random()
        if what < 0.25:
            self.strike(made, rng)
        elif what < 0.6 and runs and len(commands) < 6:
            words = rng.choice(([], ["--all"], ["--until", "50evals"], ["--window", "50evals"], ["--from", "1evals"], ["--size", "30K"]))
            commands.append(self.start("replay", *words, rng.choice(runs)))
        elif what < 0.7 and commands:
            rng.choice(commands).send_signal(rng.choice((signal.SIGKILL, signal.SIGINT, signal.SIGTERM)))
        elif what < 0.73 and runs:
            commands.append(self.start("drop", rng.choice(runs)))
        elif what < 0.74 and runs:
            shutil.rmtree(rng.choice(runs), ignore_errors=True)

    def one(self, simulator, held, rng):
        environment = self.begin(rng)
        kind = rng.choice(("exit", "abort", "segv", "kill", "none"))
        command = [simulator, "--cycles", str(self.evals // 2), "--report", "1000", "--fail", f"{kind}@{rng.randrange(100, self.evals // 2)}"]
        command += ["--trace", "own.wave"] if held else []
        with self.subTest(command=command, **environment):
            made = Launch(os.path.join(self.top, str(self.count)), command, environment, True)
            commands, until = [], time.monotonic() + 1.5 * rng.random()
            while time.monotonic() < until or os.waitid(os.P_PID, made.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                self.assertLess(time.monotonic(), until + TIMEOUT_S)
                time.sleep(0.05 * rng.random())
                self.disturb(made, commands, rng)
            made.wait(TIMEOUT_S, TIMEOUT_S)
            said = [started.communicate(timeout=TIMEOUT_S)[1] for started in commands] + [made.stderr.decode(errors="replace")]
            self.assertEqual([text for text in said if "diverged" in text], [])
            for run in self.directories(made):
                self.start("drop", run).communicate(timeout=TIMEOUT_S)
            checks.check_gone(made, TIMEOUT_S)


if __name__ == "__main__":
    WORLD, COMMAND = (os.path.abspath(path) for path in sys.argv[5:7])
    del sys.argv[5:7]
    mcu_runs.main()
