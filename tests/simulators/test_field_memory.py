#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Simulators where memory is strictly accounted (vm.overcommit_memory=2), as tests/process/strict.c plays it."""

import os
import re
import unittest

import field

STRICT = os.environ["LIGHTSSS_TEST_STRICT"]
HELD = ["60", "150"]  # MB from the start, and halfway
ENOUGH = "300"  # MB that may be promised: for that, and for a snapshot in the beginning, and not for both


class Memory(field.FieldTest):
    def strict(self, limit, command, **variables):
        environment = {f"LIGHTSSS_{key}": value for key, value in variables.items()}
        launch = self.launch([STRICT, limit, *command], environment)
        if launch.returncode == 77:
            self.skipTest(f"no such machine: {launch.stderr}")
        return launch

    def simulator(self, limit, preload, *arguments):
        command = [field.program("memory"), *arguments]
        if preload:
            command = [field.COMMAND, "run", "--interval", "20000evals", "--", *command]
        return self.strict(limit, command)

    def test_more_memory_halfway(self):
        arguments = ["200000", *HELD, "0"]
        plain = self.simulator(ENOUGH, False, *arguments)
        self.assertEqual(plain.returncode, 0, plain.stderr)
        preloaded = self.simulator(ENOUGH, True, *arguments)
        self.assertEqual(preloaded.returncode, 0, preloaded.stderr)
        self.assert_same(plain, preloaded)

    def test_waveform(self):
        """There is room for one snapshot in the end, too."""
        launch = self.simulator("800", True, "200000", *HELD, "3")
        self.assertEqual(launch.returncode, 3, launch.stderr)
        self.report(launch)
        oracle = os.path.join(self.top, "oracle.vcd")
        self.plain("memory", "200000", *HELD, "3", FIELD_TRACE=oracle)
        self.assertEqual(self.assert_wave(launch, oracle).last_time, 199999)

    def doctor(self, limit, *words):
        return self.strict(limit, [field.COMMAND, "doctor", *words, field.program("memory"), "200000", *HELD, "0"])

    def test_doctor(self):
        """At its start the simulator is small; its rehearsal knows."""
        look = self.doctor("100")
        self.assertEqual(look.returncode, 0, look.stdout)
        note = re.search(r"there is none of a simulator of more than (\d+) MB; raise vm.overcommit_ratio", look.stdout.decode())
        self.assertIsNotNone(note, look.stdout)
        self.assertLess(int(note[1]), 60)
        rehearsal = self.doctor("100", "--rehearse")
        self.assertEqual(rehearsal.returncode, 1, rehearsal.stdout)
        self.assertRegex(
            rehearsal.stdout.decode(), r"Problem +no snapshot can be taken: vm.overcommit_memory=2 leaves \d+ MB of 100 MB"
        )
        self.assertEqual(self.doctor("400", "--rehearse").returncode, 0)


if __name__ == "__main__":
    unittest.main()
