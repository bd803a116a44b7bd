#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Models in programs that are not of C++: a module of Python's under pytest, a Java virtual
machine, Go."""

import importlib.util
import os
import shutil
import sys
import unittest

import checks
import field
import wave

PYTEST = importlib.util.find_spec("pytest")
GO = shutil.which("go")
JAVA = shutil.which("java") if shutil.which("javac") else None
HOSTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "field", "hosts")
KILLED_GRACE_S = 60


class Host(field.FieldTest):
    def with_library(self, command, **variables):
        environment = {"LD_PRELOAD": field.LIBRARY}
        environment.update({f"LIGHTSSS_{key}": value for key, value in variables.items()})
        return self.launch(command, environment, patience_s=KILLED_GRACE_S)


class Python(Host):
    def command(self, *tests):
        return [
            # Without a time in its last line.
            *(os.path.realpath(sys.executable), "-m", "pytest", "-p", "no:cacheprovider", "-q", "--no-summary", "-rN"),
            *(os.path.join(HOSTS, "test_dut.py") + test for test in tests or [""]),
        ]

    def setUp(self):
        super().setUp()
        path = {"PYTHONPATH": field.program(""), "PYTHONDONTWRITEBYTECODE": "1"}
        os.environ.update(path)
        self.addCleanup(lambda: [os.environ.pop(name) for name in path])

    def test_the_second_test_fails(self):
        plain = self.launch(self.command(), {})
        self.assertEqual(plain.returncode, 1, plain.stdout)
        preloaded = self.with_library(self.command(), WINDOW="all")
        self.assertEqual(preloaded.returncode, 1)
        self.assertEqual(checks.split_stderr(preloaded.stderr)[0], plain.stderr)
        self.assertIn(b"1 failed, 2 passed", preloaded.stdout)
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], 3150)
        oracle = os.path.join(self.top, "oracle.vcd")
        self.launch(self.command("::test_long"), {"FIELD_TRACE": oracle})
        compared = self.assert_wave(preloaded, oracle, "wave-2.vcd")
        self.assertEqual(compared.last_time, 2999)


class Threads(Host):
    """A language whose runtime has threads, signals and a collector of its own. command(kind) is what to run."""

    EVALS = 6000

    def check(self, kind, **variables):
        plain = self.launch(self.command(kind), {})
        preloaded = self.with_library(self.command(kind), WINDOW="1000evals", **variables)
        self.assertEqual(preloaded.returncode, plain.returncode)
        self.assertEqual(preloaded.stdout, plain.stdout)
        own = checks.split_stderr(preloaded.stderr)[0]
        self.assertEqual(self.comparable(own), self.comparable(plain.stderr))
        if kind == "ok":
            self.assertEqual(os.listdir(preloaded.directory), os.listdir(plain.directory))
        else:
            self.check_failure(preloaded)

    def comparable(self, stderr):
        return stderr

    def check_failure(self, preloaded):
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], self.EVALS)
        oracle = os.path.join(self.top, "oracle.vcd")
        self.launch(self.command("ok"), {"FIELD_TRACE": oracle})
        path = os.path.join(self.run_directory(preloaded), "wave.vcd")
        self.assertEqual(wave.compare(oracle, path, "between").last_time, self.EVALS - 1)


class Go(Threads):
    """Its exit is a system call that nobody can stand in front of: the copies learn of it from the kernel."""

    def command(self, kind):
        return [field.program("simulate_go"), str(self.EVALS), kind, "2"]

    def comparable(self, stderr):
        return stderr.split(b"\n\ngoroutine ")[0]  # addresses follow

    def test_ok(self):
        self.check("ok", INTERVAL="300evals")

    def test_exit(self):
        self.check("exit", INTERVAL="2500evals")

    def test_panic(self):
        self.check("panic", INTERVAL="300evals")

    def test_kill(self):
        self.check("kill", INTERVAL="300evals")


class Java(Threads):
    THREADS = 40

    def command(self, kind):
        return [
            *(JAVA, "-Xmx64m", "-Xcheck:jni", "-cp", field.program(""), "Simulate", field.program("libjni.so")),
            *(str(self.EVALS), kind, str(self.THREADS)),
        ]

    def test_ok(self):
        self.check("ok", INTERVAL="500evals")

    def test_exit(self):
        self.check("exit", INTERVAL="2500evals")

    def test_throw(self):
        self.check("throw", INTERVAL="500evals")

    def test_kill(self):
        self.check("kill", INTERVAL="500evals")


if __name__ == "__main__":
    missing = [name for name, found in (("pytest", PYTEST), ("java and javac", JAVA), ("go", GO)) if not found]
    if missing:
        print(f"test_field_hosts: there is no {', no '.join(missing)}")
        sys.exit(77)
    unittest.main()
