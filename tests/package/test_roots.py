#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The library that was built here works with the libc of another Debian release: the programs of the process tests are
compiled there and run with that loader and libc, and real simulators are verilated there and fail there, in a root of it.
What was built in an older release is run here as well.

    test_roots.py BUILD_DIR SUITE LIBRARY COMMAND"""

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

import root

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIMULATORS = os.path.join(TOP, "tests", "simulators")
DESIGN = [os.path.join(SIMULATORS, "mcu", name) for name in
          ("mcu_pkg.sv", "alu.sv", "regfile.sv", "memory.sv", "lane.sv", "scrambler.sv", "mcu.sv", "main.cpp", "ends.cpp")]
# Verilator's options, and where it fails. Verilator 4 says neither that threads are needed, nor which trace it is.
KINDS = {
    "vcd": (["--trace"], 400000),
    "fst": (["--trace-fst", "-CFLAGS", "-DVM_TRACE_FST=1"], 400000),
    "threads": (["--trace", "--threads", "2", "-CFLAGS", "-DMCU_THREADS=2"], 20000),
}
ALONE_DESIGN = [os.path.join(TOP, "tests", path) for path in ("bench/tick/tick.sv", "package/alone.cpp")]
TIMEOUT_S = 600
# What runs no program of the root.
ALONE = {"take", "standby", "precopy", "descriptors", "private_files", "huge_lost", "floor", "exports"}
# What is asked of programs that were built there and run here: those that call most of libc.
HERE = {"ends", "signals", "files", "input", "world", "blocked_calls"}
LOADER = "ld-linux-x86-64.so.2"
BUILD = SYSTEM = LIBRARY = COMMAND = None


class Programs:
    """What the process tests run, compiled in the root by the commands of this build."""

    def __init__(self, place):
        self.place = place

    def targets(self):
        listed = subprocess.run(["ninja", "-C", BUILD, "-t", "targets", "all"], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"^tests/process/([\w.]+): \w+_LINKER", listed, re.MULTILINE)
        return ["tests/process/" + name for name in found if not name.startswith("test_")]

    def commands(self):
        told = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", *self.targets()], capture_output=True, text=True, check=True)
        for line in told.stdout.splitlines():
            words = [word for word in shlex.split(line) if word not in ("ccache", "-Werror")]
            if "-o" in words and words[words.index("-o") + 1].startswith("tests/process/"):
                yield ["gcc", *words[1:]]

    def script(self):
        """Headers of the kernel are this machine's; what libc has no function for yet is in older.h."""
        added = os.path.join(BUILD, "error_words.o")
        compile = ["-w", "-D_GNU_SOURCE=", "-isystem", os.path.join(BUILD, "kernel")]
        place = os.path.join(self.place, "loader")
        link = [added, "-Wl,--disable-new-dtags", "-ldl", "-lrt", "-lutil", f"-Wl,--dynamic-linker={place}/{LOADER}"]
        link += [f"-Wl,-rpath,{place}/{number}" for number in range(len(SYSTEM.libraries()))]
        lines = ["set -e", shlex.join(["gcc", *compile, "-fPIC", "-c", os.path.join(TOP, "hooks", "floor", "error_words.c"), "-o", added])]
        compile += ["-include", os.path.join(TOP, "tests", "package", "older.h")]
        for words in self.commands():
            words += compile if "-c" in words else link
            lines += ["mkdir -p " + shlex.quote(os.path.dirname(words[words.index("-o") + 1])), shlex.join(words)]
        return "\n".join(lines) + "\n"

    def make(self):
        for folder in ("preload", "hooks/floor"):
            os.makedirs(os.path.join(self.place, folder))
            for header in glob.glob(os.path.join(BUILD, folder, "*.h")):
                shutil.copy(header, os.path.join(self.place, folder))
        shutil.copy(LIBRARY, os.path.join(self.place, "preload"))
        for folder in ("linux", "asm-generic", "x86_64-linux-gnu/asm"):
            shutil.copytree(os.path.join("/usr/include", folder), os.path.join(self.place, "kernel", os.path.basename(folder)))
        self.run_with(SYSTEM.loader(), SYSTEM.libraries())
        with open(os.path.join(self.place, "script"), "w", encoding="utf-8") as file:
            file.write(self.script())
        return SYSTEM.run("sh", "script", binds=[(TOP, TOP), (self.place, BUILD)], directory=BUILD)

    def run_with(self, loader, libraries):
        """Whose they are that the programs run with, from now on."""
        place = os.path.join(self.place, "loader")
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        os.symlink(loader, os.path.join(place, LOADER))
        for number, folder in enumerate(libraries):
            os.symlink(folder, os.path.join(place, str(number)))


