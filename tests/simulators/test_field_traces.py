#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Testbenches with waveforms of their own, and what they ask of those."""

import os
import unittest

import field
import wave


class Traces(field.FieldTest):
    def both(self, name, *arguments, **variables):
        """Without and with the library: the same output and status, and the same names of files."""
        plain = self.plain(name, *arguments)
        preloaded = self.preloaded(name, *arguments, **variables)
        self.assertEqual(preloaded.stdout, plain.stdout)
        self.assertEqual(preloaded.returncode, plain.returncode, preloaded.stderr)
        names = [sorted(set(os.listdir(launch.directory)) - {"lightsss"}) for launch in (plain, preloaded)]
        self.assertEqual(*names)
        return plain, preloaded

    def test_asks(self):
        """The testbench finds its file, which has the names of the signals; the replay finds it there, too."""
        for name, form in (("asks", "vcd"), ("asks-fst", "fst")):
            for kind in ("none@2000", "exit@2000", "abort@2000"):
                for window in ("1000evals", "all"):
                    with self.subTest(name=name, kind=kind, window=window):
                        arguments = ("--trace", "own." + form, "--fail", kind)
                        plain, preloaded = self.both(name, *arguments, WINDOW=window, INTERVAL="1000evals")
                        own = os.path.join(plain.directory, "own." + form)
                        wave.check_empty(os.path.join(preloaded.directory, "own." + form), own)
                        if kind.startswith("none"):
                            self.assertEqual(os.listdir(preloaded.directory), ["own." + form])
                            continue
                        self.assertEqual(self.report(preloaded)["wave"]["source"], "testbench")
                        self.assert_wave(preloaded, own, "wave." + form)

    def test_removes(self):
        """A test that has passed deletes its trace."""
        for name in ("asks", "asks-fst"):
            _, preloaded = self.both(name, "--trace", "own.wave", "--remove")
            self.assertEqual(os.listdir(preloaded.directory), [])

    def test_cannot_be_made(self):
        for name in ("asks", "asks-fst"):
            plain, preloaded = self.both(name, "--trace", "no/such/folder")
            self.assertEqual(preloaded.stderr, plain.stderr)

    def test_writer(self):
        """The FST of a release whose writer has a thread of its own can be read, however near to each other it is written."""
        oracle = os.path.join(self.top, "oracle.fst")
        self.plain("asks-writer", "--trace", oracle, "--fail", "exit@300")
        for _ in range(field.often(12, 50)):
            for more in ((), ("--trace", "own.fst")):
                preloaded = self.preloaded("asks-writer", "--fail", "exit@300", *more)
                self.report(preloaded)
                self.assert_wave(preloaded, oracle, "wave.fst")

    def test_earlier_file(self):
        """One of an earlier run is written over, as it always was."""
        path = os.path.join(self.top, "own.vcd")
        plain = self.plain("asks", "--trace", path)
        os.rename(path, path + ".whole")
        with open(path, "w", encoding="ascii") as file:
            file.write("$version old $end\n" * 10000)
        preloaded = self.preloaded("asks", "--trace", path)
        self.assertEqual((preloaded.stdout, preloaded.returncode), (plain.stdout, plain.returncode))
        wave.check_empty(path, path + ".whole")


if __name__ == "__main__":
    unittest.main()
