#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss replay RUN --all` of real models: the waveforms of all segments, joined, are the stretch of a run that is traced
from its start, from behind the first kept snapshot to the failure, without a gap and without an overlap. Whoever is killed
meanwhile is told of, and the others are whole.
test_segments.py LIBRARY VCD_SIMULATOR FST_SIMULATOR THREADED_SIMULATOR ROUNDS_SIMULATOR COMMAND."""

import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import checks
import mcu_runs
import wave
from launch import Launch
from mcu_runs import FULL, TIMEOUT_S

ENDS = {"exit": "any", "abort": "any", "segv": "any", "segv_eval": "inside", "kill": "any"}
COMMAND = ROUNDS = None


def load(*path):
    with open(os.path.join(*path, "report.json"), encoding="utf-8") as file:
        return json.load(file)


def is_kept(directory):
    try:
        return load(directory).get("kept") is not None
    except (FileNotFoundError, json.JSONDecodeError):
        return False


def head(path):
    """The definitions, as they are written."""
    with wave.Wave(path) as one:
        codes = dict(one.codes)
    lines = []
    with wave.Wave(path) as one:
        stream = one._convert() if one.sparse else open(path, "rb")  # pylint: disable=protected-access
        for line in stream:
            lines.append(line)
            if b"$enddefinitions" in line:
                break
        stream.close()
    return lines, codes


def change(code, value):
    return value + code + b"\n" if len(value) == 1 else value + b" " + code + b"\n"


def join(paths, joined):
    """One waveform of several: what a later one says again, as each begins with all values, is left out."""
    lines, first_codes = head(paths[0])
    state, last_time = {}, -1
    for path in paths:
        with wave.Wave(path) as one:
            names = {code: name for name, code in one.codes.items()}
            is_first = True
            for now, groups in one.times():
                if now <= last_time:
                    raise wave.Difference(f"{path} begins at {now}, and the one before it ends at {last_time}")
                last_time = now
                lines.append(b"#%d\n" % now)
                for code, value in itertools.chain(*(group.items() for group in groups)):
                    name = names[code]
                    if not is_first or state.get(name) != value:
                        lines.append(change(first_codes[name], value))
                    state[name] = value
                is_first = False
    with open(joined, "wb") as file:
        file.writelines(lines)


class Segments(mcu_runs.McuRuns):
    evals = 6000
    repeats = 6 if FULL else 1
    seed = os.environ.get("LIGHTSSS_TEST_SEED", "1")

    def run_one(self, simulator, held, more, rng):
        environment = {
            "LD_PRELOAD": mcu_runs.LIBRARY,
            "LIGHTSSS_PARK": "10m",
            "LIGHTSSS_WINDOW": "10evals",
            "LIGHTSSS_INTERVAL": f"{rng.randrange(60, 90)}evals",
            "LIGHTSSS_SLOTS": "4",
        }
        plain = self.without(simulator, more)
        made = self.run_once(simulator, [*more, *(["--trace", "own.wave"] if held else [])], environment)
        self.assertEqual((made.returncode, made.stdout), (plain.returncode, plain.stdout), made.stderr)
        (directory,) = self.runs(made)
        deadline = time.monotonic() + TIMEOUT_S
        while not is_kept(directory):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return made, directory

    def replay(self, directory, status=0):
        done = subprocess.run([COMMAND, "replay", "--all", directory], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
        said = done.stdout.decode()
        self.assertEqual(done.returncode, status, said)
        return said

    def check_joined(self, below, evals, oracle, end):
        """evals: of the snapshots, and that of the end."""
        report = load(below)
        parts = report["segments"]
        self.assertEqual(report["replay"]["verdict"], "reproduced", report["replay"])
        self.assertEqual([(part["first_eval"], part["last_eval"]) for part in parts], [(a + 1, b) for a, b in itertools.pairwise(evals)])
        for number, part in enumerate(parts, 1):
            self.assertRegex(part["wave"]["path"], rf"^wave-{number}\.(vcd|fst)$")
            self.assertEqual(part["wave"]["first_eval"], part["first_eval"], part)
            if end != "inside" or number < len(parts):  # a testbench has not dumped an eval that did not end
                self.assertEqual(part["wave"]["last_eval"], part["last_eval"], part)
        self.assertEqual(report["wave"], parts[-1]["wave"])
        paths = [os.path.join(below, part["wave"]["path"]) for part in parts]
        joined = os.path.join(below, "joined.vcd")
        join(paths, joined)
        result = wave.compare(oracle, joined, end)
        self.assertGreaterEqual(result.compared, evals[-1] - evals[0] - 1)

    def evals_of(self, directory):
        report = load(directory)
        return [report["kept"]["eval"], *(later["eval"] for later in report["kept"]["later"]), report["end"]["eval"]]

    def gone(self, made, directory):
        subprocess.run([COMMAND, "drop", directory], stdout=subprocess.DEVNULL, check=True)
        checks.check_gone(made, TIMEOUT_S)

    def one(self, simulator, held, rng):
        kind = rng.choice(list(ENDS))
        more = ["--fail", f"{kind}@{rng.randrange(600, self.evals // 2)}"]
        with self.subTest(simulator=os.path.basename(simulator), held=held, more=more):
            made, directory = self.run_one(simulator, held, more, rng)
            evals = self.evals_of(directory)
            self.assertEqual(len(evals), 5)
            oracle = self.oracle(simulator, more)
            said = self.replay(directory)
            self.assertEqual(said.count(": reproduced, after "), 4, said)
            self.assertRegex(said, r"waveforms: 4 of 4, in .*/replay-2\n$")
            self.check_joined(os.path.join(directory, "replay-2"), evals, oracle, ENDS[kind])
            self.check_killed(made, directory, evals, oracle, ENDS[kind], rng)
            self.gone(made, directory)

    def check_killed(self, made, directory, evals, oracle, end, rng):
        """One that is kept in between is gone: the one before it goes on in its place."""
        kept = load(directory)["kept"]["later"]
        place = rng.randrange(len(kept))
        os.kill(kept[place]["pid"], signal.SIGKILL)
        while kept[place]["pid"] in made.survivors():
            time.sleep(0.02)
        said = self.replay(directory)
        self.assertIn(f"the kept snapshot {kept[place]['number']} of {directory} is gone: it was killed\n", said)
        left = evals[: place + 1] + evals[place + 2 :]
        self.check_joined(os.path.join(directory, "replay-3"), left, oracle, end)

    def test_too_large(self):
        """Where LIGHTSSS_SIZE leaves a gap, that is told."""
        rng = random.Random(self.seed)
        made, directory = self.run_one(mcu_runs.VCD, False, ["--fail", "exit@2000"], rng)
        done = subprocess.run([COMMAND, "replay", "--all", "--size", "30K", directory], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
        said = done.stdout.decode()
        self.assertEqual(done.returncode, 1, said)
        self.assertEqual(len(re.findall(r"segment \d of 4, .*: reproduced: the waveform begins at eval \d+ and not at \d+: ", said)), 4, said)
        self.assertTrue(said.endswith("lightsss: --size none leaves no gap, however large the waveforms become\n"), said)
        self.gone(made, directory)

    def test_interrupted(self):
        """The waveform that is shown is the last that there is."""
        made, directory = self.run_one(mcu_runs.VCD, False, ["--fail", "exit@2000"], random.Random(self.seed))
        below = os.path.join(directory, "replay-2")
        asked = subprocess.Popen([COMMAND, "replay", "--all", "--wake-call", "usleep(1000000)", directory], stderr=subprocess.PIPE)
        deadline = time.monotonic() + TIMEOUT_S
        while not os.path.exists(os.path.join(below, "wave-1.vcd")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        asked.send_signal(signal.SIGINT)
        said = asked.communicate(timeout=TIMEOUT_S)[1].decode()
        report = load(below)
        parts = [part["wave"] for part in report["segments"]]
        shown = [part for part in parts if part is not None][-1]
        self.assertIn(f"waveforms: {len(parts) - parts.count(None)} of 4, in {below}\n", said)
        self.assertEqual(report["wave"], shown)
        with open(os.path.join(below, "wave.gtkw"), encoding="utf-8") as file:
            self.assertIn(f'[dumpfile] "{shown["path"]}"\n', file.read())
        self.gone(made, directory)

    def listed(self, made):
        """Its state, and those of its copies."""
        out = subprocess.run([COMMAND, "list", "--json"], stdout=subprocess.PIPE, check=True).stdout
        run = next(run for run in json.loads(out)["runs"] if run["pid"] == made.pid)
        return run["state"], {shot["state"] for shot in run["snapshots"]}

    def test_listed(self):
        """Nobody has killed the run, be it that a kept copy of it replays and has its spare."""
        made, directory = self.run_one(mcu_runs.VCD, False, ["--fail", "exit@2000"], random.Random(self.seed))
        asked = subprocess.Popen([COMMAND, "replay", "--wake-call", "usleep(100000000)", directory], stderr=subprocess.PIPE)
        deadline = time.monotonic() + TIMEOUT_S
        while not {"replays beside", "spare"} <= (listed := self.listed(made))[1]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual(listed, ("ended", {"kept", "replays beside", "spare"}))
        asked.send_signal(signal.SIGINT)
        asked.communicate(timeout=TIMEOUT_S)
        self.gone(made, directory)

    def test_several_threads(self):
        """There is no eval at which segments could meet, and one line says so."""
        environment = {"LD_PRELOAD": mcu_runs.LIBRARY, "LIGHTSSS_PARK": "10m", "LIGHTSSS_INTERVAL": "100evals"}
        made = Launch(os.path.join(self.top, "rounds"), [ROUNDS, "--shape", "parallel", "--cycles", "3000", "--fail", "exit@945"], environment, True)
        made.wait(TIMEOUT_S, TIMEOUT_S)
        (directory,) = self.runs(made)
        said = self.replay(directory, 1)
        self.assertEqual(said, "lightsss: evals of several threads have no numbers, at which segments could meet: replay it without --all\n")
        self.assertNotIn("replay-2", os.listdir(directory))
        self.gone(made, directory)

    def test_ladder(self):
        """With LIGHTSSS_AGES and without a window that would reach so far."""
        environment = {"LD_PRELOAD": mcu_runs.LIBRARY, "LIGHTSSS_PARK": "10m", "LIGHTSSS_AGES": "first", "LIGHTSSS_INTERVAL": "500evals"}
        more = ["--fail", "exit@2900"]
        made = self.run_once(mcu_runs.FST, more, environment)
        (directory,) = self.runs(made)
        evals = self.evals_of(directory)
        self.assertEqual(evals[0], 0)
        self.replay(directory)
        self.check_joined(os.path.join(directory, "replay-2"), evals, self.oracle(mcu_runs.FST, more), "any")
        shutil.rmtree(directory)
        checks.check_gone(made, TIMEOUT_S)


if __name__ == "__main__":
    ROUNDS, COMMAND = (os.path.abspath(path) for path in sys.argv[5:7])
    del sys.argv[5:7]
    mcu_runs.main()
