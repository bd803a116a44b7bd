#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss report` on runs of real simulators: the last values of signals are those that the whole trace has, and damaged
and large waveforms are no more than one line and no more than a moment."""

import json
import os
import random
import signal
import subprocess
import sys
import unittest

import wave

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "process"))

from command import COMMAND, CommandCase  # noqa: E402
from page import Page  # noqa: E402

SIMULATORS = os.environ["LIGHTSSS_TEST_SIMULATORS"]
FULL = bool(os.environ.get("LIGHTSSS_TEST_FULL"))
BUILDS = ("vcd1", "fst1", "vcd2")
LARGE_BYTES = 1 << 30 if FULL else 64 << 20
MEMORY_KB = 48 << 10  # of addresses
FAILURE = ("--fail", "abort@500", "--quiet")


def simulator(build):
    return os.path.join(SIMULATORS, "sim_mcu_" + build)


def last_values(path):
    """name -> (width, value in Python's own notation) at the end of a waveform"""
    with wave.Wave(path) as trace:
        values = {}
        for _, groups in trace.times():
            for group in groups:
                values.update(group)
        return {name: (trace.signals[name][1], values[code]) for name, code in trace.codes.items()}


def shown(width, value, radix):
    """How the command prints a value of the oracle's."""
    text = value.decode()
    if text[0] == "r":
        return float(text[1:])
    number = int(text.lstrip("b"), 2)
    if width == 1:
        return str(number)
    return {"hex": f"0x{number:0{(width + 3) // 4}x}", "bin": f"0b{number:0{width}b}", "dec": str(number)}[radix]


class Report(CommandCase):
    def fails(self, build, *options, failure=FAILURE, **variables):
        """Returns the run directories, in order."""
        folder = os.path.join(self.work, "lightsss")
        before = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        status, _, err = self.lightsss("run", "--window=100evals", *options, simulator(build), *failure, **variables)
        self.assertEqual(status, -6, err)
        self.assertIn("replay reproduced", err)
        return [os.path.join("lightsss", name) for name in sorted(set(os.listdir(folder)) - before)]

    def oracle(self, build):
        path = os.path.join(self.work, "oracle." + build)
        subprocess.run([simulator(build), *FAILURE, "--trace", path], cwd=self.work, check=False, stderr=subprocess.DEVNULL)
        values = last_values(path)
        return {name: value for name, value in values.items() if name + "'" not in values and not name.endswith("'")}

    def report(self, *words, status=0, err=""):
        got = self.lightsss("report", *words)
        self.assertEqual((got[0], got[2]), (status, err))
        return got[1]

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def wave_of(self, run):
        with open(self.path(run, "report.json"), encoding="utf-8") as file:
            return os.path.join(run, json.load(file)["wave"]["path"])

    def test_last_values(self):
        """Of every signal."""
        for build in BUILDS:
            right = self.oracle(build)
            self.assertGreater(len(right), 50)
            (run,) = self.fails(build)
            for radix in ("hex", "bin", "dec") if build == "vcd1" else ("hex",):
                with self.subTest(build=build, radix=radix):
                    lines = self.report(run, "--signals", ",".join(right), "--radix", radix).splitlines()
                    self.assertEqual([line.partition(" ")[0] for line in lines], list(right))
                    for line, (width, value) in zip(lines, right.values()):
                        text = line.partition(" ")[2]
                        wanted = shown(width, value, radix)
                        self.assertEqual(float(text) if isinstance(wanted, float) else text, wanted, line)

    def test_names(self):
        for build in ("vcd1", "fst1"):
            (run,) = self.fails(build)
            both = self.report(run, "--signals", "TOP.clk,mcu.pc,TOP.mcu.pc[4:0]").splitlines()
            self.assertEqual(both[1], both[2])
            self.assertRegex(both[0], r"^TOP\.clk [01]$")
            self.assertRegex(both[1], r"^TOP\.mcu\.pc 0x[01][0-9a-f]$")
            # The newest run below a folder, a waveform by its name, and stars.
            self.assertEqual(self.report("--signals", "TOP.clk").splitlines(), both[:1])
            self.assertEqual(self.report(self.wave_of(run), "--signals=clk").splitlines(), both[:1])
            ports = self.report("lightsss", "--signals=TOP.*").splitlines()
            self.assertEqual(len({line.split()[0] for line in ports}), 6)
            missing = f"lightsss: there is no signal TOP.mcu.cycel in {self.wave_of(run)}; the nearest is TOP.mcu.cycle\n"
            self.assertEqual(self.report(run, "--signals=TOP.mcu.cycel,TOP.clk", status=1, err=missing).splitlines(), both[:1])

    def test_points(self):
        """Runs of points have directories of their own, and stand beside the failure."""
        runs = self.fails("vcd1", "--at=300evals")
        self.assertEqual(len(runs), 2)
        rows = [line.split() for line in self.report().splitlines()[1:]]
        self.assertEqual([row[4:6] for row in rows], [["at", "300"], ["SIGABRT", rows[1][5]]])
        self.assertEqual([row[-1] for row in rows], [os.path.join(run, "wave.vcd") for run in runs])
        self.assertRegex(rows[0][-2], r"^[0-9.]+K$")

    def test_unfinished_replay(self):
        """What a replay has left that was killed is shown as what it is."""
        (run,) = self.fails("vcd1")
        path = self.path(run, "report.json")
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        report["replay"] = {"verdict": "incomplete", "why": "the replay was killed before it was done", "eval": None}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report, file)
        with open(self.path(run, "wave.vcd"), "r+b") as file:
            file.truncate(os.path.getsize(self.path(run, "wave.vcd")) * 3 // 4)
        self.assertIn(" incomplete ", self.report())
        status, out, err = self.lightsss("report", "--signals=mcu.pc")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"^TOP\.mcu\.pc 0x..\n$")
        self.assertRegex(err, r"^lightsss: the verdict of .* is incomplete, the replay was killed before it was done, or is still at work: ")

    def test_page(self):
        for build in BUILDS:
            self.fails(build, "--ages=first")
        self.assertEqual(self.report("--html", "page.html"), "")
        page = Page(self.path("page.html"))
        self.assertEqual(page.problems, [])
        self.assertEqual(sorted(os.path.basename(link) for link in page.links if "wave." in link and "gtkw" not in link), ["wave.fst", "wave.vcd", "wave.vcd"])
        text = "".join(page.text)
        self.assertEqual(text.count("which replayed"), 3)
        self.assertIn(simulator("fst1") + " --fail abort@500 --quiet", text)
        self.assertEqual(text.count("waveform: eval "), 3)

    def test_damaged(self):
        """Cut off anywhere, and with any byte changed: values or one line, and no trace of it."""
        rng = random.Random(self.id())
        for build in ("fst1", "vcd1"):
            (run,) = self.fails(build)
            path = self.path(self.wave_of(run))
            with open(path, "rb") as file:
                whole = file.read()
            for i in range(60 if FULL else 12):
                damaged = bytearray(whole)
                if i % 2 == 0:
                    del damaged[rng.randrange(len(whole)) :]
                else:
                    for _ in range(rng.choice((1, 30))):
                        damaged[rng.randrange(len(whole))] = rng.randrange(256)
                with open(path, "wb") as file:
                    file.write(damaged)
                status, out, err = self.lightsss("report", run, "--signals=mcu.pc,clk")
                self.assertIn(status, (0, 1))
                if status == 1:
                    self.assertTrue(err.startswith("lightsss: "), err)
                self.assertLessEqual(len(err.splitlines()), 3)
                self.assertLessEqual(len(out.splitlines()), 2)
            self.assertEqual([name for name in os.listdir(self.path(run)) if ".hier" in name or "core" in name], [])

    def test_damaged_names(self):
        """With this byte of the names changed the fstapi of today reads on and on; it is given seconds for that."""
        (run,) = self.fails("fst1", failure=("--fail", "stop@9000"))
        path = self.path(self.wave_of(run))
        with open(path, "rb") as file:
            damaged = bytearray(file.read())
        at = 0
        while damaged[at] not in wave.FST_HIERARCHIES:
            at += 1 + int.from_bytes(damaged[at + 1 : at + 9], "big")
        damaged[at + 713] = 110
        with open(path, "wb") as file:
            file.write(damaged)
        status, out, err = self.lightsss("report", run, "--signals=mcu.pc")
        self.assertTrue(status == 1 and out == "" or status == 0, (status, out, err))
        self.assertLessEqual(len(err.splitlines()), 1)

    def test_no_reader(self):
        """For an FST there is a child. Whoever started us may ignore SIGCHLD, and then no status of it is told."""
        ours, theirs = os.pipe()
        os.close(ours)
        self.addCleanup(os.close, theirs)
        for build in ("vcd1", "fst1"):
            (run,) = self.fails(build)
            for ignored, name, status in (("CHLD,PIPE", "clk", 125), ("CHLD", "clk", -signal.SIGPIPE), ("CHLD", "clkx", 1)):
                words = ["env", f"--ignore-signal={ignored}", COMMAND, "report", run, "--signals", name]
                made = subprocess.run(words, cwd=self.work, env=self.environment({}), stdout=theirs, stderr=subprocess.PIPE, check=False)
                self.assertEqual(made.returncode, status, (build, ignored, made.stderr))

    def test_large(self):
        """Read in pieces: what it takes of memory has nothing to do with the size."""
        (run,) = self.fails("vcd1")
        path = self.path(self.wave_of(run))
        with open(path, "rb") as file:
            head, mark, values = file.read().partition(b"$enddefinitions $end\n")
        right = self.report(run, "--signals=mcu.pc,mcu.cycle")
        with open(path, "wb") as file:
            file.write(head + mark)
            while file.tell() < LARGE_BYTES:
                file.write(values)
        limited = ["sh", "-c", f'ulimit -v {MEMORY_KB} && exec "$@"', "sh", COMMAND, "report", run, "--signals=mcu.pc,mcu.cycle"]
        made = subprocess.run(limited, cwd=self.work, capture_output=True, text=True, check=False)
        self.assertEqual((made.returncode, made.stdout, made.stderr), (0, right, ""))


if __name__ == "__main__":
    unittest.main()
