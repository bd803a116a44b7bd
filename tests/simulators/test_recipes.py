#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The recipes of scripts/man/recipes.md, run as they stand there: test_recipes.py BUILD_DIR NAME... runs those, each in a
folder with the files that its reader would have. test_recipes.py page NAME... looks at the page alone: each recipe on it
is tested, and what is not run says so."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import recipes
import wave

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(SOURCES, "scripts", "man", "recipes.md")
EMU = '#!/bin/sh\n[ "$2" != 3 ] || set -- "$@" --fail stop@20000\nexec {} "$@" --cycles 30000\n'
BUILD = None
TIMEOUT_S = 280


class Missing(unittest.SkipTest):
    """What the recipe needs is not there."""


def need(condition, what):
    if not condition:
        raise Missing(what)


class Recipe(unittest.TestCase):
    """One recipe: the files of its reader (prepare), and what is there afterwards (check)."""

    name = None

    def setUp(self):
        self.place = tempfile.mkdtemp(prefix=f"recipe-{self.name}-")
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)
        self.environment = self.surroundings()
        self.outputs = []

    def surroundings(self):
        """Of a user who has installed the command, and has no variable of the library set."""
        kept = {key: value for key, value in os.environ.items() if not re.match("LD_|LIGHTSSS|MAKE|MFLAGS|PYTHON", key)}
        kept["PATH"] = os.path.join(BUILD, "scripts") + ":" + kept["PATH"]
        for name in ("CONFIG", "CACHE", "DATA"):
            kept[f"XDG_{name}_HOME"] = os.path.join(self.place, ".home")
        if shutil.which("ccache"):
            kept.update(OBJCACHE="ccache", CCACHE_DIR=os.path.join(BUILD, "recipes", "ccache"), CCACHE_NOHASHDIR="1")
        return kept

    def build_fast(self):
        """Verilator's makefiles optimise less: it is the recipe that is tested."""
        self.environment["MAKEFLAGS"] = "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"

    def search_first(self, directory):
        self.environment["PATH"] = directory + ":" + self.environment["PATH"]

    def venv(self, *name):
        """Packages of tests/requirements.txt, or of tests/requirements-NAME.txt."""
        command = [os.path.join(SOURCES, "scripts", "venv"), BUILD, *name]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        need(made.returncode != 77, made.stderr.strip())
        self.assertEqual(made.returncode, 0, made.stderr)
        return os.path.join(BUILD, "-".join(["venv", *name]), "bin")

    def lend(self, path, name=None):
        """A file of the reader's."""
        need(os.path.exists(path), f"there is no {path}")
        shutil.copy(path, os.path.join(self.place, name or os.path.basename(path)))

    def lend_emu(self):
        """A simulator whose third seed fails."""
        path = os.path.join(self.place, "emu")
        with open(path, "w", encoding="ascii") as file:
            file.write(EMU.format(os.path.join(BUILD, "tests", "simulators", "sim_mcu_vcd1")))
        os.chmod(path, 0o755)

    def prepare(self):
        """What the page does not give."""

    def run_block(self, block):
        status, output = recipes.run(["sh", "-ec"], block.text, self.place, self.environment, TIMEOUT_S)
        self.outputs.append(output)
        self.assertEqual(status, block.status, output[-4000:])

    def test(self):
        blocks = recipes.blocks_of(PAGE, self.name)
        self.assertTrue(blocks)
        self.prepare()
        for block in blocks:
            if block.file:
                recipes.put(self.place, block)
        for block in blocks:
            if not block.file:
                self.run_block(block)
        self.check()

    def check(self):
        """What a failure has left."""
        raise NotImplementedError

    def reports(self, directory="waves"):
        """[(run directory, report)] below a directory, in the order of their names."""
        found = sorted(glob.glob(os.path.join(self.place, directory, "*", "report.json")))
        return [(os.path.dirname(path), json.load(open(path, encoding="utf-8"))) for path in found]

    def check_only_run(self, kind, end_eval=None, directory="waves"):
        """There is one run; its failure was reproduced, and the waveform ends there. Returns its report."""
        runs = self.reports(directory)
        self.assertEqual(len(runs), 1, (os.listdir(self.place), self.outputs))
        path, report = runs[0]
        self.assertEqual(report["end"]["kind"], kind)
        self.assertEqual(report["replay"]["verdict"], "reproduced", report)
        if end_eval is not None:
            self.assertEqual(report["end"]["eval"], end_eval)
        self.check_wave(path, report)
        return report

    def check_wave(self, path, report):
        """It can be read to its end, and ends where the report says."""
        with wave.Wave(os.path.join(path, report["wave"]["path"])) as read:
            times = [time for time, _ in read.times()]
        self.assertEqual(times[-1], report["wave"]["last_time"])
        self.assertGreater(len(times), 1)


