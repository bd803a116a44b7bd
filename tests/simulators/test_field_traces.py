#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Testbenches with waveforms of their own, and what they ask of those."""

import os
import signal
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

    def test_killed_between_names(self):
        """It ends while its file has another name, or has none any more. The replay finds it under the one that it had."""
        signals = field.often(("TERM", "KILL"), ("TERM", "KILL", "ABRT", "HUP"))
        for name, form in (("asks", "vcd"), ("asks-fst", "fst")):
            for end in signals:
                for words, left in (((), ["own.wave.other"]), (("--remove",), [])):
                    with self.subTest(name=name, end=end, words=words):
                        arguments = ("--trace", "own.wave", "--killed", end, *words)
                        preloaded = self.preloaded(name, *arguments, INTERVAL="1000evals", SLOTS="1")
                        self.assertEqual(preloaded.returncode, -signal.Signals["SIG" + end])
                        self.assertEqual(sorted(set(os.listdir(preloaded.directory)) - {"lightsss"}), left)
                        self.assertEqual(self.report(preloaded)["wave"]["format"], form)

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

    def test_late(self):
        """One that does not dump where it fails is replaced from the window's first eval on, however short the run is."""
        for evals, window in ((1, "all"), (3, "all"), (12, "all"), (900, "all"), (900, "50evals"), (5000, "1000evals")):
            with self.subTest(evals=evals, window=window):
                preloaded = self.preloaded("latetrace", str(evals), "100000", WINDOW=window, INTERVAL="2000evals")
                self.assertEqual(preloaded.returncode, 1)
                report = self.report(preloaded)
                first = {"all": 1, "50evals": evals - 49, "1000evals": evals - 999}[window]
                shape = report["wave"]
                self.assertEqual((shape["source"], shape["first_eval"], shape["last_eval"]), ("injected", first, evals))
                self.assert_wave(preloaded, self.oracle("latetrace", str(evals), "0"))

    def test_late_and_killed(self):
        """Nobody could tell the replay whether it dumps. One that has never dumped gives way after a round; one that dumps no more,
        after an eighth of the window; in a slow run, too."""
        for arguments, window, first in (
            (("900", "100000", "0", "100000"), "all", 17),
            (("12", "100000", "0", "100000"), "all", 12),
            (("5000", "100000", "0", "100000"), "200evals", 4817),
            (("400", "100000", "2000", "100000"), "100evals", 317),
            (("5000", "0", "0", "4000"), "400evals", 4650),
            (("5000", "0", "0", "4000"), "20evals", 4997),
        ):
            with self.subTest(arguments=arguments, window=window):
                preloaded = self.preloaded("latetrace", *arguments, WINDOW=window, INTERVAL="2000evals")
                self.assertEqual(preloaded.returncode, -9)
                shape = self.report(preloaded)["wave"]
                evals = int(arguments[0])
                self.assertEqual((shape["source"], shape["first_eval"], shape["last_eval"]), ("injected", first, evals))
                self.assert_wave(preloaded, self.oracle("latetrace", arguments[0], "0"))

    def test_late_and_dumping(self):
        """It dumps from the middle of the window on: its own dumps are what is there."""
        preloaded = self.preloaded("latetrace", "900", "400")
        shape = self.report(preloaded)["wave"]
        self.assertEqual((shape["source"], shape["first_eval"], shape["last_eval"]), ("testbench", 401, 900))

    def test_late_rehearsal(self):
        """What fails at once, or late, leaves a waveform; so says the rehearsal."""
        done = self.launch([field.COMMAND, "doctor", "--rehearse", field.program("latetrace"), "3000", "100000"], {})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(b"A failure would leave a waveform.", done.stdout)

    def test_ahead(self):
        """A testbench that raises its time before it dumps, and dumps no more where it fails: our dumps have its times."""
        for step, interval in (("1", "500evals"), ("5", "500evals"), ("-1", "500evals"), ("1", "1evals")):
            with self.subTest(step=step, interval=interval):
                arguments = ("ahead", "900", "400", step)
                preloaded = self.preloaded(*arguments, WINDOW="100evals", INTERVAL=interval)
                shape = self.report(preloaded)["wave"]
                self.assertEqual((shape["source"], shape["times"]), ("injected", "dumps"))
                compared = self.assert_wave(preloaded, self.oracle(*arguments))
                self.assertEqual(compared.last_time, {"1": 900, "5": 4500, "-1": 899}[step])

    def test_ahead_unknown(self):
        """It never dumps, or with a time that it counts itself: the report says what the times are."""
        for until, step in (("0", "1"), ("400", "0")):
            with self.subTest(until=until, step=step):
                preloaded = self.preloaded("ahead", "900", until, step, WINDOW="100evals", INTERVAL="500evals")
                shape = self.report(preloaded)["wave"]
                self.assertEqual((shape["source"], shape["times"]), ("injected", "ends of evals"))
                self.assertEqual((shape["first_time"], shape["last_time"]), (800, 899))

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
