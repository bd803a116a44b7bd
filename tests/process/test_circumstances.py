#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the report tells of how the run was started: the words, the place, the program, the variables, the host; whatever
bytes and however much of them."""

import datetime
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import unittest

from command import FAKE, LIBRARY, PROGRAMS, TOP
from live import EVERY_TEN, PATIENCE_S, SimulatorCase


def build_id(path):
    """As readelf tells it; None: it has none."""
    out = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Build ID: (\w+)", out)
    return found and found[1]


class Circumstances(SimulatorCase):
    def report(self, directory):
        with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
            return json.load(file)

    def run_of(self, *steps, **variables):
        return self.report(self.failed("place", *steps, **variables))["run"]

    def check_end(self, run):
        with open(os.path.join(TOP, "meson.build"), encoding="utf-8") as file:
            self.assertEqual(run["library"], re.search(r"version: '(.*)'", file.read())[1])
        self.assertEqual(run["host"], platform.node())
        date = datetime.datetime.strptime(run["date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
        age = datetime.datetime.now(datetime.timezone.utc) - date
        self.assertTrue(datetime.timedelta(seconds=-2) < age < datetime.timedelta(minutes=2), age)

    def test_all(self):
        run = self.run_of("eval:25", "chdir:/", "exit:3", LIGHTSSS_SLOTS="2")
        self.assertEqual(run["command"], [FAKE, "eval:25", "chdir:/", "exit:3"])
        self.assertEqual(run["directory"], os.path.join(self.work, "place"))
        self.assertEqual(run["path"], FAKE)
        self.assertEqual(run["build_id"], build_id(FAKE))
        self.assertNotIn("object", run)
        self.assertEqual(run["variables"]["LIGHTSSS_SLOTS"], "2")
        self.assertEqual(run["variables"]["LIGHTSSS_INTERVAL"], "10evals")
        self.assertEqual([name for name in run["variables"] if not name.startswith("LIGHTSSS")], [])
        self.assertNotIn("command_cut", run)
        self.assertNotIn("variables_cut", run)
        self.check_end(run)

    def test_killed(self):
        """A copy tells it in the place of its original."""
        process = self.simulator("place", "eval:25", "raise:KILL", **EVERY_TEN)
        process.communicate(timeout=PATIENCE_S)
        directory = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(lambda: os.path.exists(os.path.join(directory, "report.json")))
        report = self.await_that(lambda: (report := self.report(directory))["replay"]["verdict"] != "incomplete" and report)
        self.assertEqual(report["run"]["command"], [FAKE, "eval:25", "raise:KILL"])
        self.assertEqual(report["run"]["directory"], process.directory)
        self.assertEqual(report["run"]["path"], FAKE)
        self.check_end(report["run"])

    def test_odd_bytes(self):
        odd = b'print:\xff"\x1b\\\n\xc3\xa9'
        process = self.simulator("place", "eval:25", odd, "exit:3", LIGHTSSS_MODEL=b"\xfe")
        process.communicate(timeout=PATIENCE_S)
        run = self.report(os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}"))["run"]
        self.assertEqual(run["command"][2], 'print:\ufffd"\x1b\\\né')
        self.assertEqual(run["variables"]["LIGHTSSS_MODEL"], "\ufffd")

    def test_long(self):
        """Where not all fits, the report says so, and is whole."""
        words = [f"print:{number:0900}" for number in range(20)]
        run = self.run_of("eval:25", *words, "exit:3", LIGHTSSS_MATCH="x" * 9000)
        self.assertTrue(run["command_cut"])
        self.assertTrue(run["variables_cut"])
        self.assertEqual(run["command"], [FAKE, "eval:25", *words][: len(run["command"])])
        self.assertGreater(len(run["command"]), 5)
        self.assertNotIn("LIGHTSSS_MATCH", run["variables"])
        self.assertEqual(run["variables"]["LIGHTSSS_INTERVAL"], "10evals")
        self.check_end(run)

    def test_environment_of_the_start(self):
        """What the simulator has made of its environment since is another matter, and may be broken."""
        run = self.run_of("eval:5", "no_environment", "eval:20", "exit:3", LIGHTSSS_SLOTS="2")
        self.assertEqual(run["variables"]["LIGHTSSS_SLOTS"], "2")

    def test_model_in_a_library(self):
        linked = os.path.join(PROGRAMS, "fake_linked")
        process = subprocess.Popen(
            [linked, "eval:25", "exit:3"],
            cwd=self.work,
            env=self.environment({"LD_PRELOAD": LIBRARY, **EVERY_TEN}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        process.wait(PATIENCE_S)
        run = self.report(os.path.join(self.work, "lightsss", f"fake_linked.{process.pid}"))["run"]
        self.assertEqual(run["path"], linked)
        self.assertEqual(run["build_id"], build_id(linked))
        self.assertEqual(os.path.basename(run["object"]), "libfake_model.so")
        self.assertEqual(run["object_build_id"], build_id(os.path.join(PROGRAMS, "libfake_model.so")))

    def test_program_that_was_rebuilt(self):
        """The build id is that of the program that ran."""
        copy = os.path.join(self.work, "fake_simulator")
        shutil.copy(FAKE, copy)
        process = self.simulator("place", "eval:25", "touch:ready", "await:go", "exit:3", program=copy, **EVERY_TEN)
        self.await_file(process)
        os.remove(copy)
        shutil.copy("/bin/true", copy)
        self.go(process)
        run = self.report(os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}"))["run"]
        self.assertEqual(run["build_id"], build_id(FAKE))
        self.assertEqual(run["path"], copy + " (deleted)")

    def test_request(self):
        """A waveform while the run goes on."""
        process = self.simulator("place", "eval:25", "touch:ready", "await:go", "exit:0", **EVERY_TEN)
        self.await_file(process)
        process.send_signal(signal.SIGUSR1)
        directory = os.path.join(process.directory, "lightsss", f"fake_simulator.{process.pid}")
        self.await_that(os.path.exists, os.path.join(directory, "report.json"))
        run = self.report(directory)["run"]
        self.assertEqual(run["command"][1:], ["eval:25", "touch:ready", "await:go", "exit:0"])
        self.go(process)


if __name__ == "__main__":
    unittest.main()