class Make(Recipe):
    name = "make"

    def prepare(self):
        self.lend_emu()

    def check(self):
        self.assertEqual(os.listdir(os.path.join(self.place, "waves")), ["seed-3"])
        self.check_only_run("abort", directory="waves/seed-3")
        logs = {os.path.basename(path) for path in glob.glob(os.path.join(self.place, "seed-*"))}
        self.assertEqual(logs, {"seed-1.log", "seed-2.log", "seed-3.log.part", "seed-4.log"})
        with open(os.path.join(self.place, "seed-3.log.part"), encoding="utf-8") as log:
            self.assertRegex(log.read(), r"(?m)^lightsss: waveform: .*/waves/seed-3/sim_mcu_vcd1\.\d+/wave\.vcd$")


class Gtest(Recipe):
    name = "gtest"

    def prepare(self):
        self.lend(os.path.join(BUILD, "tests", "simulators", "field", "units"))
        # One that comes behind the test that fails.
        self.environment["GTEST_ALSO_RUN_DISABLED_TESTS"] = "1"

    def check(self):
        report = self.check_only_run("trigger", 8000)
        self.assertIn("[  FAILED  ] Beta.Adds (", report["end"]["line"])
        self.assertEqual(report["wave"]["last_time"], 2999)
        self.assertRegex(self.outputs[0], r"(?s)FAILED  \] Beta\.Adds \(.*OK \] Gamma\.DISABLED_Adds")


class Pytest(Recipe):
    name = "pytest"

    def prepare(self):
        self.lend(os.path.join(BUILD, "tests", "simulators", "field", "dut.so"))
        self.lend(os.path.join(HERE, "field", "hosts", "test_dut.py"))
        self.search_first(os.path.dirname(os.path.realpath(sys.executable)))
        there = subprocess.run(["python3", "-c", "import pytest"], env=self.environment, capture_output=True, check=False)
        need(there.returncode == 0, "there is no pytest")

    def check(self):
        self.assertIn("1 failed, 2 passed", self.outputs[0])
        self.check_only_run("exit", 3150)


class Cocotb(Recipe):
    name = "cocotb"

    def prepare(self):
        self.build_fast()
        self.search_first(self.venv())
        for file in ("accumulator.sv", "test_six.py"):
            self.lend(os.path.join(HERE, "cocotb", file))

    def check(self):
        self.assertIn("TESTS=6 PASS=5 FAIL=1", self.outputs[0])
        report = self.check_only_run("trigger", directory="lightsss")
        self.assertIn("second failed", report["end"]["line"])


class Jvm(Recipe):
    name = "jvm"

    def prepare(self):
        need(shutil.which("java"), "there is no java")
        for file in ("Simulate.class", "libjni.so"):
            self.lend(os.path.join(BUILD, "tests", "simulators", "field", file))

    def check(self):
        self.assertIn("the model is wrong", self.outputs[0])
        self.assertEqual(self.check_only_run("exit", 6000)["end"]["status"], 1)


class Fusesoc(Recipe):
    name = "fusesoc"

    def prepare(self):
        self.build_fast()
        self.search_first(self.venv())
        for file in ("top.sv", "main.cpp"):
            self.lend(os.path.join(HERE, "recipes", file))

    def check(self):
        self.assertIn("MISMATCH in cycle 3000", self.outputs[0])
        self.assertNotIn("deprecated", self.outputs[0])
        self.check_only_run("exit", 6001)


class Systemc(Recipe):
    name = "systemc"

    def prepare(self):
        self.build_fast()
        need(os.path.exists("/usr/include/systemc.h"), "there is no SystemC (Debian: libsystemc-dev)")
        for file in ("top.sv", "sc_main.cpp"):
            self.lend(os.path.join(HERE, "recipes", file))

    def check(self):
        self.assertIn("MISMATCH in cycle 2999", self.outputs[0])
        self.check_only_run("exit")


