#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss gdb` on real models: at evals that are drawn gdb reads signals by the model's own struct, and they are those of a
trace of the same run; it goes back again and again; it goes on into the failure and stops there. Nothing is left then.
test_gdb.py LIBRARY VCD_SIMULATOR FST_SIMULATOR THREADED_SIMULATOR THREADED_FST_SIMULATOR COMMAND."""

import os
import random
import re
import shutil
import subprocess
import sys
import unittest

import mcu_runs
import wave
from mcu_runs import FULL, TIMEOUT_S
from test_kept import await_that, is_kept, load

COMMAND = FST_THREADED = None
ALONE = 100 if FULL else 1  # places of each run that are seen by a gdb of their own
PLACES = 100 if FULL else 4  # that are seen by one gdb
BACK = 100 if FULL else 5
SIGNALS = ("retired", "checksum")
READ = f'printf "signals {" ".join(["%u"] * len(SIGNALS))}\\n", {", ".join(f"this->{name}" for name in SIGNALS)}'
FAILURES = {"segv": "ends::end_segv", "segv_eval": "ends::end_segv", "abort": "ends::end_abort", "exit": "exit", "kill": "eval_and_advance"}


def values_of(path):
    """{time: values of SIGNALS at its end}; an eval has one time."""
    found, now = {}, {}
    with wave.Wave(path) as trace:
        codes = [trace.codes[f"TOP.{name}"] for name in SIGNALS]
        for time, groups in trace.times():
            for changes in groups:
                now.update(changes)
            found[time] = tuple(int(now.get(code, b"b0")[1:], 2) for code in codes)
    return found


@unittest.skipIf(shutil.which("gdb") is None, "gdb is not installed")
class Gdb(mcu_runs.McuRuns):
    seed = os.environ.get("LIGHTSSS_TEST_SEED", "1")

    def gdb(self, directory, words, commands):
        given = [word for command in commands for word in ("-ex", command)]
        run = subprocess.run(
            [COMMAND, "gdb", *words, directory, "--", "-nx", "-batch", *given],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S * (10 if FULL else 1),
            check=False,
        )
        text = run.stdout.decode()
        self.assertEqual(run.returncode, 0, text)
        return text

    def check_places(self, text, evals, oracle):
        """It has stood there, and the signals were what the eval before has left."""
        stood = [int(number) for number in re.findall(r"^lightsss: at the entry of eval (\d+),", text, re.MULTILINE)]
        read = [tuple(map(int, line.split())) for line in re.findall(r"^signals ([\d ]+)$", text, re.MULTILINE)]
        self.assertEqual(stood, evals, text)
        self.assertEqual(read, [oracle[eval_ - 2] for eval_ in evals], (evals, text))
        self.assertEqual(len(re.findall(r"^#0 .* Vmcu::eval_step ", text, re.MULTILINE)), len(evals), text)

    def check_before(self, rng, directory, report, oracle, wave_path):
        """A copy for each, and one gdb for all; at the last one the waveform until then."""
        first, last = report["snapshot"]["eval"] + 1, report["end"]["eval"]
        for _ in range(ALONE):
            eval_ = rng.randrange(first, last + 1)
            self.check_places(self.gdb(directory, ["--before", f"{last + 1 - eval_}evals"], [READ]), [eval_], oracle)
        evals = [rng.randrange(first, last + 1) for _ in range(PLACES)]
        commands = [command for eval_ in evals for command in (f"lightsss at {eval_}", READ)]
        text = self.gdb(directory, ["--at", str(evals[0])], [READ, *commands, f"lightsss wave {wave_path}"])
        self.check_places(text, evals[:1] + evals, oracle)
        self.assertIn(f"lightsss: waveform up to eval {evals[-1]}: {wave_path}\n", text)

    def check_back(self, directory, report, oracle, times):
        """From breakpoint to breakpoint: that stays."""
        last = report["end"]["eval"]
        step = max((last - report["snapshot"]["eval"] - 1) // (times + 1), 1)
        evals, commands = [last], ["tbreak Vmcu::eval_step", READ]
        while len(evals) <= times and evals[-1] - step > report["snapshot"]["eval"]:
            evals.append(evals[-1] - step)
            commands += [f"lightsss back {step}", READ]
        self.assertEqual(len(evals), times + 1)
        text = self.gdb(directory, ["--before", "1"], [*commands, "continue", READ.replace("signals", "next"), "lightsss back 1"])
        *stood, again = re.findall(r"^lightsss: at the entry of eval (\d+),", text, re.MULTILINE)
        self.assertEqual(int(again), int(stood[-1]), text)  # it was one on
        following = re.search(r"^next ([\d ]+)$", text, re.MULTILINE)[1]
        self.assertEqual(tuple(map(int, following.split())), oracle[evals[-1] - 1], text)
        self.check_places(text[: text.rindex("lightsss: at the entry")], evals, oracle)

    def check_failure(self, directory, report, kind):
        last = report["end"]["eval"]
        for words, commands in ((["--before", "0"], ["bt"]), (["--before", "30"], ["continue", "bt"])):
            text = self.gdb(directory, words, commands)
            self.assertRegex(text, rf"(?m)^#\d+ .*\b{FAILURES[kind]}\b", text)
            self.assertNotIn("lightsss.so", text)
            if "0" in words:
                self.assertIn(f"lightsss: where the run ended, at eval {last}\n", text)

    def check_no_place(self, directory):
        """The waveform stays where the replay has made it."""
        run = subprocess.run([COMMAND, "gdb", directory, "--", "-nx", "-batch", "-ex", "lightsss wave /nonexistent/until"], capture_output=True, timeout=TIMEOUT_S, check=False)
        found = re.search(r"(?m)^the waveform stays in (.*/replay-\d+/wave\.\w+): No such file or directory$", run.stderr.decode())
        self.assertIsNotNone(found, run.stderr)
        self.assertGreater(os.path.getsize(found[1]), 0)
        shutil.rmtree(os.path.dirname(found[1]))

    def one(self, simulator, held, rng):
        kind, cycle = rng.choice(list(FAILURES)), rng.randrange(600, self.evals // 2)
        more = ["--fail", f"{kind}@{cycle}"]
        environment = {"LD_PRELOAD": mcu_runs.LIBRARY, "LIGHTSSS_PARK": "20m", "LIGHTSSS_INTERVAL": "600evals", "LIGHTSSS_SLOTS": "2"}
        with self.subTest(simulator=os.path.basename(simulator), held=held, more=more):
            made = self.run_once(simulator, [*more, *(["--trace", "own.wave"] if held else [])], environment)
            (directory,) = self.runs(made)
            await_that(lambda: is_kept(directory) and load(directory)["replay"]["verdict"] == "reproduced")
            report, files = load(directory), sorted(os.listdir(directory))
            oracle_path = self.oracle(simulator, [])
            oracle = values_of(oracle_path)
            wave_path = os.path.join(made.temporary, "until.vcd")
            self.check_before(rng, directory, report, oracle, wave_path)
            wave.compare(oracle_path, wave_path, "before")
            self.check_back(directory, report, oracle, BACK)
            self.check_no_place(directory)
            self.check_failure(directory, report, kind)
            kept = [report["kept"]["pid"], *(later["pid"] for later in report["kept"]["later"])]
            await_that(lambda: sorted(made.survivors()) == sorted(kept))
            await_that(lambda: sorted(os.listdir(directory)) == files)
            subprocess.run([COMMAND, "drop", directory], stdout=subprocess.DEVNULL, check=True)

    def test_fst_threads(self):
        self.all(FST_THREADED, False)

    def test_fst_threads_held(self):
        self.all(FST_THREADED, True)


if __name__ == "__main__":
    FST_THREADED, COMMAND = (os.path.abspath(path) for path in sys.argv[5:7])
    del sys.argv[5:7]
    mcu_runs.main()
