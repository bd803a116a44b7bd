#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Other libraries in LD_PRELOAD, before and after ours, and debuggers: the run is the one without ours, and its failure
is replayed: test_preloads.py LIBRARY SIMULATOR WORLD. With LIGHTSSS_TEST_FULL every library with every end."""

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

import wave

LIBRARY = SIMULATOR = WORLD = None
TIMEOUT_S = 120
FULL = os.environ.get("LIGHTSSS_TEST_FULL") == "1"

# name: file names, Debian package, what it wants in the environment
OTHERS = {
    "faketime": (["faketime/libfaketime.so.1"], "faketime", {"FAKETIME": "@2020-02-02 02:02:02"}),
    "faketime-threads": (["faketime/libfaketimeMT.so.1"], "faketime", {"FAKETIME": "-15d x2"}),
    "jemalloc": (["libjemalloc.so.2"], "libjemalloc2", {}),
    "tcmalloc": (["libtcmalloc_minimal.so.4"], "libtcmalloc-minimal4", {}),
    "mimalloc": (["libmimalloc.so.2", "libmimalloc.so.3"], "libmimalloc2.0", {}),
    "eatmydata": (["libeatmydata.so.1", "libeatmydata.so"], "libeatmydata1", {}),
    "stdbuf": (["../libexec/coreutils/libstdbuf.so", "coreutils/libstdbuf.so"], "coreutils", {"_STDBUF_O": "L"}),
    # It wants to be the first; the replay cannot look for leaks.
    "asan": (["libasan.so.8"], "libasan8", {"ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"}),
}
# kind of the simulator: the status of the run
ENDS = {"none": 0, "exit": 2, "abort": -signal.SIGABRT, "segv": -signal.SIGSEGV}
ARGUMENTS = ["--cycles", "3000", "--report", "500"]


def find(names):
    places = ["/usr/lib", *glob.glob("/usr/lib/*-linux-gnu")]
    found = (os.path.join(place, name) for name in names for place in places)
    return next((path for path in found if os.path.exists(path)), None)


class Preloads(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="preloads-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.count = 0

    def environment(self, preload, **variables):
        inherited = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("LIGHTSSS")}
        inherited.pop("LD_LIBRARY_PATH", None)
        return {**inherited, **({"LD_PRELOAD": preload} if preload else {}), **variables}

    def run_one(self, command, preload, **variables):
        """Its status, stdout, stderr without our lines, and our lines."""
        self.count += 1
        work = os.path.join(self.top, str(self.count))
        os.mkdir(work)
        made = subprocess.run(
            command,
            cwd=work,
            env=self.environment(preload, **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            text=True,
            errors="replace",
        )
        lines = made.stderr.splitlines(keepends=True)
        ours = [line for line in lines if line.startswith("lightsss: ")]
        theirs = "".join(line for line in lines if line not in ours)
        return work, (made.returncode, made.stdout, re.sub(r"==\d+==|0x[0-9a-f]+|T\d+|\(BuildId.*", "", theirs)), ours

    def report(self, work):
        """The last one: of a simulator that its own handler ended past libc the replay comes after the end."""
        pattern = os.path.join(work, "lightsss", "*", "report.json")
        for _ in range(1000):
            for path in glob.glob(pattern):
                with open(path, encoding="utf-8") as file:
                    report = json.load(file)
                if report["replay"].get("why") != "the replay was killed before it was done":
                    return report, os.path.dirname(path)
            time.sleep(0.01)
        self.fail(f"no report of a replay that is done in {work}")

    def check_replay(self, work):
        report, run = self.report(work)
        self.assertEqual(report["replay"]["verdict"], "reproduced", report)
        with wave.Wave(os.path.join(run, report["wave"]["path"])) as read:
            self.assertGreater(sum(1 for _ in read.times()), 10)

    def compare(self, command, other, variables, fails):
        _, wanted, _ = self.run_one(command, other, **variables)
        for preload in (f"{other}:{LIBRARY}", f"{LIBRARY}:{other}"):
            with self.subTest(preload=preload):
                work, got, ours = self.run_one(command, preload, **variables)
                self.assertEqual(got, wanted, ours)
                if fails:
                    self.check_replay(work)
                else:
                    self.assertEqual((ours, os.path.exists(os.path.join(work, "lightsss"))), ([], False))
        return wanted[0]

    def check_library(self, name, ends):
        names, package, variables = OTHERS[name]
        other = find(names)
        if other is None:
            self.skipTest(f"{names[0]} is not installed (package {package})")
        for kind in ends:
            with self.subTest(library=name, end=kind):
                command = [SIMULATOR, *ARGUMENTS, "--fail", f"{kind}@1000"]
                status = self.compare(command, other, variables, kind != "none")
                if name != "asan":
                    self.assertEqual(status, ENDS[kind])

    def test_time_is_recorded(self):
        """The journal says what time it was: the replay, with the same library, is told the same."""
        for name in ("faketime", "faketime-threads"):
            names, package, variables = OTHERS[name]
            other = find(names)
            if other is None:
                self.skipTest(f"{names[0]} is not installed (package {package})")
            command = [WORLD, "--source", "clock", "--fail", "exit@1000"]
            for preload in (f"{other}:{LIBRARY}", f"{LIBRARY}:{other}"):
                with self.subTest(preload=preload):
                    work, got, ours = self.run_one(command, preload, LIGHTSSS_HOLD="0", **variables)
                    self.assertEqual(got[0], 3, ours)
                    self.check_replay(work)

    def test_request(self):
        """While the simulator goes on; its allocator has threads and state of its own."""
        for name in ("jemalloc", "mimalloc", "faketime") if not FULL else OTHERS:
            names, package, variables = OTHERS[name]
            other = find(names)
            if other is None:
                self.skipTest(f"{names[0]} is not installed (package {package})")
            with self.subTest(library=name):
                self.check_request(f"{other}:{LIBRARY}", variables)

    def check_request(self, preload, variables):
        self.count += 1
        work = os.path.join(self.top, str(self.count))
        os.mkdir(work)
        with subprocess.Popen(
            [SIMULATOR, "--cycles", "100000000", "--quiet"],
            cwd=work,
            env=self.environment(preload, LIGHTSSS_INTERVAL="100ms", **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                time.sleep(1)
                process.send_signal(signal.SIGUSR1)
                self.check_replay(work)
                self.assertIsNone(process.poll())
            finally:
                process.send_signal(signal.SIGKILL)

    def check_tool(self, tool, fails, *arguments):
        """The simulator under a tool that starts it, with our library for the simulator alone. Returns our lines."""
        if shutil.which(tool) is None:
            self.skipTest(f"{tool} is not installed")
        simulator = [SIMULATOR, *ARGUMENTS, "--fail", "exit@1000"]
        _, wanted, _ = self.run_one(simulator, None)
        work, got, ours = self.run_one([tool, *arguments, *simulator], None, LIGHTSSS_INTERVAL="100evals")
        for line in wanted[1].splitlines():
            self.assertIn(line, got[1])
        if fails:
            self.check_replay(work)
        return ours, got

    def gdb(self, fails, *commands):
        executes = [word for command in (f"set environment LD_PRELOAD {LIBRARY}", *commands) for word in ("-ex", command)]
        settings = ("-iex", "set debuginfod enabled off")
        ours, got = self.check_tool("gdb", fails, "-nx", "-q", "-batch", *settings, *executes, "--args")
        self.assertRegex(got[1], r"exited( with code 02)?\]\n$")  # of a program with threads gdb often misses the code
        return "".join(ours), got[1]

    def test_gdb(self):
        self.gdb(True, "run")

    def test_gdb_breakpoint(self):
        """Its first instruction is the debugger's. One that comes later, and one of the hardware, are no obstacle."""
        ours, _ = self.gdb(False, "break *Vmcu::eval_step", "run", "delete", "continue")
        self.assertIn("a debugger has a breakpoint", ours)
        hardware = ("starti", "hbreak *Vmcu::eval_step", "continue", "continue 700", "info breakpoints")
        _, said = self.gdb(True, *hardware, "delete", "continue")
        self.assertIn("already hit 701 times", said)  # no call passes it by, be it after many snapshots
        self.gdb(True, "break mcu_report_every", "run", "delete", "continue")

    def calls_of_eval(self):
        """{address in the file: the bytes of a call of it}"""
        code = subprocess.run(["objdump", "-d", SIMULATOR], capture_output=True, text=True, check=True).stdout
        calls = re.findall(r"^ *([0-9a-f]+):\t(e8 .. .. .. ..) .*<_ZN4Vmcu9eval_stepEv>$", code, re.MULTILINE)
        return {int(address, 16): bytes.fromhex(text) for address, text in calls}

    def test_calls_of_eval(self):
        """After a snapshot the one of the main loop reaches the stub at once, and the failure is replayed as ever."""
        wanted = self.calls_of_eval()
        self.assertTrue(wanted)
        environment = self.environment(LIBRARY, LIGHTSSS_INTERVAL="1000evals")
        command = [SIMULATOR, "--cycles", "100000000", "--quiet"]
        with subprocess.Popen(command, cwd=self.top, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                deadline = time.monotonic() + TIMEOUT_S
                while self.calls_in(process.pid, wanted) == wanted and time.monotonic() < deadline:
                    time.sleep(0.01)
                self.assertNotEqual(self.calls_in(process.pid, wanted), wanted)
            finally:
                process.terminate()
        self.check_replay(self.top)

    @staticmethod
    def calls_in(pid, wanted):
        """The bytes that stand there in the process."""
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            base = next((int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(SIMULATOR)), None)
        if base is None:
            return wanted
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            return {address: os.pread(memory.fileno(), len(code), base + address) for address, code in wanted.items()}

    def test_strace(self):
        """It stops every process at every call."""
        _, got = self.check_tool("strace", True, "-f", "-o", "log", "-E", f"LD_PRELOAD={LIBRARY}")
        self.assertEqual(got[0], ENDS["exit"])

    def test_valgrind(self):
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed")
        work, got, ours = self.run_one(
            ["valgrind", "-q", SIMULATOR, *ARGUMENTS, "--fail", "exit@1000"], LIBRARY, LIGHTSSS_INTERVAL="100evals"
        )
        self.assertEqual((got[0], got[2], len(ours)), (ENDS["exit"], "", 1), ours)
        self.assertIn("under valgrind", ours[0])
        self.assertFalse(os.path.exists(os.path.join(work, "lightsss")))


def add_tests():
    """Each library in a test of its own; in the short form with two ends, each failing end with some library."""
    failing = [kind for kind in ENDS if kind != "none"]
    for number, name in enumerate(OTHERS):
        ends = ENDS if FULL else ("none", failing[number % len(failing)])

        def test(self, name=name, ends=ends):
            self.check_library(name, ends)

        setattr(Preloads, f"test_{name.replace('-', '_')}", test)


if __name__ == "__main__":
    LIBRARY, SIMULATOR, WORLD = (os.path.abspath(path) for path in sys.argv[1:4])
    add_tests()
    unittest.main(argv=sys.argv[:1])
