#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A simulation time that goes back to 0 in its context, and stays there: it is 0, and evals do not count in its place."""

import unittest

import field


class SetBack(field.FieldTest):
    def test_points(self):
        """One that the time has come to, and one that it never does, though there are more evals."""
        for wanted, come in (("300t", True), ("1200t", False)):
            with self.subTest(wanted=wanted):
                made = self.preloaded("set_back", "2400", "600", "0", AT=wanted, INTERVAL="37evals", WAVE="off")
                self.assertEqual(made.returncode, 0)
                said = made.stderr.decode()
                if come:
                    self.assertEqual(self.report(made)["end"]["point_time"], 300)
                else:
                    self.assertIn("LIGHTSSS_AT=1200t: the run has ended before", said)
                    self.assertNotIn("replay", said)

    def test_failure(self):
        end = self.report(self.preloaded("set_back", "2400", "600", "3", INTERVAL="37evals"))["end"]
        self.assertEqual((end["eval"], end["time"]), (2400, 0))


if __name__ == "__main__":
    unittest.main()
