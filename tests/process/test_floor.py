#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The library and the command need no glibc that is newer than README says, and bring no other library into a process. What
libc had elsewhere, or not at all, before it was what it is now is in hooks/floor."""

import ctypes
import os
import re
import unittest

import floor
from command import COMMAND, LIBRARY, TOP

# Before 2.34 these are in libpthread and libdl: a process without them must start, too.
ELSEWHERE = re.compile(r"(__)?pthread_(once|key_|[gs]etspecific|create|register|unregister|unwind)|sem_|dl(?!_iterate_phdr)")
OF_LIBC = {"libc.so.6"}


class Floor(unittest.TestCase):
    def test_readme_names_it_once(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            named = set(re.findall(r"\bglibc (2\.\d+) (?:\(RHEL 8\)|or newer\.)", file.read()))
        self.assertEqual({floor.number(words) for words in named}, {floor.promised()})

    def check(self, path):
        found = floor.versions(path)
        self.assertTrue(found, f"readelf tells nothing of {path}")
        self.assertEqual({row for row in found if row[1] > floor.promised()}, set(), path)

    def test_library(self):
        self.check(LIBRARY)
        self.assertEqual(set(floor.needed(LIBRARY)) - {"ld-linux-x86-64.so.2"}, OF_LIBC)

    def test_command(self):
        self.check(COMMAND)

    def test_what_may_be_missing_is_weak(self):
        strong, weak = floor.symbols(LIBRARY)
        self.assertIn("fcntl64", strong)
        self.assertEqual([name for name in strong if ELSEWHERE.match(name)], [])
        self.assertIn("dlsym", weak)

    def test_words_of_errors_are_those_of_libc(self):
        libc = ctypes.CDLL("libc.so.6")
        with open(os.path.join(TOP, "hooks", "floor", "error_words.def"), encoding="utf-8") as file:
            ours = set(re.findall(r'^ERROR\((\w+), "(.*)"\)$', file.read(), re.MULTILINE))
        if not hasattr(libc, "strerrordesc_np"):
            self.skipTest("libc does not tell them before 2.32")
        libc.strerrorname_np.restype = libc.strerrordesc_np.restype = ctypes.c_char_p
        numbers = [number for number in range(1, 4096) if libc.strerrorname_np(number) is not None]
        theirs = {(libc.strerrorname_np(number).decode(), libc.strerrordesc_np(number).decode()) for number in numbers}
        self.assertEqual(ours, theirs)
        self.assertGreater(len(ours), 100)


if __name__ == "__main__":
    unittest.main()
