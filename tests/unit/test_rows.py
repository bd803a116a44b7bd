#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No function of libc has two rows in preload/interpose, be it under two names: only one of them would be called.
And every table is on the list of libc.c.

    tests/unit/test_rows.py
"""
import ctypes
import pathlib
import re
import unittest

INTERPOSE = pathlib.Path(__file__).resolve().parents[2] / "preload" / "interpose"
ROW = re.compile(r'LIBC_HOOK\("(\w+)"')
TABLE = re.compile(r"^const struct libc_hooks (\w+) = LIBC_HOOKS", re.MULTILINE)


def sources():
    return {path.name: path.read_text(encoding="utf-8") for path in INTERPOSE.glob("*.c")}


def rows():
    """(Name of a function, file of its row), for all rows."""
    return [(name, file) for file, text in sources().items() for name in ROW.findall(text)]


class Rows(unittest.TestCase):
    def test_no_function_has_two(self):
        libc = ctypes.CDLL("libc.so.6")
        seen = {}
        for name, file in rows():
            function = ctypes.cast(getattr(libc, name), ctypes.c_void_p).value if hasattr(libc, name) else name
            self.assertNotIn(function, seen, f"{name} of {file} has another row: {seen.get(function)}")
            seen[function] = (name, file)
        self.assertGreater(len(seen), 100)

    def test_every_table_is_listed(self):
        text = sources()
        tables = {table for file in text.values() for table in TABLE.findall(file)}
        self.assertEqual(tables, set(re.findall(r"&(\w+_hooks)\b", text["libc.c"])))


if __name__ == "__main__":
    unittest.main()