class Yaml(Recipe):
    """A file that a service reads: its form, and its commands in that service's shell."""

    SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")

    def prepare(self):
        self.lend_emu()
        with open(os.path.join(self.place, "Makefile"), "w", encoding="ascii") as file:
            file.write("emu:\n\ttouch $@\n")

    def load(self, name):
        """YAML's "on" is the word true for a parser of YAML 1.1."""
        program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
        python = os.path.join(self.venv(), "python")
        with open(os.path.join(self.place, name), encoding="utf-8") as file:
            return json.loads(subprocess.run([python, "-c", program], stdin=file, capture_output=True, check=True).stdout)

    def run_commands(self, text):
        status, output = recipes.run(self.SHELL, text, self.place, self.environment, TIMEOUT_S)
        self.outputs.append(output)
        return status

    def check_kept(self, path):
        """What is uploaded holds the waveform."""
        self.check_only_run("abort", directory=path)


class Github(Yaml):
    name = "github"

    def check(self):
        workflow = self.load(".github/workflows/simulate.yml")
        self.assertEqual(set(workflow), {"name", "true", "jobs"})
        (job,) = workflow["jobs"].values()
        steps = job["steps"]
        self.assertTrue(all(("run" in step) != ("uses" in step) for step in steps))
        self.environment.update(CI="true", GITHUB_ACTIONS="true")
        statuses = [self.run_commands(step["run"]) for step in steps if "run" in step and step["name"] != "Install"]
        self.assertEqual([bool(status) for status in statuses], [False, True], self.outputs)
        upload = steps[-1]
        self.assertEqual(upload["if"], "failure()")
        self.assertRegex(upload["uses"], r"^actions/upload-artifact@v\d+$")
        self.check_kept(upload["with"]["path"])


class Gitlab(Yaml):
    name = "gitlab"

    def check(self):
        (job,) = self.load(".gitlab-ci.yml").values()
        self.environment.update(CI="true", GITLAB_CI="true")
        self.assertNotEqual(self.run_commands("\n".join(job["script"])), 0, self.outputs)
        self.assertEqual(job["artifacts"]["when"], "on_failure")
        (path,) = job["artifacts"]["paths"]
        self.check_kept(path)


class Litex(Recipe):
    """It runs until somebody ends it."""

    name = "litex"
    PATIENCE_S = 1200

    def prepare(self):
        self.build_fast()
        for name in ("json-c/json.h", "event2/event.h"):
            need(os.path.exists("/usr/include/" + name), f"there is no {name} (Debian: libjson-c-dev libevent-dev)")
        self.search_first(self.venv("litex"))

    def is_made(self):
        return any(report["replay"]["verdict"] == "reproduced" for _, report in self.reports())

    def run_block(self, block):
        log = os.path.join(self.place, "log")
        # The end that we make is no further failure.
        environment = {**self.environment, "LIGHTSSS_ON": "-SIGTERM"}
        with open(log, "wb") as file:
            process = subprocess.Popen(
                ["sh", "-ec", block.text],
                cwd=self.place, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
            )
        deadline = time.monotonic() + self.PATIENCE_S
        while process.poll() is None and not self.is_made() and time.monotonic() < deadline:
            time.sleep(0.5)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
        with open(log, encoding="utf-8", errors="replace") as file:
            self.outputs.append(file.read())

    def check(self):
        report = self.check_only_run("trigger")
        self.assertIn("No boot medium found", report["end"]["line"])


TESTS = {test.name: test for test in (Make, Gtest, Pytest, Cocotb, Jvm, Fusesoc, Systemc, Github, Gitlab, Litex)}


class Page(unittest.TestCase):
    tested = set()

    def test_each_recipe_is_tested(self):
        self.assertEqual(recipes.recipes_of(PAGE), self.tested)
        self.assertEqual(set(TESTS) | {"slurm"}, self.tested)  # which has a test of its own

    def test_what_is_not_run_says_so(self):
        for section in recipes.read(PAGE):
            idle = [block for block in section.blocks if not block.is_run]
            said = re.findall(r"\bnot run\b", section.words)
            self.assertEqual(bool(idle), bool(said) if section.blocks else False, section.title)

    def test_a_fence_must_say_what_it_is(self):
        for words in ("", "sh", "sh recipe=", "sh recipe=a file=b status=1", "sh recipe=a stat=1", "sh not-run recipe=a"):
            with self.assertRaises(recipes.PageError, msg=words):
                recipes.Block(1, words.split(), "")


def main():
    if sys.argv[1] == "page":
        Page.tested = set(sys.argv[2:])
        return [Page]
    global BUILD
    BUILD = os.path.abspath(sys.argv[1])
    return [TESTS[name] for name in sys.argv[2:]]


if __name__ == "__main__":
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in main())
    result = unittest.TextTestRunner().run(suite)
    for _, reason in result.skipped:
        print(f"test_recipes: {reason}")
    sys.exit(77 if result.skipped else not result.wasSuccessful())
