#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/slurm-regression on a cluster of this machine's own, as scripts/man/recipes.md has it: 40 tasks, of which five fail,
one runs into its time limit and one out of memory. test_slurm.py BUILD_DIR"""

import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

import recipes
import slurm

SOURCES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REGRESSION = os.path.join(SOURCES, "scripts", "slurm-regression")
PAGE = os.path.join(SOURCES, "scripts", "man", "recipes.md")
BUILD = None
SEEDS = 40
FAILURES = {3: "exit", 11: "stop", 19: "segv", 27: "terminate", 33: "fatal"}
ENDS = {3: "status 2", 11: "SIGABRT", 19: "SIGSEGV", 27: "SIGABRT", 33: "SIGABRT"}
ENDLESS, HUNGRY = 7, 22
EMU = """#!/bin/sh
case $2 in
{failures}
{endless}) set -- "$@" --cycles 1000000000000 --quiet ;;
{hungry}) exec {fields}/memory 400000 10 2000 0 ;;
esac
exec {simulators}/sim_mcu_vcd1 --cycles 30000 "$@"
"""
WAIT_S = 280


class Slurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.mkdtemp(prefix="slurm-")
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        os.mkdir(os.path.join(cls.top, "cluster"))
        cls.cluster = slurm.Cluster(os.path.join(cls.top, "cluster"))
        cls.addClassCleanup(cls.cluster.end)
        cls.emu = os.path.join(cls.top, "emu")
        simulators = os.path.join(BUILD, "tests", "simulators")
        failures = "\n".join(f'{seed}) set -- "$@" --fail {kind}@20000 ;;' for seed, kind in FAILURES.items())
        with open(cls.emu, "w", encoding="ascii") as file:
            fields = os.path.join(simulators, "field")
            file.write(EMU.format(failures=failures, endless=ENDLESS, hungry=HUNGRY, fields=fields, simulators=simulators))
        os.chmod(cls.emu, 0o755)

    def regression(self, *words):
        environment = {key: value for key, value in self.cluster.environment.items() if not key.startswith("LIGHTSSS")}
        environment["PATH"] = os.path.join(BUILD, "scripts") + ":" + environment["PATH"]
        return subprocess.run(
            [REGRESSION, *words], cwd=self.top, env=environment, capture_output=True, text=True, check=False, timeout=WAIT_S
        )

    def report_of(self, job, seed):
        """The report of the task's only run."""
        (path,) = glob.glob(os.path.join(self.top, "shared", f"{job}_{seed}", "*", "report.json"))
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        wave = os.path.join(os.path.dirname(path), "wave.vcd")
        return report, os.path.getsize(wave) if os.path.exists(wave) else 0

    def test_forty_tasks(self):
        (block,) = recipes.blocks_of(PAGE, "slurm")
        made = self.regression(*shlex.split(block.text)[1:])
        said = made.stdout + made.stderr + self.cluster.logs()
        self.assertEqual(made.returncode, block.status, said)
        self.assertIn(f"{SEEDS - 7} passed, 7 failed\n", made.stdout, said)
        job = re.search(r"Job (\d+) ", made.stdout)[1]
        told = dict(re.findall(r"^seed (\d+) +(SIG[A-Z]+|status \d+|ended by Slurm)", made.stdout, re.MULTILINE))
        self.assertEqual(told, {**{str(seed): end for seed, end in ENDS.items()}, str(ENDLESS): "SIGTERM", str(HUNGRY): "SIGKILL"})
        for seed in (*FAILURES, ENDLESS):
            with self.subTest(seed=seed):
                report, size = self.report_of(job, seed)
                self.assertEqual(report["replay"]["verdict"], "reproduced")
                self.assertGreater(size, 1000)
                self.assertRegex(made.stdout, rf"(?m)^seed {seed} .*/shared/{job}_{seed}/sim_mcu_vcd1\.\d+/wave\.vcd$")
        report, size = self.report_of(job, HUNGRY)
        self.assertEqual(report["end"]["kind"], "kill")
        self.assertGreater(size, 1000)
        self.check_report(made.stdout, job)

    def check_report(self, printed, job):
        """All seven are in the tables of `lightsss report`; those that passed have left nothing."""
        shared = os.path.join(self.top, "shared")
        failed = {f"{job}_{seed}" for seed in (*FAILURES, ENDLESS, HUNGRY)}
        self.assertEqual({name for name in os.listdir(shared) if "." not in name}, failed)
        with open(os.path.join(shared, f"{job}.html"), encoding="utf-8") as file:
            page = file.read()
        for name in failed:
            self.assertRegex(printed.split(" failed\n\n")[1], rf"\b{name}/")
            self.assertIn(f"{name}/", page)

    def test_what_passes_leaves_logs_only(self):
        made = self.regression("--seeds=1,4-6:2%1", "--dir=quiet", "--", "./emu", "--seed", "{seed}")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        self.assertIn("3 passed, 0 failed\n", made.stdout)
        job = re.search(r"Job (\d+) ", made.stdout)[1]
        names = {f"{job}_{seed}.{kind}" for seed in (1, 4, 6) for kind in ("log", "status")}
        self.assertEqual(set(os.listdir(os.path.join(self.top, "quiet"))), names | {f"{job}.report"})

    def test_wrong_words(self):
        for words, line in (
            (("--seeds=x", "--", "true"), "--seeds x is no list"),
            (("--grace=1s", "--", "true"), "--grace 1s is no number of seconds"),
            (("--seeds",), "--seeds needs a value"),
            ((), "no simulator"),
            (("--", "/nowhere/emu"), "there is no /nowhere/emu"),
        ):
            made = self.regression(*words)
            self.assertEqual(made.returncode, 2, words)
            self.assertIn(line, made.stderr)
            self.assertEqual(len(made.stderr.splitlines()), 1)


if __name__ == "__main__":
    why = slurm.find_missing() or (None if slurm.has_memory_groups() else "there is no memory control group of version 1")
    if why:
        print(f"test_slurm: {why}")
        sys.exit(77)
    BUILD = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
