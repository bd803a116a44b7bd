#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The plain testbench of tests/simulators/field, as one who comes new to it would run it."""

import unittest

import field


class Base(field.FieldTest):
    def test_base(self):
        plain = self.plain("base", "50000", "3")
        preloaded = self.preloaded("base", "50000", "3", WINDOW="1000evals")
        self.assert_same(plain, preloaded)
        report = self.report(preloaded)
        self.assertEqual(report["end"]["eval"], 50000)
        compared = self.assert_wave(preloaded, self.oracle("base", "50000", "3"))
        self.assertEqual(compared.last_time, 49999)


if __name__ == "__main__":
    unittest.main()
