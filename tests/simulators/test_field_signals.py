#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signals that a testbench handles, and objects of the kernel that it shares, are part of what its replay is told."""

import os
import random
import re
import signal
import subprocess
import time
import unittest

import field

FULL = os.environ.get("LIGHTSSS_TEST_FULL") == "1"
STORMS = 60 if FULL else 4
OWN = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM, signal.SIGQUIT)


def default_signals():
    for number in OWN:
        signal.signal(number, signal.SIG_DFL)


class Running:
    """A testbench that has said that it is ready."""

    def __init__(self, test, directory, how, variables):
        environment = dict(os.environ, LD_PRELOAD=field.LIBRARY)
        environment.update({f"LIGHTSSS_{key}": value for key, value in variables.items()})
        os.makedirs(directory)
        self.directory = directory
        # A group of its own: what is sent is meant for it alone. pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [field.program("signals"), how],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=default_signals,
        )
        test.addCleanup(self.process.kill)
        test.assertEqual(self.process.stdout.readline(), "ready\n")

    def send(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def end(self):
        self.stdout, self.stderr = self.process.communicate(timeout=field.TIMEOUT_S)
        self.returncode = self.process.returncode


class Signals(field.FieldTest):
    def start(self, how, **variables):
        self.count += 1
        return Running(self, os.path.join(self.top, str(self.count)), how, variables)

    def test_end_by_handler(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            run = self.start("stop", WINDOW="1000evals")
            run.send(number)
            run.end()
            self.assertEqual(run.returncode, 1)
            self.report(run)

    def test_clean_end(self):
        run = self.start("clean", ON="all", WINDOW="1000evals")
        run.send(signal.SIGTERM)
        run.end()
        self.assertEqual(run.returncode, 0)
        self.assertEqual(self.report(run)["end"]["kind"], "finish")

    def test_second_request(self):
        """A second Ctrl-C half a second after the first does not cost the waveform."""
        run = self.start("stop", WINDOW="1500000evals", INTERVAL="1m")
        time.sleep(0.3)  # of evals, so that the replay has something to do
        run.send(signal.SIGINT)
        while "oldest checkpoint" not in (line := run.process.stderr.readline()):
            self.assertNotEqual(line, "")
        time.sleep(0.3)
        run.send(signal.SIGINT)
        run.end()
        self.report(run)

    def test_timers(self):
        for how in ("timer", "pause"):
            plain = self.plain("signals", how)
            made = self.preloaded("signals", how, WINDOW="1000evals")
            self.assertEqual(made.returncode, plain.returncode)
            self.assertEqual(self.report(made)["end"]["status"], 1)

    def assert_wave_to_end(self, run):
        """What the testbench does to its model depends on the step alone."""
        steps = re.search(r"step (\d+)", run.stdout)[1]
        compared = self.assert_wave(run, self.oracle("signals", "steps", steps))
        self.assertEqual(self.report(run)["wave"]["last_eval"], int(steps))
        return compared

    def storm(self, how, seed):
        """Of "jump" it is asked how many stretches of spinning were cut short, not where: a loop that changes nothing but
        memory passes the same instruction with the same registers, and only a processor's counter of instructions, which
        virtual machines often lack, knows how often it has."""
        chance = random.Random(seed)
        run = self.start(how, WINDOW="20000evals", INTERVAL="50ms")
        for _ in range(chance.randrange(40)):
            run.send(signal.SIGUSR1)
            time.sleep(chance.random() * 0.004)
        run.send(chance.choice((signal.SIGINT, signal.SIGTERM)))
        run.end()
        self.assertEqual(run.returncode, 1)
        self.report(run)
        self.assert_wave_to_end(run)

    def test_storm(self):
        """Signals of another thread have no part in it: whether the one that evals had looked for it, behind the same eval,
        when the other's handler had run, cannot be known without stopping it, which would change the simulator."""
        for seed in range(STORMS):
            for how in ("stop", "print", "jump"):
                with self.subTest(how=how, seed=seed):
                    self.storm(how, seed)


class Shared(field.FieldTest):
    def test_system_v(self):
        made = self.preloaded("segments", WINDOW="1000evals")
        self.assertEqual(made.returncode, 1, made.stderr)
        self.report(made)
        with open(os.path.join(self.run_directory(made), "replay.stdout"), encoding="utf-8") as file:
            self.assertEqual(file.read().encode(), made.stdout)


class CutShort(field.FieldTest):
    def test_waits_for_a_child(self):
        """A replay that is where its original was ended does not wait there."""
        for how in ("read", "wait"):
            made = self.preloaded("cut_short", how)
            self.assertEqual(made.returncode, -signal.SIGTERM)
            report = self.report(made)
            # The original waits two seconds for a replay that does not come out of its last eval.
            self.assertLess(report["replay"]["seconds"], 2)


if __name__ == "__main__":
    unittest.main()
