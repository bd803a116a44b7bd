#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a simulator is to the library where it is not simply the process that the user started: its own code that must
not be called, the dynamic loader, forked children, programs that it becomes."""

import os
import unittest

import field


class OwnTime(field.FieldTest):
    """sc_time_stamp() takes a lock, which the thread that evaluates has, or the one that fails."""

    def run_both(self, way):
        plain = self.plain("stamp", "30000", way)
        preloaded = self.preloaded("stamp", "30000", way, WINDOW="2000evals")
        self.assert_same(plain, preloaded)
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], 30000)
        compared = self.assert_wave(preloaded, self.oracle("stamp", "30000", "free"))
        self.assertEqual(compared.last_time, 29999)
        return report

    def test_free(self):
        report = self.run_both("free")
        self.assertEqual((report["end"]["time"], report["snapshot"]["time"]), (30000, 0))

    def test_eval_with_the_lock(self):
        report = self.run_both("inside")
        self.assertIn("waits for a lock", str(report["replay"]["notes"]))

    def test_end_with_the_lock(self):
        report = self.run_both("outside")
        self.assertEqual(report["end"]["signal"], "SIGABRT")
        self.assertIsNone(report["end"]["time"])


class Loader(field.FieldTest):
    """The dynamic loader is started, with the simulator as its argument."""

    LOADER = "/lib64/ld-linux-x86-64.so.2"

    def check(self, before, environment):
        plain = self.launch([self.LOADER, field.program("base"), "5000", "3"], {})
        launch = self.launch([*before, field.program("base"), "5000", "3"], environment)
        self.assertTrue(self.assert_same(plain, launch)[0].startswith("lightsss: base (pid "))
        self.assertTrue(os.path.basename(self.run_directory(launch)).startswith("base."))
        self.assertEqual(self.report(launch)["program"], "base")
        self.assert_wave(launch, self.oracle("base", "5000", "3"))

    def test_variable(self):
        self.check([self.LOADER], {"LD_PRELOAD": field.LIBRARY})

    def test_options(self):
        self.check([self.LOADER, "--preload", field.LIBRARY, "--library-path", "/nowhere"], {})

    def test_run(self):
        self.check([field.COMMAND, "run", "--", self.LOADER], {})

    def test_doctor(self):
        launch = self.launch([field.COMMAND, "doctor", "--rehearse", self.LOADER, field.program("base"), "5000"], {})
        self.assertEqual(launch.returncode, 0, launch.stdout)
        self.assertIn(b"Model      Valpha", launch.stdout)


class Directory(field.FieldTest):
    """LIGHTSSS_DIR, where nothing is or nothing can be."""

    def lines(self, launch):
        return [line for line in launch.stderr.decode().splitlines() if line.startswith("lightsss: ")]

    def test_missing(self):
        launch = self.preloaded("base", "3000", "3", DIR="one/two/three")
        self.assertTrue(self.lines(launch)[-1].startswith("lightsss: waveform: "))
        self.assertTrue(os.path.getsize(self.lines(launch)[-1].split(": ", 2)[2]) > 0)

    def on_small_disk(self, used, evals):
        """A disk of 128k, so much of which is used."""
        script = (
            "mkdir small && mount -t tmpfs -o size=128k none small && head -c $1 /dev/zero >small/used 2>/dev/null\n"
            'export LD_PRELOAD="$2" LIGHTSSS_DIR=small/runs; "$3" $4 3; status=$?; unset LD_PRELOAD\n'
            "find small -type f -size 0 -name 'wave*'; exit $status"
        )
        command = ["unshare", "-m", "sh", "-c", script, "sh", used, field.LIBRARY, field.program("base"), evals]
        launch = self.launch(command, {})
        self.assertEqual(launch.returncode, 3, launch.stderr)
        self.assertEqual(launch.stdout.count(b"\n"), 1, launch.stdout)  # and no file of 0 bytes
        return self.lines(launch)

    @unittest.skipIf(os.geteuid() != 0, "nothing can be mounted here")
    def test_full(self):
        lines = self.on_small_disk("1000000", "1000")
        self.assertIn("a failure would leave no waveform", lines[0])
        self.assertIn("no waveform: ", lines[-1])
        lines = self.on_small_disk("60000", "30000")
        self.assertIn("no waveform: ", lines[-1])
        self.assertIn("the report is in", lines[-1])


if __name__ == "__main__":
    unittest.main()
