#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""C++ exceptions that leave eval, and pass by the library there: of a testbench with libgcc's shared library, and of
one with a copy of its own, which that library knows nothing of."""

import unittest

import field


class Exceptions(field.FieldTest):
    def check(self, name):
        for status in ("0", "3"):
            plain = self.plain(name, "3000", status)
            self.assertIn(b"caught 1400", plain.stdout)
            preloaded = self.preloaded(name, "3000", status, INTERVAL="500evals")
            self.assert_same(plain, preloaded)
        self.assertEqual(self.report(preloaded)["end"]["eval"], 3000)

    def test_shared(self):
        self.check("throws")

    def test_static(self):
        self.check("throws-static")


if __name__ == "__main__":
    unittest.main()
