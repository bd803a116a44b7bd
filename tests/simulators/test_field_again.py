#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A waveform that is too large, of a model that does not always change as much: what its evals take is learnt by one
replay, and another one begins where the end just fits."""

import itertools
import json
import os
import random
import signal
import subprocess
import time
import unittest

import field
import wave

KIB = 1024
LEFT = {"report.json", "wave.gtkw", "replay.stdout", "replay.stderr"}


class AgainTest(field.FieldTest):
    def check(self, name, held, evals, busy, size_kib, least=0.6, **variables):
        """Returns the report of the waveform."""
        plain = self.plain(name, str(evals), busy, "1", "own")
        own = ("own",) if held else ()
        preloaded = self.preloaded(name, str(evals), busy, "1", *own, SIZE=f"{size_kib}K", INTERVAL="1h",
                                   **{"WINDOW": "all", **variables})
        self.assertEqual((preloaded.returncode, preloaded.stdout), (plain.returncode, plain.stdout))
        report = self.report(preloaded)
        shape = report["wave"]
        self.assertEqual(shape["source"], "testbench" if held else "injected")
        self.assertEqual(shape["last_eval"], evals)
        self.assertEqual(shape["window"]["given_eval"], shape["first_eval"])
        self.assertIn(shape["window"]["replays"], (1, 2))
        self.assert_wave(preloaded, os.path.join(plain.directory, "own1"), shape["path"])
        self.assertEqual(set(os.listdir(self.run_directory(preloaded))), LEFT | {shape["path"]})
        self.check_size(shape, size_kib * KIB, least)
        self.check_said(preloaded, report, shape["window"])
        return shape

    def check_size(self, shape, size, least):
        self.assertLessEqual(shape["bytes"], size if shape["format"] == "vcd" else size + size // 4, shape)
        if shape["first_eval"] > shape["window"]["asked_eval"]:
            self.assertGreater(shape["bytes"], size * least, shape)

    def check_said(self, launch, report, window):
        said = [line for line in launch.stderr.decode().splitlines() if "the waveform begins at eval" in line]
        noted = [line for line in report["replay"].get("notes", []) if "the waveform begins at eval" in line]
        self.assertEqual(said, ["lightsss: " + line for line in noted])
        self.assertEqual(len(said), int(window["given_eval"] > window["asked_eval"]), launch.stderr)
        self.assertEqual(launch.stderr.count(b"once more, "), window["replays"] - 1, launch.stderr)
        self.assertEqual(launch.stderr.count(b"the oldest checkpoint"), 1, launch.stderr)

    def test_much_first(self):
        """By what it takes at first nearly nothing would be left."""
        for name, evals, busy, size_kib in (("wide", 2400, 300, 300), ("wide-threads", 600, 60, 200), ("wide-fst", 2400, 300, 300)):
            for held in (False, True):
                with self.subTest(name=name, held=held):
                    shape = self.check(name, held, evals, f"-{busy}", size_kib)
                    self.assertLessEqual(shape["first_eval"], busy)

    def test_much_last(self):
        for name in ("wide", "wide-fst"):
            for held in (False, True):
                with self.subTest(name=name, held=held):
                    self.check(name, held, 2000, "1700", 300)

    def test_waves_and_random(self):
        for name, evals, size_kib in (("wide", 1000, 600), ("wide-threads", 200, 200), ("wide-fst", 1000, 300)):
            for busy in ("w30", "r7"):
                with self.subTest(name=name, busy=busy):
                    self.check(name, busy == "w30", evals, busy, size_kib)

    def test_larger(self):
        for name in ("wide", "wide-fst"):
            with self.subTest(name=name):
                self.check(name, False, 1600, "-500", 2048)

    def test_nothing_too_large(self):
        """What fits needs one replay, and begins where it was asked to."""
        for name in ("wide", "wide-fst"):
            shape = self.check(name, False, 200, "w5", 2048)
            self.assertEqual(shape["window"], {"asked_eval": 1, "given_eval": 1, "replays": 1})
            shape = self.check(name, True, 200, "w5", 300, WINDOW="6evals")
            self.assertEqual(shape["window"], {"asked_eval": 195, "given_eval": 195, "replays": 1})

    def start(self, name, evals, busy, **variables):
        self.count += 1
        directory = os.path.join(self.top, f"killed.{self.count}")
        os.makedirs(directory)
        ours = {f"LIGHTSSS_{key}": value for key, value in variables.items()}
        with open(os.path.join(directory, "stderr"), "wb") as stderr:
            process = subprocess.Popen(
                [field.program(name), str(evals), busy, "1"],
                cwd=directory,
                env={**os.environ, "LD_PRELOAD": field.LIBRARY, **ours},
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
        self.addCleanup(process.wait)
        return process, directory

    def await_words(self, process, directory, words):
        """Until it says so, or ends."""
        path = os.path.join(directory, "stderr")
        while process.poll() is None:
            with open(path, "rb") as said:
                if words in said.read():
                    return True
            time.sleep(0.001)
        return False

    def stop_by(self, number, words, pause_s, evals=20000, busy="-300"):
        """What there is then can be read, and is right. Returns whether there is any, and whether it has the end."""
        plain = self.plain("wide", str(evals), busy, "1", "own")
        process, directory = self.start("wide", evals, busy, SIZE="700K", WINDOW="all")
        self.assertTrue(self.await_words(process, directory, words))
        time.sleep(pause_s)
        (os.killpg if number == signal.SIGKILL else os.kill)(process.pid, number)
        status = process.wait()
        self.assertIn(status, (plain.returncode, -number))
        (run,) = os.listdir(os.path.join(directory, "lightsss"))
        path = os.path.join(directory, "lightsss", run, "wave.vcd")
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up and not self.is_reported(path):
            time.sleep(0.05)
        times = self.times(path)
        if len(times) < 2:
            return False, False
        own = os.path.join(plain.directory, "own1")
        wave.compare(own, path, "killed")
        return True, max(self.times(own)) in times

    def times(self, path):
        """Of one that has just begun anew there is none, or the last one, which may not be whole."""
        if not os.path.exists(path) or os.path.getsize(path) == 0:
            return set()
        try:
            with wave.Wave(path, cut=True) as read:
                return {moment for moment, _ in read.times()}
        except wave.WaveError:
            return set()

    def is_reported(self, path):
        with open(os.path.join(os.path.dirname(path), "report.json"), "rb") as report:
            return b"was killed before it was done" not in report.read()

    def test_stopped_in_between(self):
        """When the first replay has passed on its waveform is there, with the failure, until there is a better one."""
        for number, pause_s in itertools.product((signal.SIGINT, signal.SIGKILL), field.often((0, 0.01), (0, 0.001, 0.004, 0.01, 0.02))):
            with self.subTest(signal=number, pause_s=pause_s):
                self.assertEqual(self.stop_by(number, b"once more, ", pause_s), (True, True))

    def copies(self, pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                return [int(copy) for copy in file.read().split()]
        except OSError:
            return []

    def test_spare_is_killed(self):
        """Then the first replay's waveform counts, whenever it happens."""
        for pause_s in (0, 0.01, 0.05, 0.2):
            with self.subTest(pause_s=pause_s):
                process, directory = self.start("wide", 20000, "-300", SIZE="700K", WINDOW="all", INTERVAL="1h")
                while process.poll() is None and len(copies := self.copies(process.pid)) < 2:
                    time.sleep(0.0005)
                time.sleep(pause_s)
                if process.poll() is None and len(copies) == 2:
                    os.kill(max(copies), signal.SIGKILL)
                self.assertEqual(process.wait(), 1)
                (run,) = os.listdir(os.path.join(directory, "lightsss"))
                with open(os.path.join(directory, "lightsss", run, "report.json"), encoding="utf-8") as file:
                    report = json.load(file)
                self.assertEqual(report["wave"]["last_eval"], 20000, report)

    @unittest.skipUnless(field.often(0, 1), "LIGHTSSS_TEST_FULL=1")
    def test_stopped_at_any_time(self):
        there = 0
        for i in range(24):
            number = (signal.SIGINT, signal.SIGKILL, signal.SIGTERM)[i % 3]
            with self.subTest(signal=number, i=i):
                there += self.stop_by(number, b"the oldest checkpoint", i * 0.005, evals=40000)[0]
        self.assertGreater(there, 12)

    @unittest.skipUnless(field.often(0, 1), "LIGHTSSS_TEST_FULL=1")
    def test_random(self):
        dice = random.Random(1)
        for i in range(120):
            name = ("wide", "wide-threads", "wide-fst")[i % 3]
            evals = dice.randrange(200, 1500)
            busy = (str(dice.randrange(evals)), f"-{dice.randrange(1, evals)}", f"w{dice.randrange(1, 60)}", f"r{i}")[i % 4]
            size_kib, window = dice.randrange(200, 3000), dice.choice(("all", f"{dice.randrange(2, evals)}evals"))
            held = dice.random() < 0.5
            with self.subTest(name=name, held=held, evals=evals, busy=busy, size=size_kib, window=window):
                self.check(name, held, evals, busy, size_kib, 0.5, WINDOW=window)


if __name__ == "__main__":
    unittest.main()