class Roots(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix="lightsss-roots-")
        cls.addClassCleanup(shutil.rmtree, cls.place)
        os.chmod(cls.place, 0o755)  # tests drop their rights
        cls.programs = Programs(os.path.join(cls.place, "programs"))
        made = cls.programs.make()
        if made.returncode != 0:
            raise AssertionError(made.stdout + made.stderr)

    def check(self, ran):
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def process_tests(self):
        """(name, command, environment, seconds) of the process tests."""
        told = subprocess.run(["meson", "introspect", "--tests", BUILD], capture_output=True, text=True, check=True).stdout
        for test in json.loads(told):
            if test["name"] in ALONE:
                continue
            if any(suite.split(":")[-1] == "process" for suite in test["suite"]):
                yield test["name"], test["cmd"], test["env"], test["timeout"]

    def test_process_tests(self):
        self.assertGreater(self.run_process_tests("with the libc of " + SYSTEM.suite), 30)

    def test_process_tests_here(self):
        if SYSTEM.libc() >= root.libc_here():
            self.skipTest("what was built there does not run here: its libc is not older")
        self.programs.run_with(os.path.realpath(os.path.join("/lib64", LOADER)), [])
        self.addCleanup(self.programs.run_with, SYSTEM.loader(), SYSTEM.libraries())
        self.assertEqual(self.run_process_tests("built in " + SYSTEM.suite, HERE), len(HERE))

    def run_process_tests(self, how, only=None):
        """How many passed."""
        told = {"LIGHTSSS_TEST_PROGRAMS": os.path.join(self.programs.place, "tests", "process"), "LIGHTSSS_TEST_LIBRARY": LIBRARY}
        short = {name: value for name, value in os.environ.items() if name != "LIGHTSSS_TEST_FULL"}
        failed, passed = {}, 0
        for name, command, environment, timeout in self.process_tests():
            if only is not None and name not in only:
                continue
            ran = subprocess.run(command, cwd=BUILD, env={**short, **environment, **told}, stdin=subprocess.DEVNULL, capture_output=True,
                                 text=True, errors="replace", timeout=4 * timeout, check=False)
            passed += ran.returncode == 0
            if ran.returncode not in (0, root.SKIPPED):
                failed[name] = (ran.stdout + ran.stderr)[-3000:]
        for name, said in failed.items():
            print(f"--- {name} {how}\n{said}")
        self.assertEqual(sorted(failed), [])
        return passed

    def test_simulators(self):
        share = os.path.join(self.place, "share")
        prefix = os.path.join(share, "lightsss")
        for path, folder in ((LIBRARY, "lib"), (COMMAND, "bin")):
            os.makedirs(os.path.join(prefix, folder))
            shutil.copy(path, os.path.join(prefix, folder))
        binds = [(TOP, TOP), (share, "/mnt")]
        builds = {kind: (["--assert", "--top-module", "mcu", "-LDFLAGS", "-pthread -ldl", *options, *DESIGN], last)
                  for kind, (options, last) in KINDS.items()}
        builds["alone"] = (["--trace", "--top-module", "tick", *ALONE_DESIGN], 3000000)
        for kind, (words, last) in builds.items():
            with self.subTest(kind):
                words = [os.path.join(SIMULATORS, "verilate"), "/mnt/" + kind, *words]
                self.check(SYSTEM.run(*words, binds=binds, directory="/mnt", timeout=TIMEOUT_S))
                steps = ["--cycles", "3000000", "--report", "10000", "--fail", f"stop@{last}"]
                self.run_one(share, "/mnt", kind, steps, lambda *words: SYSTEM.run(*words, binds=binds, directory="/mnt", timeout=TIMEOUT_S))
                if SYSTEM.libc() < root.libc_here():
                    self.run_one(share, share, kind, steps, lambda *words: root.run(words, cwd=share, timeout=TIMEOUT_S))

    def run_one(self, share, place, kind, steps, run):
        """place: where the share is for those that run."""
        command = [f"{place}/{kind}", *steps]
        alone = run(*command)
        ran = run(f"{place}/lightsss/bin/lightsss", "run", "--dir", place + "/runs", "--", *command)
        self.assertNotEqual(alone.returncode, 0)
        self.assertEqual((ran.returncode, ran.stdout), (alone.returncode, alone.stdout), ran.stderr)
        self.assertIn("lightsss: replay reproduced", ran.stderr)
        (report,) = glob.glob(os.path.join(share, "runs", "*", "report.json"))
        with open(report, encoding="utf-8") as file:
            told = json.load(file)
        self.assertEqual(told["replay"]["verdict"], "reproduced")
        self.assertGreater(told["cost"]["snapshots"], 0)
        self.assertGreater(os.path.getsize(os.path.join(os.path.dirname(report), told["wave"]["path"])), 10000)
        shutil.rmtree(os.path.join(share, "runs"))


if __name__ == "__main__":
    if os.environ.get("LIGHTSSS_TEST_FULL") != "1":
        root.skip("only in the full tests: LIGHTSSS_TEST_FULL=1")
    root.need("debootstrap", "ninja", "meson")
    BUILD, SUITE, LIBRARY, COMMAND = sys.argv[1:5]
    BUILD = os.path.realpath(BUILD)
    del sys.argv[1:5]
    SYSTEM = root.Root(BUILD, SUITE)
    SYSTEM.make()
    unittest.main()
