#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Window, snapshots, report and waveform follow the models that eval now, however many there are and whenever they
come: tests one after another, two clock domains, libraries that are opened later."""

import os
import shutil
import sys
import unittest

import field
import wave

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "field", "opens.py")


def steps_of(path):
    """Its times, each once."""
    with wave.Wave(path) as read:
        return [time for time, _ in read.times()]


class Models(field.FieldTest):
    def run_both(self, *steps, environment=None, **variables):
        """The same run without the library, with it, and the report of that."""
        environment = environment or {}
        plain = self.plain("several", "3", *steps, **environment)
        preloaded = self.preloaded("several", "3", *steps, environment=environment, **variables)
        self.assert_same(plain, preloaded)
        return preloaded, self.report(preloaded)

    def steps(self, launch, name):
        return steps_of(os.path.join(self.run_directory(launch), name))

    def test_one_after_another(self):
        steps = ("alpha:20000", "beta:30000")
        preloaded, report = self.run_both(*steps, WINDOW="1000evals", INTERVAL="5000evals")
        self.assertEqual(report["model"], "Vbeta")
        self.assertEqual(report["end"]["eval"], 50000)
        self.assertEqual(report["end"]["time"], 30000)
        self.assertEqual(report["cost"]["snapshots"], 10)
        self.assertEqual(report["snapshot"]["eval"], 40000)
        self.assertEqual((report["wave"]["first_eval"], report["wave"]["last_eval"]), (49001, 50000))
        compared = self.assert_wave(preloaded, self.oracle("several", "3", *steps))
        self.assertEqual(compared.last_time, 29999)

    def test_googletest(self):
        quiet = "--gtest_print_time=0"
        plain = self.plain("units", quiet)
        preloaded = self.preloaded("units", quiet, INTERVAL="1000evals", WINDOW="500evals")
        self.assert_same(plain, preloaded)
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], 8000)
        self.assertEqual(report["model"], "Vbeta")
        compared = self.assert_wave(preloaded, self.oracle("units", quiet))
        self.assertEqual(compared.last_time, 2999)

    def test_the_first_lives_on(self):
        """Nobody deletes it, and it does not eval any more."""
        steps = ("kept-alpha:20000", "kept-beta:10")
        preloaded, report = self.run_both(*steps)
        self.assertEqual(report["end"]["eval"], 20010)
        self.assertEqual(report["end"]["time"], 10)
        self.assertEqual(self.steps(preloaded, "wave-1.vcd"), list(range(20000)))
        self.assertEqual(self.steps(preloaded, "wave.vcd"), list(range(10)))
        self.assert_wave(preloaded, self.oracle("several", "3", *steps))

    def test_times_begin_anew(self):
        for early in (False, True):
            with self.subTest(early=early):
                environment = {"FIELD_EARLY": "1"} if early else {}
                steps = ("alpha:3000", "alpha:5000", "alpha:2000")
                preloaded, report = self.run_both(*steps, environment=environment)
                self.assertEqual(report["end"]["time"], 2000)
                for name, evals in (("wave-1.vcd", 3000), ("wave-2.vcd", 5000), ("wave.vcd", 2000)):
                    self.assertEqual(self.steps(preloaded, name), list(range(early, evals + early)))
                self.assert_wave(preloaded, self.oracle("several", "3", *steps, **environment))

    def test_two_clock_domains(self):
        for step, evals in (("both:5000:1", 10000), ("both:30:1000", 30030)):
            with self.subTest(step):
                preloaded, report = self.run_both(step, WINDOW="2500evals", INTERVAL="1000evals", SLOTS="8")
                self.assertEqual(report["end"]["eval"], evals)
                self.assertEqual(report["cost"]["snapshots"], 1 + (evals - 1) // 1000)
                self.assertEqual(report["wave"]["first_eval"], evals - 2499)
                self.assert_wave(preloaded, self.oracle("several", "3", step))

    def test_two_contexts(self):
        """There is one waveform: of the model that evals most, or of the one that was named."""
        for model, traced in ((None, "beta"), ("Valpha", "alpha"), ("Vbeta", "beta")):
            with self.subTest(model):
                named = {"MODEL": model} if model else {}
                preloaded, report = self.run_both("apart:30:1000", WINDOW="2500evals", **named)
                self.assertEqual(report["end"]["eval"], 30030)
                self.assertEqual(report["model"], "V" + traced)
                self.assert_wave(preloaded, self.oracle("several", "3", "apart:30:1000", FIELD_MODEL=traced))

    def test_named_model_is_done(self):
        steps = ("kept-alpha:3000", "kept-beta:4000")
        preloaded, report = self.run_both(*steps, MODEL="Valpha", INTERVAL="1000evals")
        self.assertEqual(report["end"]["eval"], 7000)
        self.assertEqual(report["cost"]["snapshots"], 7)
        self.assert_wave(preloaded, self.oracle("several", "3", *steps))

    def test_named_model_never_comes(self):
        preloaded, report = self.run_both("alpha:3000", MODEL="Vbeta")
        self.assertEqual(report["model"], "Valpha")
        self.assert_wave(preloaded, self.oracle("several", "3", "alpha:3000"))

    def test_many_objects(self):
        preloaded, report = self.run_both("crowd:130:20")
        self.assertEqual(report["end"]["eval"], 130 * 20)
        self.assert_wave(preloaded, self.oracle("several", "3", "crowd:130:20"))


class Libraries(field.FieldTest):
    def setUp(self):
        super().setUp()
        self.alpha = field.program("dut_alpha")
        self.beta = field.program("dut_beta")

    def check(self, preloaded, oracle, evals, last):
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], evals)
        self.assertEqual(report["model"], "Vbeta")
        self.assertNotIn("notes", report["replay"])
        compared = wave.compare(oracle, os.path.join(self.run_directory(preloaded), "wave.vcd"), "between")
        self.assertEqual(compared.last_time, last)
        return report

    def test_opened_late(self):
        """By the time that the second one is opened there are snapshots, and the replay begins before that."""
        for interval in ("auto", "700evals"):
            with self.subTest(interval):
                arguments = ("3", self.alpha, "9000", self.beta, "1500")
                plain = self.plain("opens", *arguments)
                preloaded = self.preloaded("opens", *arguments, INTERVAL=interval)
                self.assert_same(plain, preloaded)
                report = self.check(preloaded, self.oracle("opens", *arguments), 10500, 1499)
                self.assertEqual(report["cost"]["snapshots"], 1 if interval == "auto" else 15)

    def test_killed(self):
        """Nobody but the copies, which are older than the library, knows how far it came."""
        arguments = (self.alpha, "9000", self.beta, "1500")
        preloaded = self.preloaded("opens", "kill", *arguments)
        self.assertEqual(preloaded.returncode, -9)
        self.check(preloaded, self.oracle("opens", "3", *arguments), 10500, 1499)

    def test_twenty(self):
        arguments = ["3"]
        for number in range(20):
            copy = os.path.join(self.top, f"dut{number}")
            shutil.copy(self.beta if number == 19 else self.alpha, copy)
            arguments += [copy, "300"]
        plain = self.plain("opens", *arguments)
        preloaded = self.preloaded("opens", *arguments)
        self.assert_same(plain, preloaded)
        self.check(preloaded, self.oracle("opens", *arguments), 6000, 299)

    def test_namespaces(self):
        """Each library in one of its own, be it the same one."""
        arguments = ("3", self.alpha, "2000", self.alpha, "700", self.beta, "1500")
        environment = {"FIELD_NAMESPACE": "1"}
        plain = self.plain("opens", *arguments, **environment)
        preloaded = self.preloaded("opens", *arguments, environment=environment, INTERVAL="1000evals")
        self.assert_same(plain, preloaded)
        self.check(preloaded, self.oracle("opens", *arguments, **environment), 4200, 1499)

    def test_functions_of_namespaces(self):
        """Each has one of this name, as reference models of several cores have."""
        arguments = ("3", self.alpha, "2000", self.alpha, "700", self.beta, "5000")
        preloaded = self.preloaded(
            "opens",
            *arguments,
            environment={"FIELD_NAMESPACE": "1"},
            INTERVAL="1500evals",
            WAKE_CALL='dut_log("woken")',
        )
        self.report(preloaded)
        with open(os.path.join(self.run_directory(preloaded), "replay.stdout"), encoding="ascii") as file:
            self.assertEqual(file.read().splitlines()[:3], ["Valpha woken", "Valpha woken", "Vbeta woken"])

    def test_python(self):
        arguments = [sys.executable, SCRIPT, "3", self.alpha, "9000", self.beta, "1500"]
        plain = self.launch(arguments, {})
        preloaded = self.launch(arguments, {"LD_PRELOAD": field.LIBRARY})
        self.assert_same(plain, preloaded)
        oracle = os.path.join(self.top, "oracle.vcd")
        self.launch(arguments, {"FIELD_TRACE": oracle})
        self.check(preloaded, oracle, 10500, 1499)


if __name__ == "__main__":
    unittest.main()
